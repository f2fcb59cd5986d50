import type { DeviceState, JsonObject, ListenMode, TurnRecord } from '../../../tools/simulator/types.js'
import type { Question } from './question.js'
import type { Report } from './report.js'
import type { Ink, Screen } from '../shared/screen.js'
import { measureTurn } from './turn-figures.js'
import { drawCounts, drawWaterfall } from './waterfall.js'

const TICK_MS = 100
const METER_WIDTH = 30

const stateInks: Readonly<Record<DeviceState, Ink>> = {
  idle: 'dim', connecting: 'yellow', listening: 'green', speaking: 'magenta', crashed: 'red'
}

/** The conversation as it goes, for people. */
export class ScreenReport implements Report {
  readonly #screen: Screen
  readonly #beganMs = performance.now()
  #ticker: NodeJS.Timeout | undefined

  constructor (screen: Screen, mode: ListenMode) {
    this.#screen = screen
    screen.line(`${screen.paint('bold', 'Chorus')}  ${screen.paint('dim', `one conversation, ${mode} mode`)}`)
    screen.line()
  }

  onServer (text: string): void { this.#say(this.#screen.paint('dim', '·'), this.#screen.paint('dim', text)) }

  onState (state: DeviceState): void {
    this.#say(this.#screen.paint(stateInks[state], '●'), this.#screen.paint('dim', state))
  }

  onQuestion (question: Question): void {
    if (question.kind === 'text') {
      this.#say(this.#screen.paint('cyan', '›'), `you type  ${this.#screen.paint('bold', question.text)}`)
      return
    }
    const seconds = (question.durationMs / 1000).toFixed(1)
    this.#say(this.#screen.paint('cyan', '›'), `you say   ${question.name} ${this.#screen.paint('dim', `(${seconds} s)`)}`)
    this.#startMeter(question.durationMs)
  }

  onQuestionEnd (question: Question, isCut: boolean): void {
    this.#stopMeter()
    if (question.kind === 'text') return
    const text = isCut ? 'the device stopped listening in mid-clip' : 'end of the clip'
    this.#say(this.#screen.paint('cyan', '■'), this.#screen.paint('dim', text))
  }

  onMessage (message: JsonObject): void {
    const text = typeof message['text'] === 'string' ? message['text'] : ''
    if (message['type'] === 'stt') this.#say(this.#screen.paint('cyan', '“'), `heard     ${this.#screen.paint('bold', text)}`)
    else if (message['type'] === 'tts' && message['state'] === 'sentence_start') {
      this.#say(this.#screen.paint('magenta', '♪'), `it says   ${this.#screen.paint('bold', text)}`)
    } else if (message['type'] === 'llm' && typeof message['emotion'] === 'string') {
      this.#say(' ', this.#screen.paint('dim', `looks ${message['emotion']}`))
    } else if (message['type'] === 'alert') {
      this.#say(this.#screen.paint('red', '!'), `${String(message['status'])}: ${String(message['message'])}`)
    }
  }

  onTurn (turn: TurnRecord): void {
    const figures = measureTurn(turn)
    this.#screen.line()
    drawWaterfall(this.#screen, figures)
    this.#screen.line()
    drawCounts(this.#screen, figures)
    this.#screen.line()
  }

  onReplyFile (file: string, seconds: number): void {
    const screen = this.#screen
    screen.line(`  ${screen.paint('dim', 'what the device played:')} ${file} ${screen.paint('dim', `(${seconds.toFixed(1)} s)`)}`)
  }

  stop (): void { this.#stopMeter() }

  #say (mark: string, text: string): void {
    const seconds = ((performance.now() - this.#beganMs) / 1000).toFixed(2).padStart(7)
    this.#screen.line(`${this.#screen.paint('dim', `${seconds} s`)}  ${mark} ${text}`)
  }

  // How far the clip has got; only where a line can be drawn over.
  #startMeter (durationMs: number): void {
    if (!this.#screen.isTerminal) return
    const beganMs = performance.now()
    this.#ticker = setInterval(() => {
      const share = Math.min(1, (performance.now() - beganMs) / durationMs)
      const filled = Math.round(share * METER_WIDTH)
      const bar = `${'━'.repeat(filled)}${this.#screen.paint('dim', '─'.repeat(METER_WIDTH - filled))}`
      this.#screen.status(`             ${bar} ${(share * durationMs / 1000).toFixed(1)} s`)
    }, TICK_MS)
  }

  #stopMeter (): void {
    clearInterval(this.#ticker)
    this.#ticker = undefined
    this.#screen.clearStatus()
  }
}
