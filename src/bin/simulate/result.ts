import type { SimulateOptions } from './arguments.js'
import type { MachineFacts } from './machine.js'
import type { ProcessUsage } from './process-usage.js'
import type { HealthFigures } from './server-watch.js'
import type { FleetFigures } from './tally.js'

/** Everything that a run found; `--json` prints it as one line. */
export interface SimulateResult extends FleetFigures, MachineFacts {
  readonly bench: 'simulate'
  readonly passed: boolean
  /** Why not. */
  readonly failures: readonly string[]
  readonly devices: number
  readonly seconds: number
  readonly ranSeconds: number
  readonly load: {
    readonly mode: string
    readonly clips: readonly string[]
    readonly speechSeconds: number
    readonly answerSeconds: number
    readonly pauseSeconds: number
    readonly periodSeconds: number
    readonly bargeInShare: number
    readonly seed: number
    readonly asr: string | null
    readonly settings: readonly string[]
  }
  readonly replies: { readonly kept: number, readonly silent: number }
  readonly server: {
    readonly health: HealthFigures | null
    readonly usage: ProcessUsage | null
    /** Warnings and errors of its log. */
    readonly complaints: { readonly count: number, readonly examples: readonly string[] }
  }
  readonly mockAi: { readonly requests: Readonly<Record<string, number>>, readonly usage: ProcessUsage | null } | null
  /** Of this process: when it is late itself, so are the devices. */
  readonly simulator: { readonly usage: ProcessUsage | null, readonly loopDelayP99Ms: number, readonly loopDelayMaxMs: number }
}

/** Why a run is no success; empty if it is one. */
export function findFailures (figures: FleetFigures, { maxUnderruns }: Pick<SimulateOptions, 'maxUnderruns'>): string[] {
  const { turns, frames, connectionErrors } = figures
  const failures: string[] = []
  if (turns.total === 0) failures.push('no question was asked')
  if (turns.unanswered > 0) failures.push(`${turns.unanswered} questions got no answer`)
  if (turns.cut > 0) failures.push(`${turns.cut} answers were cut`)
  if (connectionErrors.count > 0) failures.push(`${connectionErrors.count} connection errors`)
  if (frames.underrunShare > maxUnderruns) failures.push(`underruns: ${percent(frames.underrunShare)} of the frames, and ${percent(maxUnderruns)} are allowed`)
  return failures
}

export function percent (share: number): string { return `${Number((100 * share).toPrecision(2))} %` }
