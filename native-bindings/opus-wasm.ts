import { createRequire } from 'node:module'
import { MAX_PACKET_BYTES } from './opus-packet.js'

const require = createRequire(import.meta.url)

interface OpusHandler {
  _encode (pcm: number, pcmBytes: number, packet: number, samples: number): number
  _decode (packet: number, packetBytes: number, pcm: number): number
  _encoder_ctl (ctl: number, value: number): number
  _decoder_ctl (ctl: number, value: number): number
}

interface OpusModule {
  readonly HEAPU8: Uint8Array<ArrayBuffer>
  readonly HEAPU16: Uint16Array
  _malloc (bytes: number): number
  readonly OpusScriptHandler: new (rateHz: number, channels: number, application: number) => OpusHandler
}

const APPLICATION_AUDIO = 2049
/** 120 ms at 48 kHz. */
const MAX_SAMPLES = 5760

let loaded: { readonly module: OpusModule, readonly pcm: number, readonly packet: number } | undefined

/**
 * An encoder and a decoder of libopus in WebAssembly. The code is that of `opusscript`, without its
 * wrapper: that one takes addresses for indexes, so it writes to memory of other codecs and fails
 * altogether at the 79th. All codecs of a thread share one memory and its two buffers.
 */
export class WasmOpusCodec {
  readonly #codec: OpusHandler

  /** @throws RangeError when Opus has no such rate */
  constructor (rateHz: number) {
    if (![8000, 12_000, 16_000, 24_000, 48_000].includes(rateHz)) throw new RangeError(`Opus has no ${rateHz} Hz`)
    loaded ??= load()
    this.#codec = new loaded.module.OpusScriptHandler(rateHz, 1, APPLICATION_AUDIO)
  }

  /** @throws RangeError when libopus refuses the frame */
  encode (frame: Uint8Array): Uint8Array {
    const { module, pcm, packet } = loaded!
    // Its input is one byte of PCM in every 16-bit word.
    for (let at = 0; at < frame.length; at++) module.HEAPU16[(pcm >> 1) + at] = frame[at]!
    const length = this.#codec._encode(pcm, frame.length, packet, frame.length >> 1)
    if (length < 0) throw new RangeError(`libopus gave ${length} for a frame of ${frame.length} bytes`)
    return module.HEAPU8.slice(packet, packet + length)
  }

  /** @returns samples written to `out`, or -1 when libopus refuses the packet or they do not fit */
  decode (bytes: Uint8Array, length: number, out: Int16Array): number {
    if (length < 1 || length > MAX_PACKET_BYTES) return -1
    const { module, pcm, packet } = loaded!
    for (let at = 0; at < length; at++) module.HEAPU8[packet + at] = bytes[at]!
    const samples = this.#codec._decode(packet, length, pcm)
    if (samples < 0 || samples > out.length) return -1
    // Its output is one byte of PCM in every 16-bit word, too.
    const words = module.HEAPU16
    for (let at = 0, word = pcm >> 1; at < samples; at++, word += 2) out[at] = words[word]! | words[word + 1]! << 8
    return samples
  }

  encoderCtl (ctl: number, value: number): void { check(this.#codec._encoder_ctl(ctl, value), ctl, value) }
  decoderCtl (ctl: number, value: number): void { check(this.#codec._decoder_ctl(ctl, value), ctl, value) }
}

function load (): NonNullable<typeof loaded> {
  const createModule = require('opusscript/build/opusscript_native_wasm.js') as () => OpusModule
  const module = createModule()
  // Two words for each sample, and the encoder looks as far again behind them.
  return { module, pcm: module._malloc(MAX_SAMPLES * 8), packet: module._malloc(MAX_PACKET_BYTES) }
}

function check (status: number, ctl: number, value: number): void {
  if (status < 0) throw new RangeError(`libopus gave ${status} for the request ${ctl} with ${value}`)
}
