import assert from 'node:assert/strict'
import { test } from 'node:test'
import { delayOf, spectralDistance } from '../../bench/encoder/spectral-distance.js'

const RATE_HZ = 24_000

function makeNoise (samples: number): Float32Array {
  let seed = 1
  return Float32Array.from({ length: samples }, () => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0
    return (seed / 2 ** 32 - 0.5) * 0.5
  })
}

const noise = makeNoise(RATE_HZ)

test('a signal has no distance to itself, and 6 dB to one of twice its amplitude', () => {
  const same = spectralDistance(noise, noise, RATE_HZ, 8000)
  assert.equal(same.sum, 0)
  assert.equal(same.frames, Math.floor((noise.length - 768) / 192) + 1)
  const { sum, frames } = spectralDistance(noise, noise.map(sample => sample * 2), RATE_HZ, 8000)
  assert.ok(Math.abs(sum / frames - 20 * Math.log10(2)) < 0.001, `${sum / frames} dB`)
})

test('a tone in a quiet band is heard only by a distance that covers the band', () => {
  const tone = (hz: number): Float32Array => {
    return Float32Array.from({ length: RATE_HZ }, (_, at) => Math.sin(2 * Math.PI * hz * at / RATE_HZ) / 2)
  }
  const low = tone(1000)
  const high = tone(10_000)
  const both = low.map((sample, at) => sample + high[at]! / 10)
  const upTo = (bandHz: number): number => {
    const { sum, frames } = spectralDistance(low, both, RATE_HZ, bandHz)
    return sum / frames
  }
  assert.ok(upTo(8000) < 0.5, `${upTo(8000)} dB`)
  assert.ok(upTo(12_000) > 3, `${upTo(12_000)} dB`)
})

test('frames that are quiet beside the loudest do not count', () => {
  const half = noise.map((sample, at) => at < noise.length / 2 ? sample : sample / 1000)
  const { frames } = spectralDistance(half, half, RATE_HZ, 8000)
  assert.ok(frames < 70, `${frames} frames`)
})

test('the delay of a codec is found', () => {
  const late = new Float32Array(noise.length)
  late.set(noise.subarray(0, noise.length - 156), 156)
  assert.equal(delayOf(noise, late, 480), 156)
})
