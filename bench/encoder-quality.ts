// npm run bench:encoder [-- --alignments 8] [--complexity 3] [--bitrate 24000] [--json]
//
// What our encoder settings cost in quality: all test speech, encoded with them and with those of
// the binding, decoded, recognised, and compared with what went in. Exits with 1 when ours has a
// percentage point more of word errors than the default, or half a dB more log-spectral distance.
// Other settings are tried by flags; several of them with commas between. docs/benchmarks.md
import { createRequire } from 'node:module'
import { loadOpus } from '../native-bindings/opus.js'
import type { Recogniser } from '../native-bindings/recogniser.js'
import { makeConfig } from '../src/core/config.js'
import { countWordErrors } from '../test/support/word-error-rate.js'
import { delayOf, spectralDistance } from './encoder/spectral-distance.js'
import { recordedSpeech, synthesisedSpeech, type SpeechItem } from './encoder/speech-items.js'
import { formatTable } from './support/figures.js'
import { machineFacts } from './support/machine-facts.js'
import { loadMoonshine } from './support/moonshine.js'
import { readFlags, runMain } from './support/options.js'
import { cutFrames, resample } from './support/speech.js'

const { audio } = makeConfig()
const FRAME_SAMPLES = audio.sampleRateHz / 1000 * audio.frameMs
const RECOGNISER_HZ = 16_000
/** What the recordings hold; above it there is only what the codec put there. */
const SPEECH_BAND_HZ = 8000
const MOST_DELAY_MS = 20
const DEFAULT = 'binding default'

const MOST_MORE_WORD_ERRORS = 0.01
const MOST_MORE_DISTANCE_DB = 0.5

type Encode = (frame: Buffer) => Uint8Array

interface Quality {
  readonly name: string
  readonly words: number
  readonly errors: number
  readonly wordErrorRate: number
  readonly distanceDb: number
  /** Over the whole band of the device, where one side of the comparison is empty above 8 kHz. */
  readonly fullBandDistanceDb: number
  readonly kbps: number
}

await runMain(async () => {
  const { numbers, switches, texts } = readFlags({
    numbers: { alignments: { fallback: 8, minimum: 1, maximum: 64 } }, switches: ['json'], texts: ['complexity', 'bitrate']
  })
  const items = [
    ...await recordedSpeech(audio.sampleRateHz, numbers['alignments']!),
    ...await synthesisedSpeech(audio.sampleRateHz)
  ]
  const recogniser = await loadMoonshine()
  const reference = await judge(DEFAULT, makeDefaultEncoder, items, recogniser)
  const tried: Quality[] = []
  for (const complexity of readList('complexity', texts['complexity'], audio.complexity, 0, 10)) {
    for (const bitrate of readList('bitrate', texts['bitrate'], audio.bitrate, 6000, 128_000)) {
      const name = `complexity ${complexity}, ${bitrate} bit/s`
      tried.push(await judge(name, () => makeEncoder(complexity, bitrate), items, recogniser))
    }
  }
  const facts = { bench: 'encoder-quality', ...machineFacts() }
  const lines = [reference, ...tried].map(({ name, ...figures }) => {
    return JSON.stringify({ ...facts, case: name, samples: items.length, ...figures, holds: holds(figures, reference) })
  })
  process.stdout.write(`${lines.join('\n')}\n`)
  const screen = switches.has('json') ? process.stderr : process.stdout
  screen.write(`\n${formatTable([
    ['setting', 'word errors', 'distance', '0–12 kHz', 'kbit/s', ''],
    ...[reference, ...tried].map(one => [
      one.name, `${(one.wordErrorRate * 100).toFixed(1)} % (${one.errors}/${one.words})`, `${one.distanceDb.toFixed(2)} dB`,
      `${one.fullBandDistanceDb.toFixed(2)} dB`, one.kbps.toFixed(1), holds(one, reference) ? 'holds' : 'BROKEN'
    ])
  ])}`)
  return tried.every(one => holds(one, reference)) ? 0 : 1
})

