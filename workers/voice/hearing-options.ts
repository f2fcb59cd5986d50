import type { EndpointerOptions } from './endpointer.js'
import type { EnergyGateOptions } from './energy-gate.js'

export interface HearingOptions extends EndpointerOptions, EnergyGateOptions {
  readonly preRollMs: number
  /** Speech over an answer interrupts it once it lasts so long. */
  readonly bargeInMs: number
  /** Silence after which a pause is told; 0: never. */
  readonly pauseMs: number
}
