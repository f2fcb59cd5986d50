// hot path

/** A growing-free queue of PCM16 samples; the capacity is a power of two. */
export class SampleFifo {
  readonly #samples: Int16Array
  readonly #mask: number
  #head = 0
  #tail = 0

  constructor (capacity: number) {
    const size = 2 ** Math.ceil(Math.log2(capacity))
    this.#samples = new Int16Array(size)
    this.#mask = size - 1
  }

  get length (): number { return (this.#head - this.#tail) | 0 }
  get room (): number { return this.#mask + 1 - this.length }

  clear (): void { this.#tail = this.#head }

  /** Appends `count` samples; what has no room is left out and its number returned. */
  push (samples: Int16Array, count: number): number {
    const taken = Math.min(count, this.room)
    for (let at = 0; at < taken; at++) this.#samples[(this.#head + at) & this.#mask] = samples[at]!
    this.#head = (this.#head + taken) | 0
    return count - taken
  }

  /** Moves `count` samples, which must be there, into `out`. */
  shift (out: Int16Array, count: number): void {
    for (let at = 0; at < count; at++) out[at] = this.#samples[(this.#tail + at) & this.#mask]!
    this.#tail = (this.#tail + count) | 0
  }

  /** The mean square of `count` samples, which must be there, from `skip` after the oldest on. */
  meanSquare (skip: number, count: number): number {
    let sum = 0
    for (let at = 0; at < count; at++) {
      const sample = this.#samples[(this.#tail + skip + at) & this.#mask]!
      sum += sample * sample
    }
    return sum / count
  }
}
