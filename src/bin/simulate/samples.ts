/** What is told of a list of measurements. */
export interface Percentiles {
  readonly count: number
  readonly p50: number | null
  readonly p95: number | null
  readonly p99: number | null
  readonly max: number | null
}

/** Measurements, every one of them kept: a turn has few, and exact figures need no explanation. */
export class Samples {
  #values = new Float64Array(256)
  #count = 0
  #isSorted = true

  get count (): number { return this.#count }

  add (value: number): void {
    if (this.#count === this.#values.length) {
      const grown = new Float64Array(2 * this.#count)
      grown.set(this.#values)
      this.#values = grown
    }
    this.#values[this.#count++] = value
    this.#isSorted = false
  }

  /** The smallest value that `share` of all do not exceed (nearest rank); null without any. */
  percentile (share: number): number | null {
    if (this.#count === 0) return null
    if (!this.#isSorted) this.#values.subarray(0, this.#count).sort()
    this.#isSorted = true
    return this.#values[Math.max(0, Math.ceil(share * this.#count) - 1)]!
  }

  summary (): Percentiles {
    const [p50, p95, p99, max] = [0.5, 0.95, 0.99, 1].map(share => round(this.percentile(share)))
    return { count: this.#count, p50: p50 ?? null, p95: p95 ?? null, p99: p99 ?? null, max: max ?? null }
  }
}

function round (value: number | null): number | null {
  return value === null ? null : Math.round(value * 10) / 10
}
