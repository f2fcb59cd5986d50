import { createRequire } from 'node:module'

export interface PacketEncoder { encode (pcm: Buffer): Buffer }
export interface PacketDecoder {
  /** @throws what the library throws when the packet is none. */
  decode (packet: Buffer): Int16Array
}

// Written out here: where the package is not installed, its types are not either.
interface NativeOpus {
  encode (pcm: Buffer): Buffer
  decode (packet: Buffer): Buffer
  applyEncoderCTL (ctl: number, value: number): void
}
type NativeConstructor = new (rate: number, channels: number) => NativeOpus

// Codes of opus_defines.h.
const SET_VBR = 4006
const SET_COMPLEXITY = 4010
const SET_DTX = 4016
const SET_BITRATE = 4002
const BITRATE_AUTO = -1000
const APPLICATION_AUDIO = 2049

const native = loadNative()
const opusScript = native === undefined ? (await import('opusscript')).default : undefined

/** The encoder of the firmware's uplink: AUDIO, complexity 0, VBR, DTX, automatic bitrate. */
export function openUplinkEncoder (rateHz: 8000 | 12000 | 16000 | 24000 | 48000 = 16000): PacketEncoder {
  if (native !== undefined) {
    const codec = new native(rateHz, 1)
    applyUplinkSettings((ctl, value) => codec.applyEncoderCTL(ctl, value))
    return { encode: pcm => codec.encode(pcm) }
  }
  const codec = new opusScript!(rateHz, 1, APPLICATION_AUDIO)
  applyUplinkSettings((ctl, value) => codec.encoderCTL(ctl, value))
  return { encode: pcm => codec.encode(pcm, pcm.length / 2) }
}

export function openDecoder (rateHz: number): PacketDecoder {
  if (native !== undefined) {
    const codec = new native(rateHz, 1)
    return { decode: packet => asSamples(codec.decode(packet)) }
  }
  const codec = new opusScript!(parseOpusRate(rateHz), 1, APPLICATION_AUDIO)
  return { decode: packet => asSamples(codec.decode(packet)) }
}

export function parseOpusRate (rateHz: number): 8000 | 12000 | 16000 | 24000 | 48000 {
  switch (rateHz) {
    case 8000: case 12000: case 16000: case 24000: case 48000: return rateHz
    default: throw new RangeError(`Opus has no ${rateHz} Hz`)
  }
}

const SILK_MS = [10, 20, 40, 60]
const CELT_MS = [2.5, 5, 10, 20]

/** Length of a packet by its first byte (RFC 6716, 3.1), without decoding it. */
export function packetDurationMs (packet: Uint8Array): number {
  const toc = packet[0]
  if (toc === undefined) return 0
  const config = toc >> 3
  const frameMs = config < 12 ? SILK_MS[config & 3]! : config < 16 ? (config & 1) === 0 ? 10 : 20 : CELT_MS[config & 3]!
  const code = toc & 3
  const frames = code === 0 ? 1 : code < 3 ? 2 : (packet[1] ?? 0) & 63
  return frameMs * frames
}

function applyUplinkSettings (apply: (ctl: number, value: number) => void): void {
  apply(SET_COMPLEXITY, 0)
  apply(SET_VBR, 1)
  apply(SET_DTX, 1)
  apply(SET_BITRATE, BITRATE_AUTO)
}

function asSamples (bytes: Buffer): Int16Array {
  if ((bytes.byteOffset & 1) === 0) return new Int16Array(bytes.buffer, bytes.byteOffset, bytes.length >> 1)
  return new Int16Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length))
}

// It is an optional dependency: where it cannot be built, the WebAssembly codec serves.
function loadNative (): NativeConstructor | undefined {
  try {
    return (createRequire(import.meta.url)('@discordjs/opus') as { OpusEncoder: NativeConstructor }).OpusEncoder
  } catch {
    return undefined
  }
}
