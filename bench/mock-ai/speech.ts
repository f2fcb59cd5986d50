import { loadOpus } from '../../native-bindings/opus.js'
import { formatWav } from '../../tools/simulator/wav.js'
import type { Answer } from './answer.js'
import { ApiError } from './api-error.js'
import { checkFields, isBetween, isOneOf, isText, type Fields } from './fields.js'
import { oggOpusPages } from './ogg.js'
import type { MockAiOptions } from './options.js'
import type { Reply } from './reply.js'

export const SPEECH_HZ = 24_000
/** How much audio travels in one chunk. */
const CHUNK_MS = 100
const PACKET_MS = 20
const PACKET_SAMPLES = SPEECH_HZ * PACKET_MS / 1000
/** Different sentences whose Opus file is kept; the one reply has few. */
const KEEP_FILES = 256

const rules = {
  required: ['model', 'input', 'voice'],
  known: {
    model: isText,
    input: (value: unknown) => isText(value) && String(value).length <= 4096,
    voice: isText,
    response_format: isOneOf('mp3', 'opus', 'aac', 'flac', 'wav', 'pcm'),
    speed: isBetween(0.25, 4),
    instructions: isText,
    stream_format: isOneOf('audio')
  }
}

/** POST /v1/audio/speech: one recording, again and again, for as long as the text would take. */
export class Speech {
  readonly #options: MockAiOptions
  readonly #reply: Reply
  readonly #pcm: Buffer
  readonly #packets: readonly Uint8Array[]
  readonly #files = new Map<number, readonly Buffer[]>()

  /** @param voice what is spoken, at 24 kHz */
  constructor (options: MockAiOptions, reply: Reply, voice: Int16Array) {
    this.#options = options
    this.#reply = reply
    // Whole packets, so that the recording repeats at the same place in both forms.
    const samples = voice.subarray(0, voice.length - voice.length % PACKET_SAMPLES)
    this.#pcm = Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength)
    this.#packets = encode(this.#pcm)
  }

  /** @throws ApiError */
  answer (fields: Fields): Answer {
    checkFields(fields, rules)
    const format = String(fields['response_format'] ?? 'mp3')
    const seconds = this.#reply.secondsOf(String(fields['input'])) / Number(fields['speed'] ?? 1)
    const samples = Math.max(1, Math.ceil(seconds * 1000 / PACKET_MS)) * PACKET_SAMPLES
    const timing = { firstMs: this.#options.firstAudioMs, everyMs: CHUNK_MS / this.#options.speechRate }
    switch (format) {
      case 'pcm': return { contentType: 'audio/pcm', chunks: this.#slices(2 * samples), ...timing }
      case 'wav': return { contentType: 'audio/wav', chunks: this.#wav(samples), ...timing }
      case 'opus': return { contentType: 'audio/opus', chunks: this.#opus(samples / PACKET_SAMPLES), ...timing }
      default: throw new ApiError(400, `this mock speaks pcm, wav and opus, not ${format}`, { param: 'response_format', code: 'unsupported_value' })
    }
  }

  // Views of the one recording; nothing is copied.
  * #slices (bytes: number): Generator<Uint8Array, void, void> {
    const chunkBytes = 2 * SPEECH_HZ * CHUNK_MS / 1000
    for (let at = 0; at < bytes;) {
      const from = at % this.#pcm.length
      const size = Math.min(chunkBytes, bytes - at, this.#pcm.length - from)
      yield this.#pcm.subarray(from, from + size)
      at += size
    }
  }

  * #wav (samples: number): Generator<Uint8Array, void, void> {
    const header = formatWav(new Int16Array(0), SPEECH_HZ)
    header.writeUInt32LE(header.length - 8 + 2 * samples, 4)
    header.writeUInt32LE(2 * samples, header.length - 4)
    yield header
    yield * this.#slices(2 * samples)
  }

  #opus (count: number): readonly Buffer[] {
    const known = this.#files.get(count)
    if (known !== undefined) return known
    // One more, because a decoder skips its first samples.
    const packets = Array.from({ length: count + 1 }, (_, index) => this.#packets[index % this.#packets.length]!)
    const pages = oggOpusPages(packets, {
      pageMs: CHUNK_MS, rateHz: SPEECH_HZ, heardMs: count * PACKET_MS
    })
    if (this.#files.size < KEEP_FILES) this.#files.set(count, pages)
    return pages
  }
}

function encode (pcm: Buffer): Uint8Array[] {
  const encoder = loadOpus('auto').createEncoder({ rateHz: SPEECH_HZ, bitrate: 32_000, complexity: 5 })
  const packets: Uint8Array[] = []
  for (let at = 0; at < pcm.length; at += 2 * PACKET_SAMPLES) {
    packets.push(Uint8Array.from(encoder.encode(pcm.subarray(at, at + 2 * PACKET_SAMPLES))))
  }
  return packets
}
