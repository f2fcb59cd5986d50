import { createRequire } from 'node:module'
import { MAX_PACKET_BYTES } from './opus-packet.js'
import { WasmOpusCodec } from './opus-wasm.js'

const require = createRequire(import.meta.url)

/** Which library serves: `native` is libopus through N-API, `wasm` the same code in WebAssembly. */
export type OpusKind = 'native' | 'wasm'

// opus_defines.h
const SET_BITRATE = 4002
const SET_COMPLEXITY = 4010
const RESET_STATE = 4028

export interface OpusDecoder {
  /**
   * Decodes one packet into `out` (mono PCM16).
   * @returns samples written, or -1 when libopus refuses the packet
   */
  decode (packet: Uint8Array, length: number, out: Int16Array): number
  reset (): void
}

export interface OpusEncoder {
  /**
   * Encodes one frame of mono PCM16; its length must be 2.5 to 120 ms as Opus has them.
   * @returns the packet's bytes in memory that is valid until the next call
   */
  encode (frame: Buffer): Uint8Array
  reset (): void
}

export interface OpusEncoderOptions { readonly rateHz: number, readonly bitrate: number, readonly complexity: number }

export interface OpusLibrary {
  readonly kind: OpusKind
  createDecoder (rateHz: number): OpusDecoder
  createEncoder (options: OpusEncoderOptions): OpusEncoder
}

interface NativeCodec {
  encode (pcm: Buffer): Buffer
  decode (packet: Buffer): Buffer
  applyEncoderCTL (ctl: number, value: number): void
  applyDecoderCTL (ctl: number, value: number): void
}

/**
 * Loads libopus: the native addon, else (or when asked) its WebAssembly build.
 * @throws Error when the wanted one cannot be loaded
 */
export function loadOpus (wanted: OpusKind | 'auto'): OpusLibrary {
  if (wanted !== 'wasm') {
    try {
      return nativeLibrary()
    } catch (error) {
      if (wanted === 'native') throw error
    }
  }
  return wasmLibrary()
}

function nativeLibrary (): OpusLibrary {
  const { OpusEncoder: Codec } = require('@discordjs/opus') as { OpusEncoder: new (rate: number, channels: number) => NativeCodec }
  return {
    kind: 'native',
    createDecoder (rateHz) {
      const codec = new Codec(rateHz, 1)
      return new BufferDecoder(packet => codec.decode(packet), () => { codec.applyDecoderCTL(RESET_STATE, 0) })
    },
    createEncoder (options) {
      const codec = new Codec(options.rateHz, 1)
      const set = (ctl: number, value: number): void => { codec.applyEncoderCTL(ctl, value) }
      configureEncoder(set, options)
      return makeEncoder(frame => codec.encode(frame), set, options)
    }
  }
}

function wasmLibrary (): OpusLibrary {
  return {
    kind: 'wasm',
    createDecoder (rateHz) {
      const codec = new WasmOpusCodec(rateHz)
      return {
        decode: (packet, length, out) => codec.decode(packet, length, out),
        reset: () => { codec.decoderCtl(RESET_STATE, 0) }
      }
    },
    createEncoder (options) {
      const codec = new WasmOpusCodec(options.rateHz)
      const set = (ctl: number, value: number): void => { codec.encoderCtl(ctl, value) }
      configureEncoder(set, options)
      return makeEncoder(frame => codec.encode(frame), set, options)
    }
  }
}

type SetCtl = (ctl: number, value: number) => void

function configureEncoder (set: SetCtl, options: OpusEncoderOptions): void {
  set(SET_BITRATE, options.bitrate)
  set(SET_COMPLEXITY, options.complexity)
}

function makeEncoder (encode: (frame: Buffer) => Uint8Array, set: SetCtl, options: OpusEncoderOptions): OpusEncoder {
  const lengths = new Set([5, 10, 20, 40, 60, 80, 100, 120].map(ms => options.rateHz / 1000 * ms * 2))
  return {
    encode (frame) {
      // The addon copies as many bytes as libopus returns, and an error code is a negative number.
      if (!lengths.has(frame.length)) throw new RangeError(`Opus has no frame of ${frame.length / 2} samples at ${options.rateHz} Hz`)
      return encode(frame)
    },
    reset () { set(RESET_STATE, 0) }
  }
}

// The addon takes a whole buffer, so there is one of each length, made when it is needed first: all
// on the same memory, which it reads before it returns.
const input = Buffer.alloc(MAX_PACKET_BYTES)
const inputs: (Buffer | undefined)[] = new Array<Buffer | undefined>(MAX_PACKET_BYTES + 1).fill(undefined)

function inputOf (length: number): Buffer { return inputs[length] ??= input.subarray(0, length) }

class BufferDecoder implements OpusDecoder {
  readonly #decode: (packet: Buffer) => Buffer
  readonly reset: () => void

  constructor (decode: (packet: Buffer) => Buffer, reset: () => void) {
    this.#decode = decode
    this.reset = reset
  }

  decode (packet: Uint8Array, length: number, out: Int16Array): number {
    if (length < 1 || length > MAX_PACKET_BYTES) return -1
    for (let at = 0; at < length; at++) input[at] = packet[at]!
    try {
      const pcm = this.#decode(inputOf(length))
      const samples = pcm.length >> 1
      if (samples > out.length) return -1
      // The addon's buffer is one of its own and so begins at an even byte; a view costs a tenth of
      // reading each sample. Its samples are the machine's, and so are ours.
      out.set(new Int16Array(pcm.buffer, pcm.byteOffset, samples))
      return samples
    } catch {
      return -1 // libopus said that the packet is corrupted; the caller conceals and counts
    }
  }
}
