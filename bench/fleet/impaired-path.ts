import { DeadlineClock } from '../../tools/simulator/deadline-clock.js'
import type { Impairment } from './scenario.js'
import type { Path } from './ws-link.js'

const clock = new DeadlineClock()

/** Times in which nothing passes, either way. */
export class Stalls {
  readonly #meanMs: number
  readonly #stallMs: number
  readonly #random: () => number
  #from = Infinity
  #until = 0

  constructor ({ stallsPerMinute, stallMs }: Impairment, random: () => number) {
    this.#meanMs = stallsPerMinute > 0 ? 60_000 / stallsPerMinute : Infinity
    this.#stallMs = stallMs
    this.#random = random
    this.#plan(performance.now())
  }

  /** The earliest moment from `atMs` on at which something may pass. */
  after (atMs: number): number {
    while (atMs >= this.#until) this.#plan(this.#until)
    return atMs >= this.#from ? this.#until : atMs
  }

  // The times between stalls are those of a Poisson process.
  #plan (fromMs: number): void {
    this.#from = this.#meanMs === Infinity ? Infinity : fromMs - Math.log(1 - this.#random()) * this.#meanMs
    this.#until = this.#from + this.#stallMs
  }
}

/** One direction of a bad connection under TCP: late, unsteady, and in order all the same. */
export class ImpairedPath implements Path {
  readonly #impairment: Impairment
  readonly #stalls: Stalls
  readonly #random: () => number
  #lastMs = 0

  /** @param stalls shared by both directions */
  constructor (impairment: Impairment, stalls: Stalls, random: () => number) {
    this.#impairment = impairment
    this.#stalls = stalls
    this.#random = random
  }

  carry (pass: () => void): void {
    const { delayMs, jitterMs } = this.#impairment
    const jitter = jitterMs === 0 ? 0 : -Math.log(1 - this.#random()) * jitterMs
    const dueMs = this.#stalls.after(Math.max(this.#lastMs, performance.now() + delayMs + jitter))
    // Equal moments would lose their order in the clock's heap.
    this.#lastMs = Math.max(dueMs, this.#lastMs + 1e-3)
    clock.add({ dueMs: this.#lastMs, run: pass })
  }
}

/** Is there anything that would hold bytes up? */
export function isImpaired ({ delayMs, jitterMs, stallsPerMinute }: Impairment): boolean {
  return delayMs > 0 || jitterMs > 0 || stallsPerMinute > 0
}
