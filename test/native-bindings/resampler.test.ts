import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isResamplable, type Resampler, ResamplerLibrary } from '../../native-bindings/resampler.js'

const library = await ResamplerLibrary.load()
const RATES = [8000, 11_025, 16_000, 22_050, 24_000, 44_100, 48_000, 96_000]

function tone (rateHz: number, ms: number, frequencyHz = 440): Int16Array {
  return Int16Array.from({ length: Math.round(rateHz / 1000 * ms) }, (_, at) => 8192 * Math.sin(2 * Math.PI * frequencyHz * at / rateHz))
}

/** Feeds `samples` in pieces of these lengths, over and over. */
function resample (resampler: Resampler, samples: Int16Array, pieces: readonly number[] = [samples.length]): Int16Array {
  const out: number[] = []
  for (let at = 0, turn = 0; at < samples.length; at += pieces[turn++ % pieces.length]!) {
    const length = pieces[turn % pieces.length]!
    resampler.process(samples.subarray(at, at + length), piece => { out.push(...piece) })
  }
  return Int16Array.from(out)
}

function rmsOf (samples: Int16Array): number {
  return Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length)
}

test('a tone keeps its duration, level and pitch between any two rates', () => {
  for (const fromHz of RATES) {
    for (const toHz of [8000, 12_000, 16_000, 24_000, 48_000]) {
      if (fromHz === toHz) continue
      const resampler = library.create(fromHz, toHz)
      const out = resample(resampler, tone(fromHz, 500))
      resampler.destroy()
      const name = `${fromHz} to ${toHz} Hz`
      // The filter keeps back half its length: 40 samples of the lower rate.
      const missing = toHz / 2 - out.length
      assert.ok(missing >= -2 && missing <= Math.ceil(45 * toHz / Math.min(fromHz, toHz)), `${name}: ${missing} samples are missing`)
      const middle = out.subarray(toHz / 20, -toHz / 20)
      assert.ok(Math.abs(rmsOf(middle) / 5793 - 1) < 0.02, `${name}: level ${rmsOf(middle)}`)
      const ideal = tone(toHz, 500).subarray(toHz / 20, toHz / 20 + middle.length)
      assert.ok(rmsOf(middle.map((sample, at) => sample - ideal[at]!)) < 100, `${name}: another sound`)
    }
  }
})

test('what the lower rate cannot hold is filtered out', () => {
  const resampler = library.create(48_000, 8000)
  assert.ok(rmsOf(resample(resampler, tone(48_000, 300, 7000)).subarray(400)) < 20)
  resampler.destroy()
})

test('a stream in pieces is the stream at once', () => {
  const samples = tone(22_050, 700)
  fc.assert(fc.property(fc.array(fc.integer({ min: 1, max: 9000 }), { minLength: 1, maxLength: 6 }), pieces => {
    const [whole, inPieces] = [library.create(22_050, 24_000), library.create(22_050, 24_000)]
    assert.deepEqual(resample(inPieces, samples, pieces), resample(whole, samples))
    whole.destroy()
    inPieces.destroy()
  }), { seed: 10, numRuns: 25 })
})

test('streams of one library do not disturb each other', () => {
  const [one, other, alone] = [library.create(16_000, 24_000), library.create(48_000, 24_000), library.create(16_000, 24_000)]
  const samples = tone(16_000, 200)
  const out: number[] = []
  for (let at = 0; at < samples.length; at += 320) {
    one.process(samples.subarray(at, at + 320), piece => { out.push(...piece) })
    resample(other, tone(48_000, 20, 3000))
  }
  assert.deepEqual(Int16Array.from(out), resample(alone, samples))
  for (const resampler of [one, other, alone]) resampler.destroy()
})

test('a reset begins a new stream', () => {
  const used = library.create(16_000, 24_000)
  const fresh = library.create(16_000, 24_000)
  resample(used, tone(16_000, 333, 2000))
  used.reset()
  assert.deepEqual(resample(used, tone(16_000, 100)), resample(fresh, tone(16_000, 100)))
  used.destroy()
  fresh.destroy()
})

test('no samples make no samples', () => {
  const resampler = library.create(16_000, 24_000)
  resampler.process(new Int16Array(0), () => { assert.fail('a piece of nothing') })
  resampler.destroy()
})

test('rates that cannot be are refused before native code sees them', () => {
  for (const rateHz of [0, -1, 7999, 192_001, Number.NaN, Infinity]) {
    assert.ok(!isResamplable(rateHz))
    assert.throws(() => library.create(rateHz, 24_000), RangeError)
    assert.throws(() => library.create(24_000, rateHz), RangeError)
  }
  assert.throws(() => library.create(8000, 96_000), RangeError)
})

test('a thousand streams opened and closed need no more memory', async () => {
  const fresh = await ResamplerLibrary.load()
  const samples = tone(48_000, 20)
  for (let round = 0; round < 1000; round++) {
    const resampler = fresh.create(48_000, 24_000)
    resample(resampler, samples)
    resampler.destroy()
  }
})
