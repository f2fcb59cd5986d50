import type { TallyFigures } from '../../../tools/fuzz/tally.js'
import type { HealthyFigures, ServerLook, Verdict, Warning } from '../../../tools/fuzz/verdict.js'

/** Everything that a run found; `--json` prints it as one line. */
export interface FuzzResult {
  readonly bench: 'fuzz'
  readonly passed: boolean
  readonly verdicts: readonly Verdict[]
  readonly minutes: number
  readonly seed: number
  readonly perSecond: number
  readonly sent: TallyFigures
  readonly healthy: readonly HealthyFigures[]
  /** How much the server's own counters grew. */
  readonly counters: Readonly<Record<string, number>>
  readonly warnings: Readonly<Record<string, Warning>>
  readonly errors: readonly string[]
  readonly looks: { readonly atRest: ServerLook, readonly warm: ServerLook, readonly after: ServerLook | undefined }
  readonly log: string
}
