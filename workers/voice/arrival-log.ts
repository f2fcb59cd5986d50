// hot path

/** Packets whose arrival is remembered: more than a seat's queue of samples holds. */
const ENTRIES = 64
const MASK = ENTRIES - 1

/** Knows when the packet arrived that completed a window; positions count a seat's samples. */
export class ArrivalLog {
  /** When that arrived which was heard last, in µs: what `find` found, or what is set. */
  heardAt = 0
  readonly #ends = new Int32Array(ENTRIES)
  readonly #times = new Int32Array(ENTRIES)
  #head = 0
  #tail = 0

  clear (): void { this.#tail = this.#head }

  /** A packet that arrived at `time` holds the samples up to `end`. */
  add (end: number, time: number): void {
    this.#ends[this.#head & MASK] = end
    this.#times[this.#head & MASK] = time
    this.#head = (this.#head + 1) | 0
    if (((this.#head - this.#tail) | 0) > ENTRIES) this.#tail = (this.#tail + 1) | 0
  }

  /** Forgets what is before `end`. @returns whether the packet with that sample is known */
  find (end: number): boolean {
    while (this.#tail !== this.#head && ((this.#ends[this.#tail & MASK]! - end) | 0) < 0) this.#tail = (this.#tail + 1) | 0
    if (this.#tail === this.#head) return false
    this.heardAt = this.#times[this.#tail & MASK]!
    return true
  }
}
