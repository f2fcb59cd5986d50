import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CaseComparison, type Outcome } from '../../bench/compare/case-comparison.js'
import { figuresOf, findSlower, formatComparison } from '../../bench/compare/describe.js'
import { limitOf } from '../../bench/compare/limits.js'
import { direction, ratioInterval } from '../../bench/compare/statistics.js'
import { seededRandom } from '../../src/bin/simulate/seeded.js'

const LIMIT = 1.05
const precision = { mostRounds: 60, limit: LIMIT }

/** Log ratios of rounds: noise of a few percent, and now and then a round that was disturbed. */
function makeRounds (seed: number, ratio: number, noise: number): () => number {
  const random = seededRandom(seed)
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
  return () => Math.log(ratio) + normal() * (random() < 0.05 ? 10 * noise : noise)
}

function compare (seed: number, ratio: number, noise: number): Outcome {
  const next = makeRounds(seed, ratio, noise)
  const comparison = new CaseComparison(precision)
  while (!comparison.isDone) comparison.add(next())
  return comparison.conclude()!
}

function countVerdicts (trials: number, ratio: number, noise: number): Record<string, number> {
  const counts: Record<string, number> = { faster: 0, slower: 0, 'no difference': 0, unclear: 0 }
  for (let seed = 1; seed <= trials; seed++) counts[compare(seed, ratio, noise).verdict]!++
  return counts
}

test('equal builds are told apart in fewer than one of a hundred comparisons, on a quiet and on a noisy machine', () => {
  for (const noise of [0.005, 0.02, 0.05]) {
    const { faster, slower, ...rest } = countVerdicts(120, 1, noise)
    assert.ok(faster! + slower! < 2, `noise ${noise}: ${faster} faster, ${slower} slower`)
    if (noise < 0.05) assert.ok(rest['no difference']! >= 118, `noise ${noise}: ${JSON.stringify(rest)}`)
  }
})

test('a slow-down and a speed-up of 10 % are found, also among noise of 5 %', () => {
  for (const noise of [0.005, 0.02, 0.05]) {
    assert.ok(countVerdicts(100, 1.1, noise)['slower']! >= 98, `slower, noise ${noise}`)
    assert.ok(countVerdicts(100, 1 / 1.1, noise)['faster']! >= 98, `faster, noise ${noise}`)
  }
})

test('a difference within the margin is no difference', () => {
  assert.ok(countVerdicts(100, 1.008, 0.005)['no difference']! >= 99)
})

test('where noise hides whether the limit is passed, nothing is claimed', () => {
  const { unclear, 'no difference': none } = countVerdicts(20, 1, 0.5)
  assert.ok(unclear! > none! * 4, JSON.stringify({ unclear, none }))
})

test('the interval holds the ratio in about 95 of 100 cases', () => {
  let held = 0
  for (let seed = 1; seed <= 400; seed++) {
    const next = makeRounds(seed, 1.03, 0.02)
    const { low, high } = ratioInterval(Array.from({ length: 20 }, next), seed)
    if (low <= 1.03 && high >= 1.03) held++
  }
  assert.ok(held >= 360 && held <= 396, `${held} of 400`)
})

test('quiet rounds settle sooner than noisy ones', () => {
  assert.ok(compare(1, 1, 0.002).rounds < compare(1, 1, 0.03).rounds)
})

test('one series that finds a difference is not enough, and its time may run out', () => {
  const comparison = new CaseComparison(precision)
  const next = makeRounds(1, 1.2, 0.01)
  for (let round = 0; round < 10; round++) comparison.add(next())
  assert.equal(comparison.isDone, false)
  assert.equal(comparison.conclude()!.verdict, 'unclear')
  const same = makeRounds(2, 1, 0.01)
  while (!comparison.isDone) comparison.add(same())
  assert.notEqual(comparison.conclude()!.verdict, 'slower')
})

test('of fewer rounds than a bootstrap needs nothing is said', () => {
  const comparison = new CaseComparison(precision)
  for (let round = 0; round < 9; round++) comparison.add(0.5)
  assert.equal(comparison.conclude(), undefined)
})

test('an interval points somewhere only when it is clear of 1 and reaches beyond the margin', () => {
  assert.equal(direction({ low: 1.001, ratio: 1.01, high: 1.019 }), 0)
  assert.equal(direction({ low: 1.001, ratio: 1.02, high: 1.04 }), 1)
  assert.equal(direction({ low: 0.95, ratio: 0.97, high: 0.99 }), -1)
  assert.equal(direction({ low: 0.95, ratio: 1, high: 1.05 }), 0)
})

test('what is slower by more than its limit fails; what could not be measured says why', () => {
  const outcome = (verdict: Outcome['verdict'], ratio: number): Outcome => ({ verdict, interval: { low: ratio - 0.01, ratio, high: ratio + 0.01 }, rounds: 20 })
  const compared = [
    { name: 'decode', limit: limitOf('decode'), outcome: outcome('slower', 1.1) },
    { name: 'encode', limit: limitOf('encode'), outcome: outcome('slower', 1.04) },
    { name: 'ring', limit: limitOf('ring'), outcome: outcome('no difference', 1) },
    { name: 'vad', limit: limitOf('vad'), outcome: undefined, why: 'there is no model' }
  ]
  assert.deepEqual(findSlower(compared), ['decode takes 1.100 times as long as in base, above 1.050'])
  assert.ok(limitOf('ring') > limitOf('decode'))
  const table = formatComparison(compared)
  assert.match(table, /decode +1\.100 +1\.090–1\.110 +1\.050 +20 +slower/)
  assert.match(table, /vad .* not comparable: there is no model/)
  assert.deepEqual(figuresOf(compared).map(({ value }) => value), [1.1, 1.04, 1])
})
