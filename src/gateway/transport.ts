import type { SendResult } from '../session/ports.js'
import type { WireFault } from './wire-counts.js'

/** The upgrade request of a device; it can be read until `accept` returns, and not later. */
export interface UpgradeRequest {
  readonly path: string
  readonly query: string
  readonly address: string
  /** By lower-cased name; an absent header is an empty string. */
  header (name: string): string
}

export interface Connection {
  sendText (text: string): SendResult
  sendBinary (message: Uint8Array): SendResult
  /** Sends a Close frame, then closes TCP: a device never answers it. */
  close (code: number, reason: string): void
}

/** What a connection does for its owner. A binary message is valid during the call only. */
export interface ConnectionEvents {
  onText (text: string): void
  onBinary (message: Uint8Array): void
  /** So many binary messages were lost on their way, before the next one. */
  onMissing? (messages: number): void
  onDrain (): void
  onClosed (): void
}

/** What takes a new connection, or the HTTP status that refuses it. */
export type UpgradeAnswer = ((connection: Connection) => ConnectionEvents) | number

export interface TransportOptions {
  readonly host: string
  readonly port: number
  readonly maxMessageBytes: number
  /** Unsent bytes of one socket above which it is closed. */
  readonly backpressureBytes: number
  /** Decides before the upgrade; a device that leaves meanwhile gets no connection. */
  readonly accept: (request: UpgradeRequest) => UpgradeAnswer | Promise<UpgradeAnswer>
  /** Somebody was cut off. */
  readonly onFault: (fault: WireFault) => void
}

/** A listening WebSocket port; uWebSockets.js and ws each have an adapter. */
export interface Transport {
  readonly name: 'uws' | 'ws'
  readonly port: number
  /** Does it tell of connections that never became a request? */
  readonly seesHandshakes: boolean
  /** Takes no further connections. */
  close (): Promise<void>
}

/** The answer where `accept` fails. */
export const INTERNAL_ERROR = 500

/** A plain GET on the WebSocket port. */
export const GREETING = 'Server is running\n'
