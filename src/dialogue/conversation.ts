import { Scope } from '../core/scope.js'
import type { ChatMessage } from '../providers/types.js'
import { Verbatim } from './verbatim.js'
import { Turn, type TurnOptions, type TurnSink } from './turn.js'

export interface ConversationOptions extends TurnOptions {
  readonly systemPrompt: string
  /** Question and answer pairs that the model is shown. */
  readonly historyTurns: number
  /** Of each result of a tool, what the history keeps. */
  readonly maxKeptCharacters: number
}

/** What one session said and heard; at most one turn at a time. */
export class Conversation {
  readonly #options: ConversationOptions
  readonly #scope = new Scope()
  #history: ChatMessage[] = []
  #turn: Turn | undefined
  #running: Promise<void> = Promise.resolve()
  #asked = 0

  constructor (options: ConversationOptions) {
    this.#options = options
  }

  /**
   * Answers `text`. A turn that still runs is cut, and kept in the history as far as it was spoken.
   * A question that is overtaken while that one ends is not asked at all.
   */
  async ask (text: string, sink: TurnSink): Promise<void> {
    await this.#begin(this.#options, { role: 'user', content: text }, sink)
  }

  /** Says `text` as it is; the model will know that it was said. */
  async say (text: string, sink: TurnSink): Promise<void> {
    await this.#begin({ ...this.#options, llm: new Verbatim(text) }, undefined, sink)
  }

  /** Resolves when nothing of the turn runs any more. */
  async cancel (): Promise<void> {
    this.#asked++
    await this.#stop()
  }

  /** As `cancel`, and nothing is answered any more. */
  async close (): Promise<void> {
    await this.#scope.close()
    await this.#running
  }

  async #begin (options: TurnOptions, question: ChatMessage | undefined, sink: TurnSink): Promise<void> {
    const ticket = ++this.#asked
    await this.#stop()
    if (this.#scope.isClosed || ticket !== this.#asked) return
    const turn = new Turn(options, sink, this.#scope.signal)
    this.#turn = turn
    this.#running = this.#run(turn, question)
    await this.#running
  }

  async #stop (): Promise<void> {
    await this.#turn?.cancel()
    await this.#running
  }

  async #run (turn: Turn, question: ChatMessage | undefined): Promise<void> {
    await turn.run([{ role: 'system', content: this.#options.systemPrompt }, ...this.#history, ...(question === undefined ? [] : [question])])
    this.#remember(question, turn)
    if (this.#turn === turn) this.#turn = undefined
  }

  #remember (question: ChatMessage | undefined, { calls, spoken }: Turn): void {
    if (question !== undefined) this.#history.push(question)
    this.#history.push(...calls.map(call => this.#abridge(call)))
    if (spoken !== '') this.#history.push({ role: 'assistant', content: spoken })
    const questions = this.#history.filter(message => message.role === 'user').length
    for (let over = questions - this.#options.historyTurns; over > 0; over--) this.#forgetOldest()
  }

  // What was said beside the calls is in what was spoken.
  #abridge (call: ChatMessage): ChatMessage {
    if (call.role === 'assistant') return { ...call, content: '' }
    const { maxKeptCharacters } = this.#options
    if (call.content.length <= maxKeptCharacters) return call
    return { ...call, content: `${call.content.slice(0, maxKeptCharacters).replace(/[\ud800-\udbff]$/, '')}…` }
  }

  #forgetOldest (): void {
    const next = this.#history.findIndex((message, at) => at > 0 && message.role === 'user')
    this.#history = next < 0 ? [] : this.#history.slice(next)
  }
}
