export type Ink = 'plain' | 'dim' | 'bold' | 'green' | 'cyan' | 'yellow' | 'red' | 'magenta'

const codes: Readonly<Record<Ink, string>> = {
  plain: '', dim: '2', bold: '1', green: '32', cyan: '36', yellow: '33', red: '31', magenta: '35'
}

/** A tty.WriteStream, or anything else that takes text. */
export interface Output {
  write (text: string): unknown
  readonly isTTY?: boolean
  readonly columns?: number
  hasColors? (): boolean
}

/** Lines on a terminal, with one that changes at the bottom; without a terminal, just the lines. */
export class Screen {
  readonly #out: Output
  readonly #isTerminal: boolean
  readonly #hasColour: boolean
  #hasStatus = false

  constructor (out: Output) {
    this.#out = out
    this.#isTerminal = out.isTTY === true
    // Node's own test knows NO_COLOR, FORCE_COLOR and dumb terminals.
    this.#hasColour = this.#isTerminal && out.hasColors?.() === true
  }

  get isTerminal (): boolean { return this.#isTerminal }
  get columns (): number { return this.#out.columns ?? 100 }

  paint (ink: Ink, text: string): string {
    return this.#hasColour && codes[ink] !== '' ? `\x1b[${codes[ink]}m${text}\x1b[0m` : text
  }

  line (text = ''): void {
    this.clearStatus()
    this.#out.write(`${text}\n`)
  }

  /** Replaces the line at the bottom; it is for terminals only. */
  status (text: string): void {
    if (!this.#isTerminal) return
    this.#out.write(`\r\x1b[2K${text}`)
    this.#hasStatus = true
  }

  clearStatus (): void {
    if (!this.#hasStatus) return
    this.#out.write('\r\x1b[2K')
    this.#hasStatus = false
  }
}
