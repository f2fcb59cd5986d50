import type { DeviceState, JsonObject, TurnRecord } from '../../../tools/simulator/types.js'
import type { Output } from '../shared/screen.js'
import type { Question } from './question.js'
import type { Report } from './report.js'
import { measureTurn } from './turn-figures.js'

/** The conversation as JSON lines, for programs. */
export class JsonReport implements Report {
  readonly #out: Output
  readonly #beganMs = performance.now()

  constructor (out: Output) {
    this.#out = out
  }

  onServer (text: string): void { this.#write('server', { text }) }
  onState (state: DeviceState): void { this.#write('state', { state }) }
  onQuestion (question: Question): void {
    this.#write('question', question.kind === 'text' ? { text: question.text } : { clip: question.name, durationMs: question.durationMs })
  }

  onQuestionEnd (_question: Question, isCut: boolean): void { this.#write('question-end', { isCut }) }
  onMessage (message: JsonObject): void { this.#write('message', { message }) }
  onTurn (turn: TurnRecord): void { this.#write('turn', { figures: measureTurn(turn) }) }

  onReplyFile (file: string, seconds: number): void { this.#write('reply-file', { file, seconds }) }
  stop (): void {}

  #write (event: string, fields: JsonObject): void {
    this.#out.write(`${JSON.stringify({ event, atMs: Math.round(performance.now() - this.#beganMs), ...fields })}\n`)
  }
}
