import { RecentMap } from './recent-map.js'

export interface BackOffOptions {
  /** Failures after which the first wait begins. */
  readonly failures: number
  readonly firstMs: number
  /** Failures are forgotten after the same time without one. */
  readonly maxMs: number
  readonly maxTracked: number
  /** A clock that never goes back, in ms. */
  readonly now: () => number
}

interface Record { failures: number, atMs: number, untilMs: number }

/** Makes whoever fails again and again wait: each time twice as long, up to a limit. */
export class BackOff {
  readonly #options: BackOffOptions
  readonly #records: RecentMap<Record>

  constructor (options: BackOffOptions) {
    this.#options = options
    this.#records = new RecentMap(options.maxTracked)
  }

  get tracked (): number { return this.#records.size }

  mustWait (key: string): boolean {
    const record = this.#records.get(key)
    return record !== undefined && record.untilMs > this.#options.now()
  }

  fail (key: string): void {
    const { failures: free, firstMs, maxMs, now } = this.#options
    const atMs = now()
    const before = this.#records.get(key)
    const failures = before === undefined || atMs - Math.max(before.atMs, before.untilMs) >= maxMs ? 1 : before.failures + 1
    const untilMs = failures < free ? atMs : atMs + Math.min(maxMs, firstMs * 2 ** (failures - free))
    this.#records.set(key, { failures, atMs, untilMs })
  }

  /** It was right after all. */
  clear (key: string): void { this.#records.delete(key) }
}
