import { setImmediate as loopTurn } from 'node:timers/promises'
import type { AnswerMark } from '../../src/dialogue/answer.js'
import { Pronunciation } from '../../src/dialogue/pronunciation.js'
import type { TurnOptions, TurnSink } from '../../src/dialogue/turn.js'
import type { ChatMessage, Llm, LlmRequest, PcmChunk, ToolCall, ToolSpec, Tts } from '../../src/providers/types.js'

type Step<T> = { readonly value: T } | { readonly error: Error } | 'end'

/** One request: gives what the test says, when it says so, and may ignore its signal. */
export class Stream<T> {
  readonly input: string
  readonly messages: readonly ChatMessage[]
  readonly signal: AbortSignal
  readonly #steps: Step<T>[] = []
  #wake: () => void = () => {}

  constructor (input: string, messages: readonly ChatMessage[], signal: AbortSignal, obeys: boolean) {
    this.input = input
    this.messages = messages
    this.signal = signal
    if (obeys) signal.addEventListener('abort', () => { this.#put('end') }, { once: true })
  }

  async give (...values: T[]): Promise<void> {
    for (const value of values) this.#put({ value })
    await settle()
  }

  async end (): Promise<void> { this.#put('end'); await settle() }
  async fail (error = new Error('broken')): Promise<void> { this.#put({ error }); await settle() }

  async * items (): AsyncGenerator<T, void, void> {
    for (;;) {
      const step = this.#steps.shift()
      if (step === undefined) await new Promise<void>(resolve => { this.#wake = resolve })
      else if (step === 'end') return
      else if ('error' in step) throw step.error
      else yield step.value
    }
  }

  #put (step: Step<T>): void {
    this.#steps.push(step)
    this.#wake()
  }
}

export class FakeLlm implements Llm {
  readonly name = 'llm/fake'
  readonly streams: Stream<string | ToolCall>[] = []
  /** What was offered with each request. */
  readonly offered: (readonly ToolSpec[])[] = []
  obeys = true

  stream ({ messages, tools = [], signal }: LlmRequest): AsyncIterable<string | ToolCall> {
    const stream = new Stream<string | ToolCall>(messages.at(-1)!.content, messages, signal, this.obeys)
    this.offered.push(tools)
    this.streams.push(stream)
    return stream.items()
  }

  get last (): Stream<string | ToolCall> { return this.streams.at(-1)! }
  async warm (): Promise<void> {}
  async close (): Promise<void> {}
}

export class FakeTts implements Tts {
  readonly name = 'tts/fake'
  readonly streams: Stream<PcmChunk>[] = []
  obeys = true

  synthesise ({ text, signal }: { text: string, signal: AbortSignal }): AsyncIterable<PcmChunk> {
    const stream = new Stream<PcmChunk>(text, [], signal, this.obeys)
    this.streams.push(stream)
    return stream.items()
  }

  get last (): Stream<PcmChunk> { return this.streams.at(-1)! }
  async warm (): Promise<void> {}
  async close (): Promise<void> {}
}

export const chunk: PcmChunk = { samples: new Int16Array(100), sampleRateHz: 16_000 }

/** Writes down what a turn says. */
export class SinkLog implements TurnSink {
  readonly said: string[] = []
  readonly marks: [mark: AnswerMark, at: number][] = []
  /** While true no chunk is taken. */
  isFull = false

  onMark (mark: AnswerMark, at: number): void { this.marks.push([mark, at]) }
  onTool (name: string): void { this.said.push(`% ${name}`) }
  async whenHeard (): Promise<void> { this.said.push('heard') }
  onMood (): void { this.said.push('mood') }
  onSentence (text: string): void { this.said.push(`"${text}"`) }
  onEnd (isFailed: boolean): void { this.said.push(isFailed ? 'failed' : 'end') }
  onError (error: unknown): void { this.said.push(`error ${error instanceof Error && 'code' in error ? String(error.code) : String(error)}`) }

  async onPcm (_chunk: PcmChunk, signal: AbortSignal): Promise<void> {
    if (this.isFull) {
      await new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => { reject(signal.reason as Error) }, { once: true })
      })
    }
    this.said.push('pcm')
  }
}

export function makeOptions (): TurnOptions & { readonly llm: FakeLlm, readonly tts: FakeTts } {
  const deadlines = { firstMs: 6000, stallMs: 3000 }
  const toolLimits = { passTimeoutMs: 40_000, maxPasses: 5, maxCallsPerPass: 8 }
  const pronunciation = new Pronunciation(['GPT|G P T'])
  const pipes = { llm: new FakeLlm(), tts: new FakeTts(), pronunciation, tools: () => undefined }
  return { ...pipes, id: 'a-conversation', language: 'en', llmDeadlines: deadlines, ttsDeadlines: deadlines, toolLimits }
}

/** Lets everything run that can. */
export async function settle (): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await loopTurn()
}
