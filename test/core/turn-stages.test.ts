import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { projectDir } from '../../src/core/config.js'
import { turnStages, waterfallOf, type TurnMark, type TurnTimes } from '../../src/core/turn-stages.js'

const marks: readonly TurnMark[] = ['arrival', ...turnStages.map(({ mark }) => mark)]

/** Moments that follow each other by so many µs, each with a share of its own. */
function timesOf (from: number, gaps: readonly number[]): TurnTimes {
  let at = from
  const moments = marks.map((_, index) => (at += index === 0 ? 0 : gaps[index - 1]!) | 0)
  return Object.fromEntries(marks.map((mark, index) => [mark, moments[index]!])) as TurnTimes
}

const gaps = fc.array(fc.nat(5_000_000), { minLength: turnStages.length, maxLength: turnStages.length })
const moments = fc.array(fc.integer({ min: -5_000_000, max: 65_000_000 }), { minLength: marks.length, maxLength: marks.length })
const i32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })
const sum = (values: readonly number[]): number => values.reduce((all, one) => all + one, 0)

test('each stage lasts from the moment before to its own, also where the clock comes round', () => {
  fc.assert(fc.property(i32, gaps, (from, gaps) => {
    const waterfall = waterfallOf(timesOf(from, gaps))!
    assert.deepEqual(waterfall.stagesUs, gaps)
    assert.equal(waterfall.totalUs, sum(gaps))
    assert.equal(waterfall.providerUs, sum(gaps.filter((_, at) => turnStages[at]!.owner === 'provider')))
    assert.equal(waterfall.addedUs, sum(gaps.filter((_, at) => turnStages[at]!.owner === 'server')))
  }), { seed: 5 })
})

test('stages add up to the whole, and none is negative, whatever ran ahead or overlapped', () => {
  fc.assert(fc.property(i32, fc.nat(60_000_000), moments, (from, total, offsets) => {
    const times = Object.fromEntries(marks.map((mark, at) => [mark, (from + offsets[at]!) | 0])) as TurnTimes
    const waterfall = waterfallOf({ ...times, arrival: from, sent: (from + total) | 0 })!
    assert.equal(waterfall.totalUs, total)
    assert.equal(sum(waterfall.stagesUs), total)
    assert.equal(waterfall.addedUs + waterfall.providerUs, total)
    assert.ok(waterfall.stagesUs.every(us => us >= 0))
  }), { seed: 6 })
})

test('what a slow provider takes is its own: the added latency stays', () => {
  const quick = turnStages.map(() => 1000)
  for (const [at, { owner, name }] of turnStages.entries()) {
    const slow = waterfallOf(timesOf(7, quick.with(at, 801_000)))!
    assert.deepEqual([slow.providerUs, slow.addedUs], owner === 'provider' ? [804_000, 10_000] : [4000, 810_000], name)
  }
})

test('words that were there before the end of the speech took no time', () => {
  const times = timesOf(1_000_000, turnStages.map(() => 1000))
  const guessed = waterfallOf({ ...times, recognitionBegun: 600_000, recognised: 900_000 })!
  const at = (name: string): number => guessed.stagesUs[turnStages.findIndex(stage => stage.name === name)]!
  assert.deepEqual([at('recogniser queue'), at('recognition'), at('words to gateway')], [0, 0, 3000])
})

test('a turn that lacks a moment, or ends before it begins, has no waterfall', () => {
  const times = timesOf(0, turnStages.map(() => 10))
  for (const mark of marks) assert.equal(waterfallOf({ ...times, [mark]: Number.NaN }), undefined, mark)
  assert.equal(waterfallOf({ ...times, sent: -1 }), undefined)
})

test('docs/latency.md has a row for each stage, in their order', () => {
  const text = readFileSync(join(projectDir, 'docs', 'latency.md'), 'utf8')
  const rows = [...text.matchAll(/^\| ([a-z ]+) \| `(\w+)` \| (server|provider) \|/gm)].map(([, name, mark, owner]) => ({ name, owner, mark }))
  assert.deepEqual(rows, turnStages)
})
