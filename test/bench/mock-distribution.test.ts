import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { lognormal, MAX_LATENCY_MS, parseDistribution } from '../../bench/mock-ai/distribution.js'
import { kinds, type Kind } from '../../bench/mock-ai/kinds.js'
import { parseOptions } from '../../bench/mock-ai/options.js'
import { requestRandom } from '../../bench/mock-ai/random.js'

const DRAWS = 20_000

/** One draw for each of many requests, sorted. */
function drawAll (text: string, seed = 1): number[] {
  const distribution = parseDistribution('asr-ms', text)
  return Array.from({ length: DRAWS }, (_, number) => distribution(requestRandom(seed, 'transcription', number))).sort((one, other) => one - other)
}

const percentile = (sorted: readonly number[], share: number): number => sorted[Math.floor(share * sorted.length)]!

function assertNear (value: number, expected: number, tolerance: number): void {
  assert.ok(Math.abs(value / expected - 1) <= tolerance, `${value} is not within ${100 * tolerance} % of ${expected}`)
}

async function writeFolder (t: TestContext, files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'mock-ai-'))
  t.after(() => rm(folder, { recursive: true }))
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
  return folder
}

test('a number is that latency every time', () => {
  const draws = drawAll('150.5')
  assert.deepEqual([draws[0], draws.at(-1)], [150.5, 150.5])
})

test('percentiles that are asked for are those of the draws', () => {
  const draws = drawAll('p50=200,p99=900')
  assertNear(percentile(draws, 0.5), 200, 0.02)
  assertNear(percentile(draws, 0.99), 900, 0.05)
  assert.ok(draws[0]! > 0 && draws.every(Number.isFinite))
})

test('a log-normal latency has its median, its sigma and no memory of its neighbours', () => {
  const distribution = parseDistribution('asr-ms', 'lognormal:150,0.4')
  const logs = Array.from({ length: DRAWS }, (_, number) => Math.log(distribution(requestRandom(7, 'chat', number)) / 150))
  const mean = logs.reduce((sum, log) => sum + log, 0) / DRAWS
  const variance = logs.reduce((sum, log) => sum + (log - mean) ** 2, 0) / DRAWS
  assert.ok(Math.abs(mean) < 0.01, `mean ${mean}`)
  assertNear(Math.sqrt(variance), 0.4, 0.02)
  const products = logs.slice(1).reduce((sum, log, index) => sum + (log - mean) * (logs[index]! - mean), 0)
  assert.ok(Math.abs(products / DRAWS / variance) < 0.03, `neighbours correlate by ${products / DRAWS / variance}`)
})

test('no draw is longer than the longest latency there is', () => {
  assert.equal(lognormal(MAX_LATENCY_MS, 5)(() => 0.9999999), MAX_LATENCY_MS)
})

test('latencies of a file are drawn with equal chances, one per line or as JSON', async t => {
  const folder = await writeFolder(t, { lines: '10\n20\n\n40\n', json: '[10, 20, 40]' })
  const draws = drawAll(`file:${join(folder, 'lines')}`)
  for (const value of [10, 20, 40]) assertNear(draws.filter(draw => draw === value).length, DRAWS / 3, 0.03)
  assert.deepEqual(drawAll(`file:${join(folder, 'json')}`), draws)
})

test('the n-th request of a kind draws the same, whatever comes between', () => {
  const drawFor = (order: readonly Kind[]): Map<Kind, number[]> => {
    const draws = new Map<Kind, number[]>(kinds.map(kind => [kind, []]))
    for (const kind of order) {
      const random = requestRandom(42, kind, draws.get(kind)!.length)
      draws.get(kind)!.push(random())
    }
    return draws
  }
  const block = kinds.flatMap(kind => Array<Kind>(50).fill(kind))
  const mixed = Array.from({ length: 150 }, (_, index) => kinds[index % 3]!)
  assert.deepEqual(drawFor(mixed), drawFor(block))
  const all = [...drawFor(block).values()].flat()
  assert.equal(new Set(all).size, all.length, 'kinds or requests share their chance')
})

test('another seed draws others', () => {
  assert.deepEqual(drawAll('p50=200,p99=900', 5), drawAll('p50=200,p99=900', 5))
  assert.notDeepEqual(drawAll('p50=200,p99=900', 5), drawAll('p50=200,p99=900', 6))
})

test('a latency that is none is refused in words', async t => {
  const folder = await writeFolder(t, { words: '10\nten\n', broken: '[10, 20', negative: '-1\n', empty: '', texts: '["10"]' })
  const calls: readonly (readonly [string, RegExp])[] = [
    ['fast', /--asr-ms is a number of ms, lognormal:MEDIAN,SIGMA, p50=MS,p99=MS or file:PATH, not "fast"/],
    ['-5', /--asr-ms is a number of ms/],
    ['600001', /--asr-ms is from 0 to 600000 ms, not 600001/],
    ['lognormal:150', /--asr-ms is a number of ms, lognormal/],
    ['lognormal:150,6', /--asr-ms has a sigma from 0 to 5, not 6/],
    ['p50=900,p99=200', /p99 that is not below it/],
    ['p50=0,p99=200', /p50 above 0/],
    ['file:/nowhere', /cannot read \/nowhere/],
    ...['words', 'broken', 'negative', 'empty', 'texts'].map(name => [`file:${join(folder, name)}`, /is neither one number from 0 to 600000 per line nor a JSON list/] as const)
  ]
  for (const [value, message] of calls) assert.throws(() => parseOptions([`--asr-ms=${value}`]), { name: 'OptionError', message })
})
