import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { turnStages } from '../../src/core/turn-stages.js'
import { TurnHistogram } from '../../src/session/turn-histogram.js'
import { TurnStats } from '../../src/session/turn-stats.js'

const waterfall = (us: number) => ({ totalUs: 14 * us, providerUs: 4 * us, addedUs: 10 * us, stagesUs: turnStages.map(() => us) })

test('a duration is counted in the bucket that it fits in', () => {
  fc.assert(fc.property(fc.nat(70_000_000), us => {
    const histogram = new TurnHistogram()
    histogram.add(us)
    const { histogram: [[upperMs, count] = [0, 0]], maxMs } = histogram.read()
    assert.equal(count, 1)
    assert.equal(maxMs, us / 1000)
    const widthMs = us < 200_000 ? 0.25 : us < 2_000_000 ? 5 : 100
    if (us < 60_000_000) assert.ok(upperMs > us / 1000 && upperMs - widthMs <= us / 1000, `${us} in ${upperMs}`)
    else assert.equal(upperMs, 60_000)
  }), { seed: 8 })
})

test('percentiles are told far above what voice detection may take', () => {
  const histogram = new TurnHistogram()
  for (let us = 1000; us <= 1_000_000; us += 1000) histogram.add(us)
  const { count, p50Ms, p99Ms, maxMs } = histogram.read()
  assert.deepEqual([count, p50Ms, p99Ms, maxMs], [1000, 505, 995, 1000])
  histogram.add(90_000_000)
  assert.equal(histogram.read().maxMs, 90_000)
})

test('turns are counted, and the latest are told one by one', () => {
  const stats = new TurnStats(2)
  for (const us of [1000, 2000, 3000]) stats.add(waterfall(us), us === 3000)
  const { count, guessed, total, added, provider, stages, last } = stats.read()
  assert.deepEqual([count, guessed, total.count, added.maxMs, provider.maxMs], [3, 1, 3, 30, 12])
  assert.deepEqual(stages.map(({ name, owner }) => ({ name, owner })), turnStages.map(({ name, owner }) => ({ name, owner })))
  assert.ok(stages.every(stage => stage.count === 3 && stage.maxMs === 3))
  assert.deepEqual(last.map(({ totalMs }) => totalMs), [28, 42])
  assert.deepEqual(last[1]!.stagesMs, turnStages.map(() => 3))
})

test('none is kept where none shall be', () => {
  const stats = new TurnStats(0)
  stats.add(waterfall(1000), false)
  assert.deepEqual([stats.read().count, stats.read().last], [1, []])
})
