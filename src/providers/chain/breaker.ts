export interface BreakerOptions {
  /** Failures in a row that open it. */
  readonly failures: number
  /** How long it stays open, in ms; then one request is let through. */
  readonly restMs: number
  /** A monotonic clock, in ms. */
  readonly now?: () => number
}

/**
 * Circuit breaker (Nygard, Release It!, 2nd edition, 2018, chapter 5): a service that fails again
 * and again is left alone for a while, so that nobody waits for it.
 */
export class Breaker {
  readonly #options: BreakerOptions
  readonly #now: () => number
  #failures = 0
  #closedAgainAt = 0

  constructor (options: BreakerOptions) {
    this.#options = options
    this.#now = options.now ?? (() => performance.now())
  }

  /** May it be asked? Whoever asks when the rest is over is the only one for as long again. */
  admit (): boolean {
    if (this.#failures < this.#options.failures) return true
    const now = this.#now()
    if (now < this.#closedAgainAt) return false
    this.#closedAgainAt = now + this.#options.restMs
    return true
  }

  succeeded (): void { this.#failures = 0 }

  failed (): void {
    this.#failures++
    this.#closedAgainAt = this.#now() + this.#options.restMs
  }
}
