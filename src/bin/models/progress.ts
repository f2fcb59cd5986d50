export interface Output {
  write (text: string): unknown
  readonly isTTY?: boolean
}

/** A terminal is repainted this often; elsewhere there is a line for each tenth. */
const PAINT_MS = 250
const TENTHS = 10

/** How far a download is, on one line of a terminal or on a few lines of a log. */
export class Progress {
  readonly #out: Output
  readonly #total: number
  #paintedAt = -Infinity
  #tenth = -1
  #isOpen = false

  constructor (out: Output, total: number) {
    this.#out = out
    this.#total = total
  }

  show (bytes: number): void {
    const text = `downloading: ${(bytes / 1e6).toFixed(1)} of ${(this.#total / 1e6).toFixed(1)} MB`
    if (this.#out.isTTY === true) {
      if (performance.now() - this.#paintedAt < PAINT_MS && bytes < this.#total) return
      this.#paintedAt = performance.now()
      this.#isOpen = true
      this.#out.write(`\r\u001b[K${text}`)
      return
    }
    const tenth = Math.floor(bytes / this.#total * TENTHS)
    if (tenth <= this.#tenth) return
    this.#tenth = tenth
    this.#out.write(`${text}\n`)
  }

  /** What follows begins on a line of its own. */
  end (): void {
    if (this.#isOpen) this.#out.write('\n')
    this.#isOpen = false
  }
}
