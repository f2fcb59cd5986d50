import type { DownlinkFrame } from './frame-codec.js'

export interface TransportEvents {
  onText (text: string): void
  /** A message of audio, as the wire has it; `unpack` reads it. */
  onBinary (data: Buffer): void
  /** The server ended the channel, or the connection went. Told once. */
  onDisconnected (code: number): void
}

/** How a channel reaches the server: a WebSocket, or MQTT and UDP. */
export interface DeviceTransport {
  readonly isConnected: boolean
  readonly isTcpOpen: boolean
  sendText (text: string): boolean
  sendAudio (packet: Buffer, timestamp: number): boolean
  /** For tests of the server: anything at all. */
  sendBinary (data: Uint8Array): boolean
  unpack (data: Buffer): DownlinkFrame | undefined
  /** Hangs up as the firmware does. */
  drop (): void
  /** As no firmware does; for tests of the server. */
  closePolitely (): void
}
