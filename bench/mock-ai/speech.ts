import { loadOpus } from '../../native-bindings/opus.js'
import { formatWav } from '../../tools/simulator/wav.js'
import type { Answer } from './answer.js'
import { ApiError } from './api-error.js'
import { checkFields, isBetween, isOneOf, isText, type Fields } from './fields.js'
import { oggOpusPages } from './ogg.js'
import { PACKET_MS, type MockAiOptions } from './options.js'
import type { Random } from './random.js'
import type { Reply } from './reply.js'

export const SPEECH_HZ = 24_000
const PACKET_SAMPLES = SPEECH_HZ * PACKET_MS / 1000
/** Different sentences whose Opus file is kept; the one reply has few. */
const KEEP_FILES = 256

const formats = ['pcm', 'wav', 'opus']

const rules = {
  required: ['model', 'input', 'voice'],
  known: {
    model: isText,
    input: (value: unknown) => isText(value) && String(value).length <= 4096,
    voice: isText,
    response_format: isOneOf('mp3', 'opus', 'aac', 'flac', 'wav', 'pcm'),
    speed: isBetween(0.25, 4),
    instructions: isText,
    stream_format: isOneOf('audio', 'sse')
  }
}

/** Audio without a stream around it. */
interface Pieces { readonly contentType: string, readonly count: number, readonly chunk: (index: number) => Uint8Array }

/** POST /v1/audio/speech: one recording, again and again, for as long as the text would take. */
export class Speech {
  readonly #options: MockAiOptions
  readonly #reply: Reply
  readonly #chunkBytes: number
  /** Bytes of the recording, which begins anew behind its end for as long as a chunk is. */
  readonly #pcm: Buffer
  readonly #loopBytes: number
  readonly #slices = new Map<number, Uint8Array>()
  readonly #packets: readonly Uint8Array[]
  readonly #files = new Map<number, readonly Buffer[]>()

  /** @param voice what is spoken, at 24 kHz */
  constructor (options: MockAiOptions, reply: Reply, voice: Int16Array) {
    this.#options = options
    this.#reply = reply
    this.#chunkBytes = 2 * SPEECH_HZ * options.chunkMs / 1000
    // Whole packets, so that the recording repeats at the same place in both forms.
    const samples = voice.subarray(0, voice.length - voice.length % PACKET_SAMPLES)
    const once = Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength)
    this.#loopBytes = once.length
    this.#pcm = Buffer.concat(Array<Buffer>(1 + Math.ceil(this.#chunkBytes / once.length)).fill(once))
    this.#packets = encode(once)
  }

  /** @throws ApiError */
  check (fields: Fields): void {
    checkFields(fields, rules)
    const format = formatOf(fields)
    if (!formats.includes(format)) throw new ApiError(400, `this mock speaks pcm, wav and opus, not ${format}`, { param: 'response_format', code: 'unsupported_value' })
  }

  answer (fields: Fields, random: Random): Answer {
    const input = String(fields['input'])
    const seconds = this.#reply.secondsOf(input) / Number(fields['speed'] ?? 1)
    const packets = Math.max(1, Math.ceil(seconds * 1000 / PACKET_MS))
    const { firstAudioMs, chunkMs, speechRate } = this.#options
    const gapMs = chunkMs / speechRate
    const timing = { firstMs: firstAudioMs(random), gapMs: () => gapMs }
    const pieces = this.#pieces(formatOf(fields), packets)
    if (fields['stream_format'] !== 'sse') return { ...pieces, ...timing }
    return { contentType: 'text/event-stream; charset=utf-8', count: pieces.count, chunk: formatEvents(pieces, input, packets), ...timing }
  }

  #pieces (format: string, packets: number): Pieces {
    if (format === 'opus') {
      const pages = this.#opus(packets)
      return { contentType: 'audio/opus', count: pages.length, chunk: index => pages[index]! }
    }
    const bytes = 2 * packets * PACKET_SAMPLES
    const count = Math.ceil(bytes / this.#chunkBytes)
    if (format === 'pcm') return { contentType: 'audio/pcm', count, chunk: index => this.#slice(index, bytes) }
    const header = wavHeader(bytes)
    return { contentType: 'audio/wav', count, chunk: index => index === 0 ? Buffer.concat([header, this.#slice(0, bytes)]) : this.#slice(index, bytes) }
  }

  // A view of the one recording; nothing is copied. Whole ones come again, and are the same ones.
  #slice (index: number, bytes: number): Uint8Array {
    const at = index * this.#chunkBytes
    const from = at % this.#loopBytes
    if (bytes - at < this.#chunkBytes) return this.#pcm.subarray(from, from + bytes - at)
    const slice = this.#slices.get(from) ?? this.#pcm.subarray(from, from + this.#chunkBytes)
    this.#slices.set(from, slice)
    return slice
  }

  #opus (count: number): readonly Buffer[] {
    const known = this.#files.get(count)
    if (known !== undefined) return known
    // One more, because a decoder skips its first samples.
    const packets = Array.from({ length: count + 1 }, (_, index) => this.#packets[index % this.#packets.length]!)
    const pages = oggOpusPages(packets, {
      pageMs: this.#options.chunkMs, rateHz: SPEECH_HZ, heardMs: count * PACKET_MS
    })
    if (this.#files.size < KEEP_FILES) this.#files.set(count, pages)
    return pages
  }
}

function formatOf (fields: Fields): string { return String(fields['response_format'] ?? 'mp3') }

function wavHeader (audioBytes: number): Buffer {
  const header = formatWav(new Int16Array(0), SPEECH_HZ)
  header.writeUInt32LE(header.length - 8 + audioBytes, 4)
  header.writeUInt32LE(audioBytes, header.length - 4)
  return header
}

/** The events of the real service: audio as base64, and what it cost with the last of it. */
function formatEvents ({ count, chunk }: Pieces, input: string, packets: number): (index: number) => string {
  const [asked, spoken] = [Math.ceil(input.length / 4), packets]
  const done = formatEvent({ type: 'speech.audio.done', usage: { input_tokens: asked, output_tokens: spoken, total_tokens: asked + spoken } })
  return index => {
    const audio = Buffer.from(chunk(index)).toString('base64')
    return formatEvent({ type: 'speech.audio.delta', audio }) + (index === count - 1 ? done : '')
  }
}

function formatEvent (event: object): string { return `data: ${JSON.stringify(event)}\n\n` }

function encode (pcm: Buffer): Uint8Array[] {
  const encoder = loadOpus('auto').createEncoder({ rateHz: SPEECH_HZ, bitrate: 32_000, complexity: 5 })
  const packets: Uint8Array[] = []
  for (let at = 0; at < pcm.length; at += 2 * PACKET_SAMPLES) {
    packets.push(Uint8Array.from(encoder.encode(pcm.subarray(at, at + 2 * PACKET_SAMPLES))))
  }
  return packets
}
