import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'

import { fitLength } from '../../../src/bin/simulate/clips.js'
import { countLateFrames } from '../../../src/bin/simulate/fleet-turn.js'
import { parseStat, usageBetween, type UsageReading } from '../../../src/bin/simulate/process-usage.js'
import { findFailures } from '../../../src/bin/simulate/result.js'
import { Samples } from '../../../src/bin/simulate/samples.js'
import { deviceIdOf, planDevices } from '../../../src/bin/simulate/schedule.js'
import { seededRandom } from '../../../src/bin/simulate/seeded.js'
import { Tally } from '../../../src/bin/simulate/tally.js'
import { clips, fixturePath, fleetClips } from '../../support/clips.js'

test('percentiles are measurements, by nearest rank', () => {
  const samples = new Samples()
  for (let value = 1000; value >= 1; value--) samples.add(value)
  assert.deepEqual(samples.summary(), { count: 1000, p50: 500, p95: 950, p99: 990, max: 1000 })
  samples.add(0)
  assert.equal(samples.percentile(0), 0)
})

test('of no measurement there is no percentile', () => {
  assert.deepEqual(new Samples().summary(), { count: 0, p50: null, p95: null, p99: null, max: null })
})

test('a frame is late from 20 ms after the device ran empty, and shifts what follows', () => {
  const late = (...atMs: number[]): number => {
    return countLateFrames({ count: atMs.length, atMs: Float64Array.from(atMs), bytes: new Uint16Array(atMs.length) }, 60)
  }
  assert.equal(late(), 0)
  assert.equal(late(0, 0, 0, 0, 240), 0)
  assert.equal(late(0, 79), 0)
  assert.equal(late(0, 81), 1)
  assert.equal(late(0, 1000, 1060, 1120), 1)
  assert.equal(late(0, 1000, 1081, 1162), 3)
})

test('first questions are spread evenly over the period, whatever the order of the devices', () => {
  const options = { devices: 100, periodMs: 20_000, rampMs: 1000 }
  const plan = planDevices({ ...options, seed: 1 })
  const phases = plan.map(({ firstMs }) => (firstMs - 1000) % 20_000).sort((one, other) => one - other)
  assert.deepEqual(phases, Array.from({ length: 100 }, (_, index) => 200 * index))
  assert.ok(plan.every(({ connectMs, firstMs }) => firstMs >= connectMs + 1000))
  assert.deepEqual(planDevices({ ...options, seed: 1 }), plan)
  assert.notDeepEqual(planDevices({ ...options, seed: 2 }), plan)
})

test('every device has an address of its own', () => {
  const ids = new Set([0, 1].flatMap(seed => Array.from({ length: 70_000 }, (_, index) => deviceIdOf(seed, index))))
  assert.equal(ids.size, 140_000)
  assert.equal(deviceIdOf(258, 65_537), '02:01:02:01:00:01')
})

test('seeded numbers repeat and are spread over 0 to 1', () => {
  const [one, other] = [seededRandom(7), seededRandom(7)]
  const numbers = Array.from({ length: 10_000 }, one)
  assert.deepEqual(numbers, Array.from({ length: 10_000 }, other))
  const mean = numbers.reduce((sum, value) => sum + value, 0) / numbers.length
  assert.ok(Math.abs(mean - 0.5) < 0.02 && numbers.every(value => value >= 0 && value < 1))
})

test('a clip is repeated whole, kept if it is little too long, and else trimmed and loses its words', () => {
  const clip = { pcm: new Int16Array(16_000).fill(1), text: 'one word' }
  const doubled = fitLength(clip, 2)
  assert.deepEqual([doubled.pcm.length, doubled.text], [36_000, 'one word one word'])
  assert.deepEqual(fitLength(clip, 0.9), clip)
  const trimmed = fitLength(clip, 0.5)
  assert.deepEqual([trimmed.pcm.length, trimmed.text], [8000, undefined])
  assert.equal(fitLength(clip, undefined), clip)
})

test('the line of a thread is read past a name that holds brackets', () => {
  const line = '42 (a) b (c)) S 1 2 3 4 5 6 7 8 9 10 250 50 0 0 20 5 11 0 100 1 2'
  assert.deepEqual(parseStat(line), { name: 'a) b (c)', ticks: 300, nice: 5 })
})

test('processor time is told by kind of thread, with what began in between', () => {
  const reading = (ticks: number, threads: readonly (readonly [string, string, number, number])[]): UsageReading => ({
    ticks, residentMb: 10, peakMb: 20, threads: new Map(threads.map(([id, name, nice, used]) => [id, { name, nice, ticks: used }]))
  })
  const before = reading(100, [['7', 'node', 0, 50], ['8', 'node', 5, 20], ['9', 'node', 0, 30]])
  const after = reading(400, [['7', 'node', 0, 150], ['8', 'node', 5, 120], ['10', 'node', 5, 50], ['11', 'node', 19, 25], ['12', 'node', 0, 50]])
  const byId = new Map([['7', 'gateway'], ['12', 'dialogue']])
  assert.deepEqual(usageBetween(before, after, { byId, nice: { voice: 5, inference: 19, dialogue: 0 } }), {
    cpuSeconds: 3,
    byThread: [
      { name: 'voice', nice: 5, threads: 2, cpuSeconds: 1.5 },
      { name: 'gateway', nice: 0, threads: 1, cpuSeconds: 1 },
      { name: 'dialogue', nice: 0, threads: 1, cpuSeconds: 0.5 },
      { name: 'inference', nice: 19, threads: 1, cpuSeconds: 0.25 }
    ],
    residentMb: 10,
    peakMb: 20
  })
})

test('a run fails for what went wrong, and for more underruns than allowed', () => {
  const tally = new Tally()
  assert.deepEqual(findFailures(tally.figures(), { maxUnderruns: 0 }), ['no question was asked'])
  tally.onConnectionError('refused')
  const figures = tally.figures()
  const good = { ...figures, connectionErrors: { count: 0, reasons: {} }, turns: { ...figures.turns, total: 1, answered: 1 } }
  assert.deepEqual(findFailures(good, { maxUnderruns: 0 }), [])
  const bad = { ...figures, turns: { ...good.turns, unanswered: 2, cut: 1 }, frames: { ...figures.frames, underrunShare: 0.002 } }
  assert.deepEqual(findFailures(bad, { maxUnderruns: 0.001 }), [
    '2 questions got no answer', '1 answers were cut', '1 connection errors', 'underruns: 0.2 % of the frames, and 0.1 % are allowed'
  ])
  assert.deepEqual(findFailures({ ...good, frames: bad.frames }, { maxUnderruns: 0.002 }), [])
})

test('the words beside a clip are those that tests know', () => {
  for (const clip of [...Object.values(clips), ...Object.values(fleetClips)]) {
    const file = fixturePath(clip.file).replace(/\.wav$/, '.txt')
    assert.equal(existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined, clip.text)
  }
})
