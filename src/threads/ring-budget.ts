import { totalmem } from 'node:os'
import type { Config } from '../core/config-schema.js'
import { ChorusError } from '../core/errors.js'
import { ringBytes } from '../ring/byte-ring.js'
import { CONTROL_RESERVE_BYTES } from '../ring/layout.js'
import { MQTT_RING_BYTES } from './mqtt-seat.js'
import { streamingRingBytes } from './streaming-seat.js'
import type { ThreadCounts } from './thread-counts.js'

/** Twice the bytes per second of a device that sends 60 ms frames, headers included. */
const SEAT_BYTES_PER_S = 8000
/** Rings that only pass things on need room for a burst, not for seconds. */
export const DIALOGUE_RING_BYTES = (1 << 20) - CONTROL_RESERVE_BYTES
const RINGS_SHARE_OF_MEMORY = 0.05

export interface RingUsers {
  readonly config: Config
  readonly counts: Pick<ThreadCounts, 'voice' | 'dialogue'>
  /** A recogniser listens along. */
  readonly hasStreaming: boolean
}

/** Of the ring between the gateway and a voice worker, each way. */
export function seatRingBytes ({ threads }: Pick<Config, 'threads'>): number {
  return threads.maxSeats * SEAT_BYTES_PER_S * threads.ringMs / 1000
}

/** Memory of all rings between threads. */
export function ringMemoryBytes ({ config, counts, hasStreaming }: RingUsers): number {
  const streaming = hasStreaming ? ringBytes(streamingRingBytes(config)) : 0
  const perVoice = streaming + 2 * ringBytes(seatRingBytes(config)) + counts.dialogue * ringBytes(DIALOGUE_RING_BYTES)
  return counts.voice * perVoice + counts.dialogue * 2 * ringBytes(DIALOGUE_RING_BYTES) + (config.mqtt.enabled ? MQTT_RING_BYTES : 0)
}

/** @throws CHORUS_RINGS_TOO_LARGE */
export function refuseLargeRings (users: RingUsers, machineBytes = totalmem()): void {
  const bytes = ringMemoryBytes(users)
  if (bytes <= machineBytes * RINGS_SHARE_OF_MEMORY) return
  throw new ChorusError('CHORUS_RINGS_TOO_LARGE', [Math.round(bytes / 2 ** 20), Math.round(machineBytes / 2 ** 20)])
}
