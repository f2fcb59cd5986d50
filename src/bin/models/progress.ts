import { megabytes } from './disk-space.js'

export interface Output {
  write (text: string): unknown
  readonly isTTY?: boolean
}

/** A terminal is repainted this often; elsewhere there is a line for each tenth, or 20 MB. */
const PAINT_MS = 250
const TENTHS = 10
const BYTES_PER_LINE = 20e6
const BAR_CELLS = 24

/** How far a download is, as a bar on a terminal or a few lines of a log. */
export class Progress {
  readonly #out: Output
  readonly #clock: () => number
  #paintedAt = -Infinity
  #step = -1
  #isOpen = false
  #startedAt = NaN
  #startedWith = 0

  constructor (out: Output, clock: () => number = () => performance.now()) {
    this.#out = out
    this.#clock = clock
  }

  /** Fewer bytes than before are another file, or the same from its beginning. */
  show (bytes: number, total: number | undefined): void {
    const now = this.#clock()
    if (Number.isNaN(this.#startedAt) || bytes < this.#startedWith) {
      this.#startedAt = now
      this.#startedWith = bytes
      this.#step = -1
    }
    if (this.#out.isTTY === true) this.#paint(bytes, total, now)
    else this.#tell(bytes, total)
  }

  /** What follows begins on a line of its own, and with another file. */
  end (): void {
    if (this.#isOpen) this.#out.write('\n')
    this.#isOpen = false
    this.#startedAt = NaN
  }

  #tell (bytes: number, total: number | undefined): void {
    const step = total === undefined ? Math.floor(bytes / BYTES_PER_LINE) : Math.floor(bytes / total * TENTHS)
    if (step <= this.#step) return
    this.#step = step
    this.#out.write(`${amount(bytes, total)}\n`)
  }

  #paint (bytes: number, total: number | undefined, now: number): void {
    if (now - this.#paintedAt < PAINT_MS && bytes !== total) return
    this.#paintedAt = now
    this.#isOpen = true
    const bar = total === undefined ? '' : `${drawBar(bytes / total)}  `
    this.#out.write(`\r\u001b[K${bar}${amount(bytes, total)}${this.#rate(bytes, total, now)}`)
  }

  #rate (bytes: number, total: number | undefined, now: number): string {
    const seconds = (now - this.#startedAt) / 1000
    const perSecond = (bytes - this.#startedWith) / seconds
    if (!(seconds > 1) || !(perSecond > 0)) return ''
    const left = total === undefined ? '' : `, ${duration((total - bytes) / perSecond)} left`
    return `, ${(perSecond / 1e6).toFixed(1)} MB/s${left}`
  }
}

function drawBar (share: number): string {
  const filled = Math.min(BAR_CELLS, Math.floor(share * BAR_CELLS))
  return `[${'#'.repeat(filled)}${'-'.repeat(BAR_CELLS - filled)}] ${Math.floor(share * 100)} %`
}

function amount (bytes: number, total: number | undefined): string {
  return total === undefined ? `downloaded ${megabytes(bytes)}` : `downloaded ${megabytes(bytes)} of ${megabytes(total)}`
}

function duration (seconds: number): string {
  const whole = Math.ceil(seconds)
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`
}
