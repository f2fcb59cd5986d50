import { randomBytes, randomUUID } from 'node:crypto'

import type { DeviceOptions, DeviceProfile, FrameVersion, ListenMode, MqttCredentials } from './types.js'
import type { Impairment } from './udp-link.js'

export const defaultProfile: DeviceProfile = {
  version: '2.4.2',
  aec: 'off',
  mcp: true,
  iot: false,
  glyphPush: true,
  pongs: true,
  mic: 'live',
  audio: 'record'
}

/** The options with every default filled in. */
export interface ResolvedOptions {
  readonly url: string
  readonly deviceId: string
  readonly clientId: string
  readonly token: string
  readonly version: FrameVersion
  readonly mode: ListenMode
  readonly profile: DeviceProfile
  readonly headers: Readonly<Record<string, string>>
  readonly mainLoopLatencyMs: () => number
  readonly helloTimeoutMs: number
  readonly upgradeTimeoutMs: number
  readonly freshnessMs: number
  readonly toolCallMs: number
  readonly keepTurns: number
  readonly allowSelfSigned: boolean
  readonly mqtt: MqttCredentials
  readonly impairment: Impairment | undefined
}

export function resolveOptions (options: DeviceOptions): ResolvedOptions {
  const profile = { ...defaultProfile, ...options.profile }
  const latency = options.mainLoopLatencyMs
  return {
    url: options.url,
    deviceId: options.deviceId ?? randomDeviceId(),
    clientId: options.clientId ?? randomUUID(),
    token: options.token ?? '',
    version: options.version ?? 1,
    mode: options.mode ?? (profile.aec === 'off' ? 'auto' : 'realtime'),
    profile,
    headers: options.headers ?? {},
    mainLoopLatencyMs: typeof latency === 'function' ? latency : () => latency ?? Math.random() * 5,
    helloTimeoutMs: options.helloTimeoutMs ?? 10_000,
    upgradeTimeoutMs: options.upgradeTimeoutMs ?? 10_000,
    freshnessMs: options.freshnessMs ?? 120_000,
    toolCallMs: options.toolCallMs ?? 0,
    keepTurns: options.keepTurns ?? 100,
    allowSelfSigned: options.allowSelfSigned ?? false,
    mqtt: options.mqtt ?? {},
    impairment: options.impairment
  }
}

/** A MAC address of the kind that is administered locally, so that no real device has it. */
export function randomDeviceId (): string {
  const bytes = randomBytes(6)
  bytes[0] = (bytes[0]! & 0xfc) | 2
  return [...bytes].map(byte => byte.toString(16).padStart(2, '0')).join(':')
}

/** Compares dotted integers; a missing segment is 0. */
export function isAtLeast (version: string, minimum: string): boolean {
  const have = version.split('.').map(Number)
  const want = minimum.split('.').map(Number)
  for (let at = 0; at < Math.max(have.length, want.length); at++) {
    const difference = (have[at] ?? 0) - (want[at] ?? 0)
    if (difference !== 0) return difference > 0
  }
  return true
}
