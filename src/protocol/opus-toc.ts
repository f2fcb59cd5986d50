// hot path
//
// What the first bytes of an Opus packet say (RFC 6716, 3.1 and 3.2), without decoding it:
//
//   config (5 bits) | stereo (1) | code (2)
//
// By code follow: 0 a frame, 1 two of the same size, 2 a size and two frames, 3 a count of frames.

const MAX_PACKET_MS = 120
const MAX_FRAME_BYTES = 1275

const SILK_MS = [10, 20, 40, 60]
const HYBRID_MS = [10, 20]
const CELT_MS = [2.5, 5, 10, 20]

/**
 * How long the packet plays, in ms; 0 if it is no Opus packet of one channel. A device codes one
 * channel, so a stereo bit is as good a sign of rubbish as any other.
 */
export function monoPacketMs (packet: Uint8Array, from: number): number {
  const length = packet.length - from
  if (length < 1) return 0
  const toc = packet[from]!
  if ((toc & 4) !== 0) return 0
  const frames = framesIn(packet, from, length, toc & 3)
  const durationMs = frames * frameMs(toc >> 3)
  return durationMs <= MAX_PACKET_MS ? durationMs : 0
}

function framesIn (packet: Uint8Array, from: number, length: number, code: number): number {
  if (code === 0) return length - 1 <= MAX_FRAME_BYTES ? 1 : 0
  if (code === 1) return (length & 1) === 1 && (length - 1) / 2 <= MAX_FRAME_BYTES ? 2 : 0
  if (length < 2) return 0
  const second = packet[from + 1]!
  if (code === 3) return second & 63
  const sizeBytes = second < 252 ? 1 : 2
  if (length < 1 + sizeBytes) return 0
  const size = sizeBytes === 1 ? second : second + 4 * packet[from + 2]!
  return 1 + sizeBytes + size <= length ? 2 : 0
}

function frameMs (config: number): number {
  if (config < 12) return SILK_MS[config & 3]!
  return config < 16 ? HYBRID_MS[config & 1]! : CELT_MS[config & 3]!
}
