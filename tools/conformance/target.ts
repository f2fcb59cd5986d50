import type { ScriptedModel } from './scripted-model.js'
import type { ServerTimers } from './types.js'

export interface Clips {
  /** A question, said by a person. */
  readonly question: readonly Buffer[]
  /** A word or two. */
  readonly word: readonly Buffer[]
}

/**
 * Servers of the suite's own that are set otherwise than the usual one. `mqtt`: it sends its
 * devices to MQTT. `coded`: it admits no device without a code, knows a device with a serial number
 * and holds firmware. `unguarded`: it asks for no token.
 */
export type ServerKind = 'mqtt' | 'coded' | 'unguarded'

/** A serial number and the key that was burnt into its device. */
export interface BurntIn { readonly serialNumber: string, readonly key: Buffer }

/** Does for us what a person would: `approve <device> <code>`, `alert <device>`, … */
export type Operator = (order: string, deviceId: string, code?: string) => Promise<string>

/** What is known of the server under test. */
export interface Target {
  readonly url: string
  /** Where its OTA address is, up to and including `/xiaozhi/ota/`. */
  readonly otaUrl: string | undefined
  readonly token: string | undefined
  readonly timers: ServerTimers
  /** Added to every limit that is a recommendation, because machines are shared. */
  readonly toleranceMs: number
  readonly clips: Clips
  /** The language model that the server asks, if it is ours. */
  readonly model: ScriptedModel | undefined
  readonly operator: Operator | undefined
  /** A device whose serial number the server knows. */
  readonly burntIn?: BurntIn | undefined
  /** What the server signs tokens with. */
  readonly authKey?: string | undefined
  /** It is to do all that there is: what it lacks is a failure, not another kind of server. */
  readonly isWhole: boolean
  /** Starts another server of the same kind, which the case may stop. */
  readonly spare: ((settings: readonly string[]) => Promise<SpareServer>) | undefined
  /** One that is set otherwise, for all cases; undefined: the same one, whatever it is. */
  readonly other?: ((kind: ServerKind) => Promise<Target>) | undefined
}

export interface SpareServer {
  readonly url: string
  readonly otaUrl: string | undefined
  stop (): Promise<void>
}
