import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { bounds, cases } from '../../bench/micro/cases.js'
import { formatSummary, summarise } from '../../bench/micro/summary.js'
import type { MicroLine } from '../../bench/micro/types.js'

const runner = fileURLToPath(new URL('../../bench/micro/run-variant.js', import.meta.url))

const line = (name: string, round: number, p50: number): MicroLine => ({
  bench: 'ring', case: name, unit: 'frame', node: 'v20', cpu: 'a cpu', cores: 2, commit: 'abc', round, samples: 10, operations: 1, p50, p99: p50 * 2, rme: 1, gcs: 0
})
const alternatives = new Map([['ring', 'postMessage']])
const third = [{ bench: 'ring', variant: 'ring', atMost: 1 / 3 }]

test('a ratio is taken within a round, and its median decides', () => {
  // The machine was three times slower in the second round, for both.
  const lines = [line('postMessage', 0, 10), line('ring', 0, 2), line('postMessage', 1, 30), line('ring', 1, 6), line('postMessage', 2, 10), line('ring', 2, 5)]
  const [other, ring] = summarise(lines, alternatives, third)
  assert.equal(other!.ratio, undefined)
  assert.deepEqual(ring!.ratio, { median: 0.2, min: 0.2, max: 0.5 })
  assert.deepEqual(ring!.time, { median: 5, min: 2, max: 6 })
  assert.equal(ring!.holds, true)
  assert.match(formatSummary([other!, ring!], alternatives), /ring: ring +5\.00 +2\.00–6\.00 +0\.200 +0\.200–0\.500 +≤ 0\.333 holds/)
})

test('a bound is broken by a ratio above it, and by there being none', () => {
  assert.equal(summarise([line('postMessage', 0, 10), line('ring', 0, 4)], alternatives, third)[1]!.holds, false)
  assert.equal(summarise([line('ring', 0, 4)], alternatives, third)[0]!.holds, false)
})

test('every bound is that of a variant which is not the alternative itself', async () => {
  for (const { bench, variant } of bounds) {
    const { variants, alternative } = await cases[bench]!()
    assert.ok(Object.hasOwn(variants, variant) && variant !== alternative, `${bench}: ${variant}`)
    assert.ok(alternative !== undefined && Object.hasOwn(variants, alternative), `${bench}: ${alternative}`)
  }
})

test('a variant in a process of its own prints one line that says on what and how it was measured', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [runner, 'ring-one-thread', 'ring', '3', '20'])
  const told = JSON.parse(stdout) as MicroLine
  assert.deepEqual(Object.keys(told), [
    'bench', 'case', 'unit', 'node', 'cpu', 'cores', 'commit', 'round', 'samples', 'operations', 'p50', 'p99', 'rme', 'gcs'
  ])
  assert.deepEqual([told.bench, told.case, told.round, told.node], ['ring-one-thread', 'ring', 3, process.version])
  assert.ok(told.p50 > 0 && told.p99 >= told.p50)
})
