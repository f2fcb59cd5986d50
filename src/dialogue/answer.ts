import { withDeadlines } from '../core/stream-deadline.js'
import type { TurnMark } from '../core/turn-stages.js'
import type { ChatMessage, Language, Llm, ToolCall } from '../providers/types.js'
import { microseconds } from '../ring/microseconds.js'
import type { Toolbox, ToolResult } from '../tools/toolbox.js'
import { phraseIn } from './phrases.js'

export interface AnswerOptions {
  /** Of the conversation; the same in all of its turns. */
  readonly id: string
  readonly llm: Llm
  readonly llmDeadlines: { readonly firstMs: number, readonly stallMs: number }
  readonly language: Language
  /** What the model may use at present. */
  readonly tools: () => Toolbox | undefined
  readonly toolLimits: ToolLoopLimits
}

export interface ToolLoopLimits {
  /** For all calls of one pass together. */
  readonly passTimeoutMs: number
  readonly maxPasses: number
  readonly maxCallsPerPass: number
}

/** Moments of an answer that tell where its time went; the first of each kind counts. */
export type AnswerMark = Extract<TurnMark, 'modelRequest' | 'firstToken' | 'sentence' | 'voiceRequest' | 'firstAudio'>

/** What an answer asks of its turn. */
export interface AnswerSink {
  /** @param at in µs (ring/microseconds.ts) */
  onMark (mark: AnswerMark, at: number): void
  /** A tool is about to be called. */
  onTool (name: string): void
  /** Resolves when the device plays what was said last, or on the abort. Never rejects. */
  whenHeard (signal: AbortSignal): Promise<void>
}

/** What was yielded before it is a sentence, whatever follows. */
export const SENTENCE_END = Symbol('sentence end')

type Calls = (signal: AbortSignal) => readonly Promise<ToolResult>[]

type Pass = { text: string, readonly calls: ToolCall[] }

// question ─▶ pass of the model ──── no calls ──────────────────────────────────▶ end
//               ▲        │ calls                                                   ▲
//               │        ▼                                                         │
//               │    all at once ── each spoke for itself, or nothing to say ──────┘
//               └──────── │ results

/**
 * One answer of a model: its words as they come, and between them the tools that it calls, until it
 * calls none.
 */
export class Answer {
  readonly #options: AnswerOptions
  readonly #sink: AnswerSink
  #tools: Toolbox | undefined
  #calls: ChatMessage[] = []
  #hasSpoken = false
  #hasToken = false

  constructor (options: AnswerOptions, sink: AnswerSink) {
    this.#options = options
    this.#sink = sink
  }

