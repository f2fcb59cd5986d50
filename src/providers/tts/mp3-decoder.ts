import { MPEGDecoder } from 'mpg123-decoder'
import type { PcmChunk } from '../types.js'
import { Mp3Frames } from './mp3-frames.js'

/** Turns the bytes of an MP3 stream into samples, frame by frame, however they are cut. */
export class Mp3Decoder {
  readonly #frames = new Mp3Frames()
  readonly #decoder: MPEGDecoder
  #isClosed = false

  /** @param decoder that is ready; see `open` */
  constructor (decoder: MPEGDecoder) {
    this.#decoder = decoder
  }

  /** It has memory outside of JavaScript until it is closed. */
  static async open (): Promise<Mp3Decoder> {
    // Gapless would cut what a header of the encoder says; streams of speech have none.
    const decoder = new MPEGDecoder({ enableGapless: false })
    await decoder.ready
    return new Mp3Decoder(decoder)
  }

  /**
   * The samples of the frames that `bytes` completes, as one channel; undefined if there are none.
   * @throws Error where it is no MP3
   */
  push (bytes: Uint8Array): PcmChunk | undefined {
    if (this.#isClosed) return undefined
    const parts = this.#frames.push(bytes).map(frame => this.#decoder.decode(frame)).filter(part => part.samplesDecoded > 0)
    const count = parts.reduce((sum, part) => sum + part.samplesDecoded, 0)
    if (count === 0) return undefined
    const samples = new Int16Array(count)
    let at = 0
    for (const { channelData, samplesDecoded } of parts) {
      mixInto(samples, at, channelData, samplesDecoded)
      at += samplesDecoded
    }
    return { samples, sampleRateHz: this.#frames.sampleRateHz }
  }

  close (): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#decoder.free()
  }
}

/** The middle of both channels; what is mono comes as two that are the same. */
function mixInto (samples: Int16Array, at: number, [left = new Float32Array(0), right = left]: Float32Array[], count: number): void {
  for (let index = 0; index < count; index++) {
    const value = (left[index]! + right[index]!) / 2
    samples[at + index] = Math.max(-32_768, Math.min(32_767, Math.round(value * 32_768)))
  }
}
