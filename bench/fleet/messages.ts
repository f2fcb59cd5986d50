import type { Scenario } from './scenario.js'
import type { TallyReport } from './tally.js'

/** What one generator process is to do. */
export interface GeneratorPlan {
  readonly port: number
  readonly scenario: Scenario
  /** Which of the fleet's devices are this process's. */
  readonly firstIndex: number
  readonly devices: number
  readonly allDevices: number
  readonly seed: number
  /** Connections are spread over this. */
  readonly rampMs: number
}

/**
 * To a generator: make ready; begin at that moment; tell what was counted since the last time, and
 * go on; end.
 */
export type ToGenerator =
  | { readonly kind: 'plan', readonly plan: GeneratorPlan }
  | { readonly kind: 'begin', readonly atEpochMs: number }
  | { readonly kind: 'report' }
  | { readonly kind: 'stop' }

/** From a generator. */
export type FromGenerator =
  | { readonly kind: 'ready' }
  /** Once a second: how many devices are connected, and what came since the start. */
  | { readonly kind: 'pulse', readonly connected: number, readonly frames: number, readonly underruns: number }
  | { readonly kind: 'report', readonly tally: TallyReport }
  | { readonly kind: 'stopped' }
