import type { Screen } from '../shared/screen.js'
import type { Tally } from './tally.js'

const REDRAW_MS = 1000
/** Without a terminal every line stays. */
const LINE_EVERY = 10

export interface LiveSources {
  readonly tally: Tally
  readonly connected: () => number
  /** Of the server's own reckoning, if it can be asked. */
  readonly serverLate: () => number | undefined
}

/** How the run is going, in one line. */
export class LiveLine {
  readonly #screen: Screen
  readonly #sources: LiveSources
  readonly #beganMs = performance.now()
  readonly #timer: NodeJS.Timeout
  #ticks = 0

  constructor (screen: Screen, sources: LiveSources) {
    this.#screen = screen
    this.#sources = sources
    this.#timer = setInterval(() => { this.#show() }, REDRAW_MS)
  }

  stop (): void {
    clearInterval(this.#timer)
    this.#screen.clearStatus()
  }

  #show (): void {
    this.#ticks++
    if (this.#screen.isTerminal) this.#screen.status(this.#format().slice(0, this.#screen.columns - 1))
    else if (this.#ticks % LINE_EVERY === 0) this.#screen.line(this.#format())
  }

  #format (): string {
    const { tally, connected, serverLate } = this.#sources
    const late = serverLate()
    const seconds = Math.round((performance.now() - this.#beganMs) / 1000)
    const [p50, p99] = [0.5, 0.99].map(share => Math.round(tally.firstAudioMs(share) ?? 0))
    return `${seconds} s  ${connected()} devices  ${tally.turnCount} turns  late ${tally.lateFrames}${late === undefined ? '' : ` (server ${late})`}  ` +
      `underruns ${tally.underruns}  first audio p50 ${p50} p99 ${p99} ms  errors ${tally.badTurns + tally.connectionErrors}`
  }
}
