// hot path

/** Levels a second. */
const LEVELS_HZ = 100
/** Below this everything is quiet, in dB of the mean square. */
const FLOOR_DB = 25
const STEPS_PER_DB = 2

/** How loud a stream was of late: every 10 ms, over the last 20, in steps of half a dB. */
export class LevelTrack {
  readonly #levels: Uint8Array
  readonly #mask: number
  #next = 0
  /** Samples of the stretch that is not complete. */
  #samples = 0
  /** Sums of squares: of that stretch, and of the one before. Doubles have no shape to change. */
  readonly #sums = new Float64Array(2)

  /** @param capacity levels that are kept, a power of two */
  constructor (capacity: number) {
    this.#levels = new Uint8Array(capacity)
    this.#mask = capacity - 1
  }

  get capacity (): number { return this.#mask + 1 }

  /** All was quiet until now. */
  clear (): void {
    this.#levels.fill(0)
    this.#sums.fill(0)
    this.#samples = 0
  }

  push (pcm: Int16Array, count: number, rateHz: number): void {
    const stretch = rateHz / LEVELS_HZ
    const sums = this.#sums
    let sum = sums[0]!
    for (let at = 0; at < count; at++) {
      const sample = pcm[at]!
      sum += sample * sample
      if (++this.#samples < stretch) continue
      const decibels = 10 * Math.log10((sums[1]! + sum) / (2 * stretch) + 1)
      this.#levels[this.#next] = Math.max(0, Math.round((decibels - FLOOR_DB) * STEPS_PER_DB))
      this.#next = (this.#next + 1) & this.#mask
      sums[1] = sum
      sum = 0
      this.#samples = 0
    }
    sums[0] = sum
  }

  /** The last `count` levels, the newest at the end, into `out` from `at` on. */
  copy (count: number, out: Uint8Array, at: number): void {
    for (let back = count; back > 0; back--) out[at++] = this.#levels[(this.#next - back) & this.#mask]!
  }
}
