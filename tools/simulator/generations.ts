import type { DeviceProfile, FrameVersion } from './types.js'

/** Firmware that is in the field, with what its generation does differently. */
export interface Generation {
  readonly name: string
  readonly transport: 'ws' | 'mqtt'
  /** Binary framing over WebSocket. */
  readonly frames: FrameVersion
  readonly profile: Partial<DeviceProfile>
}

const withThings: Partial<DeviceProfile> = { mcp: false, iot: true, glyphPush: false, pongs: false }

/** From the first that XiaoZhi servers meet to today's, by the table of the device protocol. */
export const generations: readonly Generation[] = [
  { name: '1.6: things instead of MCP, plays on with an open microphone', transport: 'ws', frames: 1, profile: { ...withThings, version: '1.6.6' } },
  { name: '1.7: things instead of MCP, cuts what is left at tts stop', transport: 'ws', frames: 1, profile: { ...withThings, version: '1.7.6' } },
  { name: '1.8: MCP, cuts what is left', transport: 'ws', frames: 1, profile: { version: '1.8.9', pongs: false } },
  { name: '2.0: cuts what is left, framing 2', transport: 'ws', frames: 2, profile: { version: '2.0.5' } },
  { name: '2.2.4: blocks until it has played', transport: 'ws', frames: 3, profile: { version: '2.2.4' } },
  { name: '2.2.6: listens by itself after the wake word, answers no ping', transport: 'ws', frames: 3, profile: { version: '2.2.6', pongs: false } },
  { name: '2.3: MQTT and UDP', transport: 'mqtt', frames: 3, profile: { version: '2.3.0' } },
  { name: '2.4: puts listening off until it has played', transport: 'ws', frames: 3, profile: { version: '2.4.2' } },
  { name: '2.4: MQTT and UDP', transport: 'mqtt', frames: 3, profile: { version: '2.4.2' } },
  { name: '2.4: cancels its echo, in realtime', transport: 'ws', frames: 3, profile: { version: '2.4.2', aec: 'device' } },
  { name: '2.4: leaves its echo to the server, in realtime', transport: 'ws', frames: 2, profile: { version: '2.4.2', aec: 'server' } }
]
