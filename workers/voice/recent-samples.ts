// hot path

/** The last `capacity` samples of a stream. */
export class RecentSamples {
  readonly #samples: Int16Array
  #next = 0
  #length = 0

  constructor (capacity: number) {
    this.#samples = new Int16Array(capacity)
  }

  get length (): number { return this.#length }

  clear (): void { this.#length = 0 }

  push (samples: Int16Array, count: number): void {
    const capacity = this.#samples.length
    for (let at = 0; at < count; at++) {
      this.#samples[this.#next] = samples[at]!
      this.#next = this.#next + 1 === capacity ? 0 : this.#next + 1
    }
    this.#length = Math.min(capacity, this.#length + count)
  }

  /** Copies `count` samples into `out`, the first of them `skip` after the oldest. */
  copy (skip: number, count: number, out: Int16Array): void {
    const capacity = this.#samples.length
    const oldest = this.#next - this.#length + skip
    for (let at = 0; at < count; at++) {
      const index = oldest + at
      out[at] = this.#samples[index < 0 ? index + capacity : index % capacity]!
    }
  }
}
