// hot path

export interface EnergyGateOptions {
  readonly gate: boolean
  readonly gateDbfs: number
  readonly gateAfterMs: number
}

/** Loudest square of a sample in -1 to 1: 0 dBFS is a square wave at full scale. */
const FULL_SCALE = 32_768

/**
 * Keeps windows of plain quiet from the model: closed at first and after a while of them, open with
 * the first that is louder. Whoever holds it holds the windows back, so that the model sees what
 * came before.
 */
export class EnergyGate {
  /** Mean square of a window of PCM16 from which on it is no quiet. */
  readonly threshold: number
  readonly #closesAfterMs: number
  readonly #windowMs: number
  #isOpen: boolean
  #quietMs = 0

  constructor (options: EnergyGateOptions, windowMs: number) {
    this.threshold = (10 ** (options.gateDbfs / 20) * FULL_SCALE) ** 2
    this.#closesAfterMs = options.gate ? options.gateAfterMs : Infinity
    this.#windowMs = windowMs
    this.#isOpen = !options.gate
  }

  get isOpen (): boolean { return this.#isOpen }

  open (): void {
    this.#isOpen = true
    this.#quietMs = 0
  }

  /** Somebody begins to listen. */
  reset (): void {
    this.#isOpen = this.#closesAfterMs === Infinity
    this.#quietMs = 0
  }

  /**
   * A window that the model judged. The quiet that ends an utterance counts, too: behind it the
   * gate closes at once.
   * @returns whether the gate has closed behind it
   */
  pass (meanSquare: number, isInUtterance: boolean): boolean {
    this.#quietMs = meanSquare >= this.threshold ? 0 : this.#quietMs + this.#windowMs
    if (isInUtterance || this.#quietMs < this.#closesAfterMs) return false
    this.#isOpen = false
    return true
  }
}

export function meanSquareOf (window: Int16Array): number {
  let sum = 0
  for (let at = 0; at < window.length; at++) sum += window[at]! * window[at]!
  return sum / window.length
}
