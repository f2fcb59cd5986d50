// hot path

// RFC 6716, 3.1: the first byte (TOC) of a packet says configuration (5 bits), stereo, and how
// many frames follow (2 bits).
const SILK_MS = [10, 20, 40, 60]
const HYBRID_MS = [10, 20]
const CELT_MS = [2.5, 5, 10, 20]

/** An Opus packet may last 120 ms at most (RFC 6716, 3.2.5). */
const MAX_PACKET_MS = 120

/** Largest packet that we accept: 120 ms at 510 kbit/s need less, three frames of 1,275 bytes. */
export const MAX_PACKET_BYTES = 3828

/**
 * Milliseconds of audio in an Opus packet by its table of contents, or -1 when it is malformed in a
 * way that shows there. Native code sees only packets that passed.
 */
export function opusPacketMs (packet: Uint8Array, length: number): number {
  if (length < 1 || length > MAX_PACKET_BYTES) return -1
  const toc = packet[0]!
  const config = toc >> 3
  const frameMs = config < 12 ? SILK_MS[config & 3]! : config < 16 ? HYBRID_MS[config & 1]! : CELT_MS[config & 3]!
  const code = toc & 3
  if (code === 0) return frameMs
  if (code === 1) return (length - 1) % 2 === 0 ? frameMs * 2 : -1
  if (code === 2) return length >= 2 ? frameMs * 2 : -1
  if (length < 2) return -1
  const frames = packet[1]! & 0x3f
  const total = frames * frameMs
  return frames > 0 && total <= MAX_PACKET_MS ? total : -1
}
