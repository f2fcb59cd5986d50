import type { FrameVersion } from './types.js'

/**
 * Binary WebSocket messages.
 *
 *     v1  opus…
 *     v2  version u16 | type u16 | reserved u32 | timestamp u32 | size u32 | opus…     (big-endian)
 *     v3  type u8 | reserved u8 | size u16 | opus…
 */
export interface DownlinkFrame {
  readonly payload: Buffer
  readonly timestamp: number
}

const V2_HEADER_BYTES = 16
const V3_HEADER_BYTES = 4

export function packFrame (version: FrameVersion, payload: Buffer, timestamp: number): Buffer {
  if (version === 1) return payload
  if (version === 2) {
    const frame = Buffer.alloc(V2_HEADER_BYTES + payload.length)
    frame.writeUInt16BE(2, 0)
    frame.writeUInt32BE(timestamp >>> 0, 8)
    frame.writeUInt32BE(payload.length, 12)
    payload.copy(frame, V2_HEADER_BYTES)
    return frame
  }
  const frame = Buffer.alloc(V3_HEADER_BYTES + payload.length)
  frame.writeUInt16BE(payload.length, 2)
  payload.copy(frame, V3_HEADER_BYTES)
  return frame
}

/**
 * Reads a frame as trustfully as the firmware does: a size that is too small cuts the packet, one
 * that is too large reads beyond it, which is a crash. Here that is `undefined`.
 */
export function unpackFrame (version: FrameVersion, data: Buffer): DownlinkFrame | undefined {
  if (version === 1) return { payload: data, timestamp: 0 }
  const headerBytes = version === 2 ? V2_HEADER_BYTES : V3_HEADER_BYTES
  if (data.length < headerBytes) return undefined
  const size = version === 2 ? data.readUInt32BE(12) : data.readUInt16BE(2)
  if (size > data.length - headerBytes) return undefined
  return {
    payload: data.subarray(headerBytes, headerBytes + size),
    timestamp: version === 2 ? data.readUInt32BE(8) : 0
  }
}