function holds (one: Pick<Quality, 'wordErrorRate' | 'distanceDb'>, reference: Quality): boolean {
  const isUnderstood = one.wordErrorRate <= reference.wordErrorRate + MOST_MORE_WORD_ERRORS
  return isUnderstood && one.distanceDb <= reference.distanceDb + MOST_MORE_DISTANCE_DB
}

function readList (name: string, text: string | undefined, fallback: number, minimum: number, maximum: number): number[] {
  const values = (text ?? String(fallback)).split(',').map(Number)
  if (values.every(value => Number.isInteger(value) && value >= minimum && value <= maximum)) return values
  throw new Error(`--${name} takes whole numbers from ${minimum} to ${maximum} with commas between, not "${text}"`)
}

function makeEncoder (complexity: number, bitrate: number): Encode {
  const encoder = loadOpus('native').createEncoder({ rateHz: audio.sampleRateHz, bitrate, complexity })
  return frame => encoder.encode(frame)
}

function makeDefaultEncoder (): Encode {
  const { OpusEncoder } = createRequire(import.meta.url)('@discordjs/opus') as {
    OpusEncoder: new (rateHz: number, channels: number) => { encode (frame: Buffer): Buffer }
  }
  const encoder = new OpusEncoder(audio.sampleRateHz, 1)
  return frame => encoder.encode(frame)
}

async function judge (name: string, encoderOf: () => Encode, items: readonly SpeechItem[], recogniser: Recogniser): Promise<Quality> {
  let [words, errors, bytes, seconds] = [0, 0, 0, 0]
  const band = { sum: 0, frames: 0 }
  const fullBand = { sum: 0, frames: 0 }
  for (const { text, samples } of items) {
    const { coded, codedBytes } = roundTrip(encoderOf(), samples)
    bytes += codedBytes
    seconds += samples.length / audio.sampleRateHz
    add(band, spectralDistance(toFloats(samples), coded, audio.sampleRateHz, SPEECH_BAND_HZ))
    add(fullBand, spectralDistance(toFloats(samples), coded, audio.sampleRateHz, audio.sampleRateHz / 2))
    if (text === undefined) continue
    const heard = await resample(Int16Array.from(coded, sample => Math.round(sample * 32_767)), audio.sampleRateHz, RECOGNISER_HZ)
    const count = countWordErrors(text, recogniser.recognise(toFloats(heard)))
    words += count.words
    errors += count.errors
  }
  return {
    name,
    words,
    errors,
    wordErrorRate: Number((errors / words).toFixed(4)),
    distanceDb: Number((band.sum / band.frames).toFixed(3)),
    fullBandDistanceDb: Number((fullBand.sum / fullBand.frames).toFixed(3)),
    kbps: Number((bytes * 8 / seconds / 1000).toFixed(1))
  }
}

/** Through encoder and decoder, with their delay taken out. */
function roundTrip (encode: Encode, samples: Int16Array): { readonly coded: Float32Array, readonly codedBytes: number } {
  const decoder = loadOpus('native').createDecoder(audio.sampleRateHz)
  const padded = new Int16Array(Math.ceil(samples.length / FRAME_SAMPLES + 1) * FRAME_SAMPLES)
  padded.set(samples)
  const decoded = new Int16Array(padded.length)
  const frame = new Int16Array(FRAME_SAMPLES)
  let codedBytes = 0
  cutFrames(padded, FRAME_SAMPLES).forEach((bytes, index) => {
    const packet = encode(bytes)
    codedBytes += packet.length
    decoder.decode(packet, packet.length, frame)
    decoded.set(frame, index * FRAME_SAMPLES)
  })
  const coded = toFloats(decoded)
  const delay = delayOf(toFloats(samples), coded, audio.sampleRateHz / 1000 * MOST_DELAY_MS)
  return { coded: coded.slice(delay, delay + samples.length), codedBytes }
}

function toFloats (samples: Int16Array): Float32Array { return Float32Array.from(samples, sample => sample / 32_768) }

function add (total: { sum: number, frames: number }, more: { readonly sum: number, readonly frames: number }): void {
  total.sum += more.sum
  total.frames += more.frames
}
