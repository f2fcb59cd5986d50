import type { Exchange } from '../exchange.js'
import type { Random } from '../random.js'

export interface Attack {
  readonly kind: string
  /** How often it comes, beside the others. */
  readonly weight: number
  /** The same for the same draws. */
  make (random: Random): Exchange
}

/** So few that one is often another's second connection, and many are known to the server. */
const DEVICES = 64

/** Of devices that nobody else pretends to be. */
export function attackerId (random: Random): string {
  return `02:fa:00:00:00:${random.below(DEVICES).toString(16).padStart(2, '0')}`
}

export function clientIdOf (deviceId: string): string {
  return `00000000-0000-4000-8000-${deviceId.replaceAll(':', '')}`
}
