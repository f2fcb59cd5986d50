import { packFrame } from '../simulator/frame-codec.js'
import type { Dialect } from './types.js'

export type WsDialect = Exclude<Dialect, 'mqtt'>

const HEADER_BYTES = { ws1: 0, ws2: 16, ws3: 4, gateway: 16 } as const

export function pack (dialect: WsDialect, packet: Buffer, timestamp: number): Buffer {
  if (dialect !== 'gateway') return packFrame(dialect === 'ws1' ? 1 : dialect === 'ws2' ? 2 : 3, packet, timestamp)
  // The gateway leaves bytes 0 to 7 empty.
  const message = Buffer.alloc(16 + packet.length)
  message.writeUInt32BE(timestamp >>> 0, 8)
  message.writeUInt32BE(packet.length, 12)
  packet.copy(message, 16)
  return message
}

/** Stricter than firmware, which trusts the size: one that is not exact gives undefined. */
export function unpack (dialect: WsDialect, message: Buffer): { readonly packet: Buffer | undefined, readonly timestamp: number } {
  const header = HEADER_BYTES[dialect]
  if (header === 0) return { packet: message, timestamp: 0 }
  if (message.length < header) return { packet: undefined, timestamp: 0 }
  const size = dialect === 'ws3' ? message.readUInt16BE(2) : message.readUInt32BE(12)
  const isAudio = dialect === 'ws2' ? message.readUInt16BE(2) === 0 : dialect === 'ws3' ? message[0] === 0 : true
  return {
    packet: isAudio && size === message.length - header ? message.subarray(header) : undefined,
    timestamp: dialect === 'ws3' ? 0 : message.readUInt32BE(8)
  }
}
