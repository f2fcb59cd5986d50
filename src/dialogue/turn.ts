import { Scope } from '../core/scope.js'
import { withDeadlines } from '../core/stream-deadline.js'
import type { ChatMessage, PcmChunk, Tts } from '../providers/types.js'
import { microseconds } from '../ring/microseconds.js'
import { Answer, SENTENCE_END, type AnswerOptions, type AnswerSink } from './answer.js'
import { defaultMood, type Mood } from './emotion.js'
import { languageOf } from './language.js'
import type { Pronunciation } from './pronunciation.js'
import { SentenceSplitter } from './sentence-splitter.js'
import { SpeechText } from './speech-text.js'
import { initialTurn, reduceTurn, type TurnEvent, type TurnState } from './turn-machine.js'

/** Where a turn's output goes. */
export interface TurnSink extends AnswerSink {
  onMood (mood: Mood): void
  /** The PCM that follows speaks this sentence. */
  onSentence (text: string): void
  /** Resolves when the chunk was taken; waits while the device has enough, or until the abort. */
  onPcm (chunk: PcmChunk, signal: AbortSignal): Promise<void>
  onEnd (isFailed: boolean): void
  /** What went wrong, for the log. */
  onError (error: unknown): void
}

export interface TurnOptions extends AnswerOptions {
  readonly tts: Tts
  readonly pronunciation: Pronunciation
  readonly ttsDeadlines: { readonly firstMs: number, readonly stallMs: number }
}

/** Runs one answer: streams it, cuts it into sentences, speaks them in order. */
export class Turn {
  readonly #options: TurnOptions
  readonly #sink: TurnSink
  readonly #scope: Scope
  readonly #answer: Answer
  #state: TurnState = initialTurn
  #speaking: Promise<void> = Promise.resolve()
  #spoken = ''
  #hasMood = false

  /** @param owner the conversation; its end is the turn's end */
  constructor (options: TurnOptions, sink: TurnSink, owner: AbortSignal) {
    this.#options = options
    this.#sink = sink
    this.#scope = new Scope(owner)
    this.#answer = new Answer(options, {
      onMark: (mark, at) => { sink.onMark(mark, at) },
      onTool: name => { if (!this.#scope.isClosed) sink.onTool(name) },
      whenHeard: signal => this.#whenHeard(signal)
    })
  }

  /** The sentences whose audio was handed over, for the history. */
  get spoken (): string { return this.#spoken }
  /** The tools that were called and what came of it, for the history. */
  get calls (): readonly ChatMessage[] { return this.#answer.calls }

  /** Resolves when the turn is over and nothing of it runs any more; never rejects. */
  async run (messages: readonly ChatMessage[]): Promise<void> {
    await using scope = this.#scope
    const onEnd = (): void => { this.#apply({ kind: 'cancelled' }) } // a turn that is over stays as it is
    if (scope.isClosed) { onEnd(); return }
    scope.signal.addEventListener('abort', onEnd, { once: true })
    await this.#ask(messages)
    for (let last: unknown; last !== this.#speaking;) {
      last = this.#speaking
      await last
    }
  }

  /** Barge-in: closes what the turn holds, and says nothing from here on. */
  cancel (): Promise<void> { return this.#scope.close() }

  async #ask (messages: readonly ChatMessage[]): Promise<void> {
    const { signal } = this.#scope
    const splitter = new SentenceSplitter()
    const cleaner = new SpeechText()
    try {
      for await (const piece of this.#answer.stream(messages, signal)) {
        const sentences = piece === SENTENCE_END ? splitter.end() : splitter.push(piece)
        for (const sentence of sentences) this.#onSentence(sentence, cleaner)
      }
      for (const sentence of splitter.end()) this.#onSentence(sentence, cleaner)
      this.#apply({ kind: 'llmEnded' })
    } catch (error) {
      if (!signal.aborted) this.#sink.onError(error)
      this.#apply({ kind: 'llmFailed' })
    }
  }

  #onSentence (sentence: string, cleaner: SpeechText): void {
    const { text, mood } = cleaner.clean(sentence)
    if (!this.#hasMood && !this.#scope.isClosed) {
      this.#hasMood = true
      this.#sink.onMood(mood ?? defaultMood)
    }
    if (text === '') return
    this.#sink.onMark('sentence', microseconds())
    this.#apply({ kind: 'sentence', text })
  }

  #apply (event: TurnEvent): void {
    const { state, effects } = reduceTurn(this.#state, event)
    this.#state = state
    for (const effect of effects) {
      if (effect.kind === 'speak') this.#speaking = this.#speak(effect.text)
      else this.#finish(effect.isFailed)
    }
  }

  async #speak (text: string): Promise<void> {
    const { tts, ttsDeadlines, language, pronunciation } = this.#options
    const { signal } = this.#scope
    try {
      const request = { text: pronunciation.of(text), language: languageOf(text, language) }
      const speech = withDeadlines(own => tts.synthesise({ ...request, signal: own }), { name: tts.name, signal, ...ttsDeadlines })
      this.#sink.onSentence(text)
      const requestedAt = microseconds()
      let chunks = 0
      for await (const chunk of speech) {
        if (chunks++ === 0) this.#markVoice(requestedAt, chunk)
        await this.#sink.onPcm(chunk, signal)
      }
      if (signal.aborted) return
      this.#spoken = this.#spoken === '' ? text : `${this.#spoken} ${text}`
      this.#apply({ kind: 'sentenceSpoken' })
    } catch (error) {
      if (signal.aborted) return
      this.#sink.onError(error)
      this.#apply({ kind: 'voiceFailed' })
    }
  }

  // Until a voice on this machine begins, it waits for others: that is no time of its own.
  #markVoice (requestedAt: number, { made }: PcmChunk): void {
    this.#sink.onMark('voiceRequest', made?.begunAt ?? requestedAt)
    this.#sink.onMark('firstAudio', made?.endedAt ?? microseconds())
  }

  // What waits for the voice is heard when it was spoken.
  async #whenHeard (signal: AbortSignal): Promise<void> {
    while (!signal.aborted && this.#state.isVoiceBusy) await this.#speaking
    if (!signal.aborted) await this.#sink.whenHeard(signal)
  }

  #finish (isFailed: boolean): void {
    this.#sink.onEnd(isFailed)
    void this.#scope.close()
  }
}
