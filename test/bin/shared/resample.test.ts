import assert from 'node:assert/strict'
import test from 'node:test'

import { resample } from '../../../src/bin/shared/resample.js'

function tone (hz: number, rateHz: number, samples: number): Int16Array {
  return Int16Array.from({ length: samples }, (_, at) => Math.round(10000 * Math.sin(2 * Math.PI * hz * at / rateHz)))
}

test('a tone keeps its pitch and level from each rate', () => {
  for (const rateHz of [8000, 24000, 44100, 48000]) {
    const actual = resample(tone(1000, rateHz, rateHz / 2), rateHz, 16000)
    const wanted = tone(1000, 16000, 8000)
    assert.equal(actual.length, wanted.length)
    // The edges have only half of their neighbours.
    const worst = actual.subarray(100, -100).reduce((most, value, at) => Math.max(most, Math.abs(value - wanted[at + 100]!)), 0)
    assert.ok(worst < 100, `${rateHz} Hz is off by ${worst}`)
  }
})

test('what the lower rate cannot hold does not fold back', () => {
  const actual = resample(tone(11000, 48000, 24000), 48000, 16000)
  const peak = actual.subarray(100, -100).reduce((most, value) => Math.max(most, Math.abs(value)), 0)
  assert.ok(peak < 30, `${peak} of 10000 came through`)
})
