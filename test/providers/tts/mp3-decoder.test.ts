import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import fc from 'fast-check'
import { Mp3Decoder } from '../../../src/providers/tts/mp3-decoder.js'
import { MP3_FRAME_BYTES, MP3_FRAME_SAMPLES, mp3Frame, mp3Of } from './mp3-of.js'

async function open (t: TestContext): Promise<Mp3Decoder> {
  const decoder = await Mp3Decoder.open()
  t.after(() => { decoder.close() })
  return decoder
}

function decode (decoder: Mp3Decoder, pieces: readonly Uint8Array[]): number[] {
  return pieces.flatMap(piece => [...decoder.push(piece)?.samples ?? []])
}

test('each frame is sound as soon as it is complete', async t => {
  const decoder = await open(t)
  const frame = mp3Frame(10)
  assert.equal(decoder.push(frame.subarray(0, 100)), undefined)
  const chunk = decoder.push(frame.subarray(100))
  assert.deepEqual([chunk?.samples.length, chunk?.sampleRateHz], [MP3_FRAME_SAMPLES, 24_000])
})

test('a tone is a tone, and silence is silence', async t => {
  const loudest = async (line: number | undefined): Promise<number> => {
    const samples = decode(await open(t), Array.from({ length: 5 }, () => mp3Frame(line)))
    return Math.max(...samples.map(Math.abs))
  }
  const tone = await loudest(10)
  assert.ok(tone > 1000 && tone < 32_768, String(tone))
  assert.equal(await loudest(undefined), 0)
})

test('samples are the same however the network cuts them', { timeout: 10_000 }, async t => {
  const file = mp3Of(3000)
  const whole = decode(await open(t), [file])
  for (const bytes of [1, 7, MP3_FRAME_BYTES, 1000]) {
    const pieces = Array.from({ length: Math.ceil(file.length / bytes) }, (_, index) => file.subarray(index * bytes, (index + 1) * bytes))
    assert.deepEqual(decode(await open(t), pieces), whole)
  }
})

test('a tag before the sound, and what is broken in the middle of it, are left out', async t => {
  const tag = Buffer.concat([Buffer.from('ID3'), Buffer.from([4, 0, 0, 0, 0, 39, 8]), Buffer.alloc(5000, 0xff)])
  const noise = Buffer.from('what is this?')
  const file = Buffer.concat([tag, mp3Of(1152), noise, mp3Of(1152)])
  for (const pieces of [[file], [...file].map(byte => Buffer.from([byte]))]) {
    assert.equal(decode(await open(t), pieces).length, 4 * MP3_FRAME_SAMPLES)
  }
})

test('what is no MP3 is refused before long', async t => {
  const decoder = await open(t)
  assert.throws(() => { for (let at = 0; at < 100; at++) decoder.push(Buffer.from('<html>'.repeat(100))) }, /no MP3/)
})

test('no bytes break it', { timeout: 20_000 }, async t => {
  const frame = mp3Frame(10)
  const decoder = await open(t)
  const complaints = t.mock.method(console, 'error', () => {}) // in a worker nobody would read them
  fc.assert(fc.property(fc.uint8Array({ minLength: 1, maxLength: 140 }), fc.nat(3), (bytes, from) => {
    const bent = Buffer.from(frame)
    bent.set(bytes, 4 + from)
    decoder.push(bent.subarray(0, MP3_FRAME_BYTES))
  }), { numRuns: 300, seed: 6 })
  assert.equal(decoder.push(Buffer.concat([frame, frame]))?.samples.length, 2 * MP3_FRAME_SAMPLES)
  assert.equal(complaints.mock.callCount(), 0)
})

test('a decoder that is closed says nothing more', async () => {
  const decoder = await Mp3Decoder.open()
  decoder.close()
  decoder.close()
  assert.equal(decoder.push(mp3Frame(10)), undefined)
})