  /** The calls that were made and their results, for the history. */
  get calls (): readonly ChatMessage[] { return this.#calls }

  /** @throws CHORUS_PROVIDER_TIMEOUT, and what the model throws. Ends at once on the abort. */
  async * stream (messages: readonly ChatMessage[], signal: AbortSignal): AsyncGenerator<string | typeof SENTENCE_END, void, void> {
    const { tools, toolLimits } = this.#options
    this.#tools = tools()
    if (this.#tools !== undefined) await this.#tools.whenReady(signal)
    const asked = withFacts(messages, this.#tools?.facts ?? '')
    for (let passes = 0; !signal.aborted; passes++) {
      const pass: Pass = { text: '', calls: [] }
      yield * this.#ask(asked, passes === toolLimits.maxPasses, pass, signal)
      if (pass.calls.length === 0 || this.#tools === undefined || passes === toolLimits.maxPasses) return
      yield SENTENCE_END
      yield * this.#announce(pass, this.#tools, signal)
      if (signal.aborted) return
      const results = await this.#use(pass, this.#tools, signal)
      if (signal.aborted) return
      for (const result of results) {
        // Models repeat beforehand what a tool is to say.
        if (result.kind !== 'answer' || pass.text.includes(result.text)) continue
        yield result.text
        yield SENTENCE_END
      }
      if (results.every(({ kind }) => kind === 'answer' || kind === 'done')) return
    }
  }

  async * #ask (asked: readonly ChatMessage[], isLast: boolean, pass: Pass, signal: AbortSignal): AsyncGenerator<string, void, void> {
    const { id, llm, llmDeadlines, toolLimits } = this.#options
    const definitions = isLast ? [] : this.#tools?.definitions ?? []
    const messages = [...asked, ...this.#calls, ...(isLast ? [ENOUGH] : [])]
    const request = { conversation: id, messages, ...(definitions.length === 0 ? {} : { tools: definitions }) }
    this.#sink.onMark('modelRequest', microseconds())
    for await (const piece of withDeadlines(own => llm.stream({ ...request, signal: own }), { name: llm.name, signal, ...llmDeadlines })) {
      if (!this.#hasToken) this.#sink.onMark('firstToken', microseconds())
      this.#hasToken = true
      if (typeof piece === 'string') {
        pass.text += piece
        if (piece.trim() !== '') this.#hasSpoken = true
        yield piece
      } else if (pass.calls.length < toolLimits.maxCallsPerPass) pass.calls.push(piece)
    }
  }

  // While it takes a photo the device can only play what it is playing already.
  async * #announce ({ calls }: Pass, tools: Toolbox, signal: AbortSignal): AsyncGenerator<string | typeof SENTENCE_END, void, void> {
    if (!calls.some(({ name }) => tools.isSlow(name))) return
    if (!this.#hasSpoken) {
      this.#hasSpoken = true
      yield phraseIn(this.#options.language, 'oneMoment')
      yield SENTENCE_END
    }
    await this.#sink.whenHeard(signal)
  }

  /** Each call has its result in the history, in the order of the calls, also after an abort. */
  async #use ({ text, calls }: Pass, tools: Toolbox, signal: AbortSignal): Promise<readonly ToolResult[]> {
    const { passTimeoutMs } = this.#options.toolLimits
    const at = this.#calls.length
    this.#calls.push({ role: 'assistant', content: text, toolCalls: calls }, ...calls.map(call => toMessage(call, INTERRUPTED)))
    const results = await within(passTimeoutMs, signal, own => calls.map(call => {
      this.#sink.onTool(call.name)
      return tools.call(call.name, call.arguments, own)
    }))
    if (!signal.aborted) for (const [index, result] of results.entries()) this.#calls[at + 1 + index] = toMessage(calls[index]!, result)
    return results
  }
}

const ENOUGH: ChatMessage = { role: 'user', content: '[No more tools can be called. Answer now with what is known.]' }
const INTERRUPTED: ToolResult = { kind: 'failed', text: 'interrupted' }

function toMessage ({ id }: ToolCall, result: ToolResult): ChatMessage {
  const content = result.kind === 'failed' ? `Error: ${result.text}` : result.kind === 'done' ? 'done' : result.text
  return { role: 'tool', content, callId: id }
}

function withFacts (messages: readonly ChatMessage[], facts: string): readonly ChatMessage[] {
  const [system, ...others] = messages
  if (facts === '' || system?.role !== 'system') return messages
  return [{ role: 'system', content: `${system.content}\nThe device reports: ${facts}.` }, ...others]
}

/** All results, where those that are not there in time have failed. */
async function within (timeoutMs: number, signal: AbortSignal, call: Calls): Promise<readonly ToolResult[]> {
  const controller = new AbortController()
  const abort = (): void => { controller.abort() }
  const timer = setTimeout(abort, timeoutMs)
  signal.addEventListener('abort', abort, { once: true })
  try {
    return await Promise.all(call(controller.signal).map(result => settled(result, controller.signal)))
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', abort)
  }
}

function settled (result: Promise<ToolResult>, signal: AbortSignal): Promise<ToolResult> {
  return new Promise(resolve => {
    const onAbort = (): void => { resolve({ kind: 'failed', text: 'it took too long' }) }
    signal.addEventListener('abort', onAbort, { once: true })
    void result.then(value => {
      signal.removeEventListener('abort', onAbort)
      resolve(value)
    })
  })
}
