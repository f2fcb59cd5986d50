import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { PcmDecoder } from '../../../src/providers/tts/pcm-decoder.js'
import { pcmRamp } from '../../support/fake-openai.js'
import { wavOf } from './wav-of.js'

function decode (bytes: Uint8Array, sizes: readonly number[]): { samples: number[], rates: Set<number> } {
  const decoder = new PcmDecoder(24_000)
  const samples: number[] = []
  const rates = new Set<number>()
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length]!
    const chunk = decoder.push(bytes.subarray(at, at + size))
    at += size
    if (chunk === undefined) continue
    assert.ok(chunk.samples.length > 0)
    samples.push(...chunk.samples)
    rates.add(chunk.sampleRateHz)
  }
  return { samples, rates }
}

const ramp = (count: number): number[] => Array.from({ length: count }, (_, index) => index)
const cuts = fc.array(fc.integer({ min: 1, max: 70 }), { minLength: 1, maxLength: 20 })

test('raw PCM is the same however it is cut', () => {
  fc.assert(fc.property(fc.integer({ min: 2, max: 400 }), cuts, (count, sizes) => {
    assert.deepEqual(decode(pcmRamp(0, count), sizes), { samples: ramp(count), rates: new Set([24_000]) })
  }))
})

test('a WAV file is the same however it is cut, with notes before and after its data', () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 400 }), fc.integer({ min: 0, max: 3 }), cuts, (count, notes, sizes) => {
    const wav = wavOf({ sampleRateHz: 16_000, samples: count, notes, tail: Buffer.from('LIST\u0005\0\0\0noise') })
    assert.deepEqual(decode(wav, sizes), { samples: ramp(count), rates: new Set([16_000]) })
  }))
})

test('a WAV file of unknown length goes on to its end', () => {
  for (const dataBytes of [0, 0xffffffff]) {
    assert.deepEqual(decode(wavOf({ sampleRateHz: 16_000, samples: 9, dataBytes }), [5]).samples, ramp(9))
  }
})

test('half a sample at the end is dropped', () => {
  assert.deepEqual(decode(new Uint8Array([1, 0, 2, 0, 3]), [2]).samples, [1, 2])
})

test('a WAV file of another kind is refused', () => {
  for (const options of [{ channels: 2 }, { bits: 8 }, { sampleRateHz: 0 }]) {
    assert.throws(() => decode(wavOf({ sampleRateHz: 16_000, samples: 9, ...options }), [7]), /a WAV file with coding 1/)
  }
})

test('no bytes make the decoder fail in another way', () => {
  const begin = fc.constantFrom(Buffer.from('RIFF\0\0\0\0WAVE'), Buffer.from('RIFF'), Buffer.alloc(0), Buffer.from(wavOf({ sampleRateHz: 16_000, samples: 0 }).subarray(0, 40)))
  fc.assert(fc.property(begin, fc.uint8Array({ maxLength: 200 }), cuts, (head, tail, sizes) => {
    try {
      decode(Buffer.concat([head, tail]), sizes)
    } catch (error) {
      assert.match(String(error), /a WAV file with/)
    }
  }), { numRuns: 2_000 })
})
