import { direction, halfWidth, MARGIN, ratioInterval, type Interval } from './statistics.js'

/** `unclear`: neither a difference nor that there is none could be shown in the time there was. */
export type Verdict = 'faster' | 'slower' | 'no difference' | 'unclear'

export interface Outcome {
  readonly verdict: Verdict
  readonly interval: Interval
  readonly rounds: number
}

export interface Precision {
  /** Rounds of a series at most. */
  readonly mostRounds: number
  /** Above this ratio a comparison fails; what reaches beyond it cannot be called no difference. */
  readonly limit: number
}

/** With fewer, the bootstrap of a median has too few values to draw from. */
const LEAST_ROUNDS = 10
/** The fewer looks, the fewer differences found by chance. */
const LOOK_EVERY = 2
/** A series ends when its interval is as narrow as this on either side, or clear of the margin. */
const WANTED_HALF_WIDTH = 0.01

/**
 * The rounds of one case, as many as it takes. A series that finds a difference is not believed:
 * looking again after every round finds one by chance sooner or later. A second series of rounds,
 * independent of the first, must find the same.
 */
export class CaseComparison {
  readonly #precision: Precision
  readonly #series: number[][] = [[]]
  #isDone = false

  constructor (precision: Precision) {
    this.#precision = precision
  }

  get isDone (): boolean { return this.#isDone }
  get rounds (): number { return this.#series.flat().length }

  /** @param logRatio ln(head/base) of one round */
  add (logRatio: number): void {
    const current = this.#series.at(-1)!
    current.push(logRatio)
    if (current.length < LEAST_ROUNDS || (current.length % LOOK_EVERY !== 0 && current.length < this.#precision.mostRounds)) return
    const interval = ratioInterval(current)
    if (current.length < this.#precision.mostRounds && !isSettled(interval)) return
    if (this.#series.length === 1 && direction(interval) !== 0) this.#series.push([])
    else this.#isDone = true
  }

  /** What can be said now; nothing after too few rounds. */
  conclude (): Outcome | undefined {
    const all = this.#series.flat()
    if (all.length < LEAST_ROUNDS) return undefined
    const directions = this.#series.map(series => series.length < LEAST_ROUNDS ? 0 : direction(ratioInterval(series)))
    const interval = ratioInterval(all)
    const isConfirmed = directions.length === 2 && directions[0] === directions[1]
    const verdict = isConfirmed && directions[0] !== 0
      ? directions[0] === 1 ? 'slower' : 'faster'
      : this.#isHarmless(interval) ? 'no difference' : 'unclear'
    return { verdict, interval, rounds: all.length }
  }

  #isHarmless ({ low, high }: Interval): boolean {
    const { limit } = this.#precision
    const isUnconfirmed = this.#series.length === 2 && !this.#isDone
    return !isUnconfirmed && high <= limit && low >= 1 / limit
  }
}

function isSettled (interval: Interval): boolean {
  return halfWidth(interval) <= WANTED_HALF_WIDTH || interval.low > 1 + MARGIN || interval.high < 1 - MARGIN
}
