import { splitTokens } from './reply.js'
import type { MockToolCall, ScriptLine } from './script.js'

/** What a model answers, in both forms that a client may ask for. */
export interface Completion {
  readonly message: object
  readonly finishReason: 'stop' | 'tool_calls'
  /** The ends of the streamed events, one for each token: `{delta}, …]}`. */
  readonly events: readonly string[]
  /** What ends the stream, in the same form. */
  readonly lastEvent: string
}

/** Computed once, sent often: only what stands before differs from request to request. */
export function spokenCompletion (text: string): Completion {
  return {
    message: { role: 'assistant', content: text, refusal: null },
    finishReason: 'stop',
    events: splitTokens(text).map((content, index) => formatEnd({ ...(index === 0 ? { role: 'assistant' } : {}), content }, null)),
    lastEvent: formatEnd({}, 'stop')
  }
}

/** As the real one streams them: of each call the name first, then the arguments in pieces. */
export function callingCompletion (calls: readonly MockToolCall[], id: string): Completion {
  const toolCalls = calls.map(({ name, arguments: args }, index) => ({ index, id: `call_${id}_${index}`, type: 'function', function: { name, arguments: args } }))
  const events = toolCalls.flatMap(({ function: { name, arguments: args }, ...call }) => {
    const half = Math.ceil(args.length / 2)
    const pieces = [args.slice(0, half), args.slice(half)].filter(piece => piece !== '')
    return [
      { ...(call.index === 0 ? { role: 'assistant', content: null } : {}), tool_calls: [{ ...call, function: { name, arguments: '' } }] },
      ...pieces.map(piece => ({ tool_calls: [{ index: call.index, function: { arguments: piece } }] }))
    ]
  })
  return {
    message: { role: 'assistant', content: null, refusal: null, tool_calls: toolCalls.map(({ index: _, ...call }) => call) },
    finishReason: 'tool_calls',
    events: events.map(delta => formatEnd(delta, null)),
    lastEvent: formatEnd({}, 'tool_calls')
  }
}

/** What is said is the same for everybody; calls have ids. */
export function completionOf (line: ScriptLine, id: string, spoken: Map<string, Completion>): Completion {
  if (line.kind === 'call') return callingCompletion(line.calls, id)
  const known = spoken.get(line.text)
  if (known !== undefined) return known
  const completion = spokenCompletion(line.text)
  spoken.set(line.text, completion)
  return completion
}

function formatEnd (delta: object, finishReason: string | null): string {
  return `${JSON.stringify({ index: 0, delta, logprobs: null, finish_reason: finishReason })}]}\n\n`
}
