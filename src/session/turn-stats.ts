import { turnStages, type TurnStage, type Waterfall } from '../core/turn-stages.js'
import { TurnHistogram, type StageFigures } from './turn-histogram.js'

/** One turn that was measured. */
export interface MeasuredTurn {
  /** When its first audio left, ISO 8601. */
  readonly at: string
  readonly totalMs: number
  readonly addedMs: number
  readonly providerMs: number
  /** It was being recognised before it ended. */
  readonly isGuess: boolean
  /** In the order of `stages`; their sum is the total. */
  readonly stagesMs: readonly number[]
}

/** For `/healthz`: where the time of answers went, since the start. */
export interface TurnFigures {
  readonly count: number
  /** Of those, the turns whose words were looked for before the utterance ended. */
  readonly guessed: number
  readonly total: StageFigures
  /** `total` without `provider`. */
  readonly added: StageFigures
  readonly provider: StageFigures
  readonly stages: readonly (TurnStage & StageFigures)[]
  /** The latest, oldest first. */
  readonly last: readonly MeasuredTurn[]
}

/** The waterfalls of all sessions. */
export class TurnStats {
  readonly #kept: number
  readonly #total = new TurnHistogram()
  readonly #added = new TurnHistogram()
  readonly #provider = new TurnHistogram()
  readonly #stages = turnStages.map(() => new TurnHistogram())
  readonly #last: MeasuredTurn[] = []
  #count = 0
  #guessed = 0

  /** @param kept turns that are remembered one by one */
  constructor (kept: number) {
    this.#kept = kept
  }

  add ({ totalUs, addedUs, providerUs, stagesUs }: Waterfall, isGuess: boolean): void {
    this.#count++
    if (isGuess) this.#guessed++
    this.#total.add(totalUs)
    this.#added.add(addedUs)
    this.#provider.add(providerUs)
    for (const [at, us] of stagesUs.entries()) this.#stages[at]!.add(us)
    if (this.#kept === 0) return
    if (this.#last.length === this.#kept) this.#last.shift()
    const at = new Date().toISOString()
    const stagesMs = stagesUs.map(us => us / 1000)
    this.#last.push({ at, totalMs: totalUs / 1000, addedMs: addedUs / 1000, providerMs: providerUs / 1000, isGuess, stagesMs })
  }

  read (): TurnFigures {
    return {
      count: this.#count,
      guessed: this.#guessed,
      total: this.#total.read(),
      added: this.#added.read(),
      provider: this.#provider.read(),
      stages: turnStages.map((stage, at) => ({ ...stage, ...this.#stages[at]!.read() })),
      last: [...this.#last]
    }
  }
}
