import assert from 'node:assert/strict'
import { test } from 'node:test'
import CodecParser from 'codec-parser'
import { loadOpus } from '../../native-bindings/opus.js'
import { OggOpusEncoder } from '../../workers/inference/ogg-opus-encoder.js'
import { formatOggOpus } from '../../workers/inference/ogg-opus.js'
import { clips, loadClip } from '../support/clips.js'
import { decodeOggOpus, readOggPages } from '../support/ogg-opus.js'
import { loadTranscriber } from '../support/transcribe.js'
import { countWordErrors } from '../support/word-error-rate.js'

const opus = loadOpus('auto')
const encode = (samples: Int16Array): Uint8Array => new OggOpusEncoder(opus).encode(samples)

interface ParsedPage { readonly codecFrames?: ReadonlyArray<{ readonly data: Uint8Array }> }

/** A packet of one 20 ms frame that is `length` bytes long. */
const packetOf = (length: number, fill = 0): Uint8Array => new Uint8Array(length).fill(fill).fill(0x08, 0, 1)
const streamOf = (packets: readonly Uint8Array[]) => {
  return { packets, preSkip: 312, samples: packets.length * 960 - 400, inputRateHz: 16_000, serial: 7 }
}

test('an independent parser reads each packet back, whatever its length', () => {
  const lengths = [1, 2, 254, 255, 256, 509, 510, 511, 1275, ...Array.from({ length: 300 }, (_, at) => at * 7 % 600 + 1)]
  const packets = lengths.map((length, index) => packetOf(length, index))
  const parser = new CodecParser('application/ogg', { enableFrameCRC32: false })
  const pages = parser.parseAll(formatOggOpus(streamOf(packets))) as readonly ParsedPage[]
  const read = pages.flatMap(page => page.codecFrames ?? []).map(frame => Buffer.from(frame.data))
  assert.deepEqual(read, packets.map(packet => Buffer.from(packet)))
})

test('pages have their checksums, are numbered, hold a second at most, and say how far they go', () => {
  const pages = readOggPages(formatOggOpus(streamOf(Array.from({ length: 120 }, () => packetOf(80)))))
  assert.deepEqual(pages.map(({ kind }) => kind), [2, 0, 0, 0, 4])
  assert.deepEqual(pages.map(({ sequence }) => sequence), [0, 1, 2, 3, 4])
  // The last one tells how much of the last packet is meant.
  assert.deepEqual(pages.map(({ granule }) => granule), [0, 0, 48_000, 96_000, 312 + 120 * 960 - 400])
  assert.ok(pages.every(({ serial }) => serial === 7))
})

test('a page ends where its table of lengths is full', () => {
  const pages = readOggPages(formatOggOpus(streamOf(Array.from({ length: 50 }, () => packetOf(2000)))))
  assert.deepEqual(pages.slice(2).map(({ packets }) => packets.length), [31, 19])
})

test('the header says mono, and what the decoder must leave out', () => {
  const [head, tags] = readOggPages(encode(new Int16Array(1600))).map(({ packets }) => packets[0]!)
  assert.equal(head!.toString('hex'), `${Buffer.from('OpusHead').toString('hex')}01013801803e0000000000`)
  assert.equal(tags!.toString('latin1', 0, 8), 'OpusTags')
})

test('what is decoded has the length and the place of what was encoded', () => {
  const samples = loadClip(clips.sevenOfClubs)
  const decoded = decodeOggOpus(encode(samples), opus)
  assert.equal(decoded.length, samples.length)
  const shifts = Array.from({ length: 161 }, (_, index) => index - 80)
  const best = shifts.reduce((best, shift) => likeness(samples, decoded, shift) > likeness(samples, decoded, best) ? shift : best)
  assert.ok(Math.abs(best) <= 1, `it is shifted by ${best} samples`)
})

test('the words survive, and one utterance leaves nothing behind in the next', async () => {
  const transcribe = await loadTranscriber()
  const encoder = new OggOpusEncoder(opus)
  const first = encoder.encode(loadClip(clips.chieftain))
  const heard = transcribe(decodeOggOpus(first, opus), 16_000)
  assert.equal(countWordErrors(clips.chieftain.text, heard).errors, 0, `heard "${heard}"`)
  encoder.encode(loadClip(clips.sevenOfClubs))
  assert.deepEqual(encoder.encode(loadClip(clips.chieftain)), first)
})

function likeness (a: Int16Array, b: Int16Array, shift: number): number {
  let sum = 0
  for (let at = 100; at < a.length - 100; at++) sum += a[at]! * b[at + shift]!
  return sum
}
