import type { OpusEncoder, OpusLibrary } from '../../native-bindings/opus.js'
import { formatOggOpus } from './ogg-opus.js'

const RATE_HZ = 16_000
const FRAME_SAMPLES = 320
/** Of wide-band speech this is more than anybody hears, at an eighth of WAV. */
const BITRATE = 32_000
/** Above it the processor time grows steeply. */
const COMPLEXITY = 3
/** What libopus looks ahead at 16 kHz, in its modes for speech and for music: 6.5 ms. */
const LOOKAHEAD_SAMPLES = 104
/** Granule positions count at 48 kHz. */
const GRANULES_PER_SAMPLE = 3
const SERIAL = 1

/** Makes Ogg Opus files of whole utterances: 16 kHz mono in, frames of 20 ms out. */
export class OggOpusEncoder {
  readonly #encoder: OpusEncoder

  constructor (opus: OpusLibrary) {
    this.#encoder = opus.createEncoder({ rateHz: RATE_HZ, bitrate: BITRATE, complexity: COMPLEXITY })
  }

  encode (samples: Int16Array): Uint8Array<ArrayBuffer> {
    this.#encoder.reset()
    const frames = Math.ceil((samples.length + LOOKAHEAD_SAMPLES) / FRAME_SAMPLES)
    const padded = new Int16Array(frames * FRAME_SAMPLES)
    padded.set(samples)
    const packets = Array.from({ length: frames }, (_, frame) => {
      return Uint8Array.from(this.#encoder.encode(Buffer.from(padded.buffer, frame * FRAME_SAMPLES * 2, FRAME_SAMPLES * 2)))
    })
    return formatOggOpus({
      packets,
      preSkip: LOOKAHEAD_SAMPLES * GRANULES_PER_SAMPLE,
      samples: samples.length * GRANULES_PER_SAMPLE,
      inputRateHz: RATE_HZ,
      serial: SERIAL
    })
  }
}
