import { jsonAnswer, type Answer } from './answer.js'
import { checkFields, isAnything, isBetween, isCount, isFlag, isObject, isText, type Fields } from './fields.js'
import type { MockAiOptions, MockToolCall } from './options.js'
import type { Reply } from './reply.js'

const rules = {
  required: ['model', 'messages'],
  known: {
    model: isText,
    messages: isMessages,
    stream: isFlag,
    stream_options: isObject,
    temperature: isBetween(0, 2),
    top_p: isBetween(0, 1),
    max_tokens: isCount,
    max_completion_tokens: isCount,
    frequency_penalty: isBetween(-2, 2),
    presence_penalty: isBetween(-2, 2),
    n: (value: unknown) => value === 1,
    stop: isAnything,
    seed: Number.isInteger,
    tools: Array.isArray,
    tool_choice: isAnything,
    parallel_tool_calls: isFlag,
    response_format: isObject,
    reasoning_effort: isText,
    metadata: isObject,
    user: isText
  }
}

const EVENTS = 'text/event-stream; charset=utf-8'

/** POST /v1/chat/completions. */
export class Chat {
  readonly #options: MockAiOptions
  readonly #reply: Reply
  #count = 0

  constructor (options: MockAiOptions, reply: Reply) {
    this.#options = options
    this.#reply = reply
  }

  /** @throws ApiError */
  answer (fields: Fields): Answer {
    checkFields(fields, rules)
    const { firstTokenMs, tokenMs } = this.#options
    const frame = { id: `chatcmpl-mock${++this.#count}`, created: Math.floor(Date.now() / 1000), model: String(fields['model']), system_fingerprint: null }
    if (fields['stream'] !== true) return jsonAnswer(this.#whole(frame, fields), firstTokenMs + (this.#reply.tokens.length - 1) * tokenMs)
    const { toolCall } = this.#options
    if (toolCall !== undefined && isCalled(toolCall.name, fields)) {
      return { contentType: EVENTS, chunks: this.#call(frame, toolCall), firstMs: firstTokenMs, everyMs: tokenMs }
    }
    const withUsage = isObject(fields['stream_options']) && fields['stream_options']['include_usage'] === true
    return {
      contentType: EVENTS,
      chunks: this.#events(frame, withUsage ? this.#usage(fields) : undefined),
      firstMs: firstTokenMs,
      everyMs: tokenMs
    }
  }

  #whole (frame: object, fields: Fields): object {
    const message = { role: 'assistant', content: this.#reply.text, refusal: null }
    return { ...frame, object: 'chat.completion', choices: [{ index: 0, message, logprobs: null, finish_reason: 'stop' }], usage: this.#usage(fields) }
  }

  // As the real one streams them: the name first, then the arguments in pieces.
  * #call (frame: object, { name, arguments: args }: MockToolCall): Generator<Uint8Array, void, void> {
    const id = `call_mock${this.#count}`
    yield Buffer.from(event(frame, { role: 'assistant', content: null, tool_calls: [{ index: 0, id, type: 'function', function: { name, arguments: '' } }] }, null))
    const half = Math.ceil(args.length / 2)
    for (const piece of [args.slice(0, half), args.slice(half)]) {
      yield Buffer.from(event(frame, { tool_calls: [{ index: 0, function: { arguments: piece } }] }, null))
    }
    yield Buffer.from(`${event(frame, {}, 'tool_calls')}data: [DONE]\n\n`)
  }

  // The words one by one; what ends the stream goes with the last of them.
  * #events (frame: object, usage: object | undefined): Generator<Uint8Array, void, void> {
    const last = this.#reply.tokens.length - 1
    for (const [index, content] of this.#reply.tokens.entries()) {
      const events = [event(frame, { ...(index === 0 ? { role: 'assistant' } : {}), content }, null)]
      if (index === last) {
        events.push(event(frame, {}, 'stop'))
        if (usage !== undefined) events.push(`data: ${JSON.stringify({ ...frame, object: 'chat.completion.chunk', choices: [], usage })}\n\n`)
        events.push('data: [DONE]\n\n')
      }
      yield Buffer.from(events.join(''))
    }
  }

  #usage (fields: Fields): object {
    const prompt = Math.ceil(JSON.stringify(fields['messages']).length / 4)
    const completion = this.#reply.tokens.length
    return { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion }
  }
}

function event (frame: object, delta: object, finishReason: string | null): string {
  const chunk = { ...frame, object: 'chat.completion.chunk', choices: [{ index: 0, delta, logprobs: null, finish_reason: finishReason }] }
  return `data: ${JSON.stringify(chunk)}\n\n`
}

/** Is it offered, and is the question not answered by it yet? */
function isCalled (name: string, fields: Fields): boolean {
  const tools = Array.isArray(fields['tools']) ? fields['tools'] as unknown[] : []
  const last: unknown = (fields['messages'] as unknown[]).at(-1)
  return isObject(last) && last['role'] === 'user' && tools.some(tool => isObject(tool) && isObject(tool['function']) && tool['function']['name'] === name)
}

function isMessages (value: unknown): boolean {
  return Array.isArray(value) && value.length > 0 && value.every(isMessage)
}

function isMessage (message: unknown): boolean {
  if (!isObject(message)) return false
  const { role, content } = message
  if (!['system', 'developer', 'user', 'assistant', 'tool'].includes(String(role))) return false
  return typeof content === 'string' || Array.isArray(content) || (role === 'assistant' && message['tool_calls'] !== undefined)
}
