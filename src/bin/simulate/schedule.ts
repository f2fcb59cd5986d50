import { seededRandom, shuffledIndexes } from './seeded.js'

export interface ScheduleOptions {
  readonly devices: number
  readonly periodMs: number
  readonly rampMs: number
  readonly seed: number
}

/** When a device connects, and when it asks its first question; then once every period. */
export interface DeviceTimes { readonly connectMs: number, readonly firstMs: number }

// Between listening and speaking: nobody speaks into a device that is still connecting.
const LOOK_MS = 1000

/**
 * Open loop: questions are asked at a fixed rate, however slow the answers are. The devices' phases
 * are spread evenly over the period, in an order of the seed's; whose turn comes first connects
 * first.
 */
export function planDevices ({ devices, periodMs, rampMs, seed }: ScheduleOptions): DeviceTimes[] {
  const order = shuffledIndexes(devices, seededRandom(seed))
  return order.map(place => {
    const connectMs = rampMs * place / devices
    const phaseMs = periodMs * place / devices
    const periodsLate = Math.max(0, Math.ceil((connectMs - phaseMs) / periodMs))
    return { connectMs, firstMs: LOOK_MS + phaseMs + periodsLate * periodMs }
  })
}

/** Addresses of the locally administered kind, other ones for each seed. */
export function deviceIdOf (seed: number, index: number): string {
  const bytes = [2, seed >> 8, seed, index >> 16, index >> 8, index]
  return bytes.map(byte => (byte & 255).toString(16).padStart(2, '0')).join(':')
}

/** The same at each connection of a device: a server pins it at the first one. */
export function clientIdOf (deviceId: string): string {
  return `00000000-0000-4000-8000-${deviceId.replaceAll(':', '').padStart(12, '0')}`
}
