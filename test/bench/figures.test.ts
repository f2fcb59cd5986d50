import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatTable, median, percentile, short } from '../../bench/support/figures.js'
import { readFlags } from '../../bench/support/options.js'
import { readThreads, threadUses } from '../../bench/support/threads.js'

test('a median and a percentile are those of the sorted values', () => {
  assert.equal(median([9, 1, 5]), 5)
  assert.equal(median([9, 1, 5, 7]), 6)
  const hundred = Array.from({ length: 100 }, (_, index) => 100 - index)
  assert.equal(percentile(hundred, 0.5), 50)
  assert.equal(percentile(hundred, 0.99), 99)
  assert.equal(percentile(hundred, 1), 100)
  assert.ok(Number.isNaN(percentile([], 0.5)))
})

test('figures are short and stand in columns', () => {
  assert.deepEqual([0.1234, 1.234, 12.34, 1234.5, Number.NaN].map(short), ['0.123', '1.23', '12.3', '1235', '-'])
  assert.equal(formatTable([['case', 'µs'], ['a', '1.23']]), 'case    µs\na     1.23\n')
})

test('the threads of this process are there, the main one under the id of the process', { skip: process.platform !== 'linux' }, () => {
  const threads = readThreads(process.pid)
  assert.ok(threads.length > 1)
  assert.ok(threads.some(({ tid, cpuMs }) => tid === process.pid && cpuMs > 0))
})

test('threads are named by the server first, then by their niceness', () => {
  const make = (tid: number, nice: number, cpuMs: number) => ({ tid, name: 'node', nice, cpuMs })
  const before = [make(1, 0, 100), make(2, 5, 100), make(3, 19, 100), make(4, 5, 100)]
  const after = [make(1, 0, 200), make(2, 5, 600), make(3, 19, 130), make(4, 5, 110), make(5, 0, 10)]
  const niceness = new Map([[5, 'voice'], [19, 'inference']])
  assert.deepEqual(threadUses(1, before, after, 1000, [{ kind: 'voice', tid: 2 }], niceness).map(({ kind, tid, percent }) => [kind, tid, percent]), [
    ['voice', 2, 50], ['gateway', 1, 10], ['inference', 3, 3], ['node', 4, 1], ['node', 5, 1]
  ])
  assert.equal(threadUses(1, before, after, 1000, [], niceness).filter(({ kind }) => kind === 'voice').length, 2)
})

test('a flag that is wrong is named, with what there is', () => {
  const table = { numbers: { rounds: { fallback: 5, minimum: 1, maximum: 10 } }, switches: ['json'], texts: ['only'] }
  const { numbers, switches, texts } = readFlags(table, ['--rounds', '3', '--json', '--only', 'ring'])
  assert.deepEqual([numbers['rounds'], [...switches], texts['only']], [3, ['json'], 'ring'])
  assert.equal(readFlags(table, []).numbers['rounds'], 5)
  for (const bad of ['0', '11', 'x', '']) assert.throws(() => readFlags(table, [`--rounds=${bad}`]), /--rounds must be a number from 1 to 10, not "/)
  assert.throws(() => readFlags(table, ['--roudns', '3']), /'--roudns'; there are --rounds, --only, --json$/)
})
