import { Scope } from '../core/scope.js'
import type { ChatMessage } from '../providers/types.js'
import { Turn, type TurnOptions, type TurnSink } from './turn.js'

export interface ConversationOptions extends TurnOptions {
  readonly systemPrompt: string
  /** Question and answer pairs that the model is shown. */
  readonly historyTurns: number
}

/** What one session said and heard; at most one turn at a time. */
export class Conversation {
  readonly #options: ConversationOptions
  readonly #scope = new Scope()
  #history: ChatMessage[] = []
  #turn: Turn | undefined

  constructor (options: ConversationOptions) {
    this.#options = options
  }

  /** Answers `text`; a turn that still runs is cut and kept in the history as far as it was spoken. */
  async ask (text: string, sink: TurnSink): Promise<void> {
    await this.cancel()
    if (this.#scope.isClosed) return
    const turn = new Turn(this.#options, sink, this.#scope.signal)
    this.#turn = turn
    const question: ChatMessage = { role: 'user', content: text }
    await turn.run([{ role: 'system', content: this.#options.systemPrompt }, ...this.#history, question])
    this.#remember(question, turn.spoken)
    if (this.#turn === turn) this.#turn = undefined
  }

  async cancel (): Promise<void> {
    const turn = this.#turn
    this.#turn = undefined
    await turn?.cancel()
  }

  close (): Promise<void> { return this.#scope.close() }

  #remember (question: ChatMessage, answer: string): void {
    this.#history.push(question)
    if (answer !== '') this.#history.push({ role: 'assistant', content: answer })
    const questions = this.#history.filter(message => message.role === 'user').length
    for (let over = questions - this.#options.historyTurns; over > 0; over--) this.#forgetOldest()
  }

  #forgetOldest (): void {
    const next = this.#history.findIndex((message, at) => at > 0 && message.role === 'user')
    this.#history = next < 0 ? [] : this.#history.slice(next)
  }
}
