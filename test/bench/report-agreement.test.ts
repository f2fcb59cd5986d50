import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { compareFigures, compareRuns, renderAgreement } from '../../bench/report/agreement.js'
import type { Figure } from '../../bench/report/result.js'
import { makeRandom } from '../support/noise.js'
import { sampleFigures, sampleResult } from './report-samples.js'

const figure = (value: number, spread?: readonly [number, number]): Figure => ({ name: 'x', unit: 'ms', value, ...spread === undefined ? {} : { spread } })

test('figures agree when their intervals, each widened by its own width, meet', () => {
  assert.equal(compareFigures(figure(10, [9, 11]), figure(13, [12, 14])), 'agree')
  assert.equal(compareFigures(figure(10, [9, 11]), figure(16, [15, 17])), 'agree')
  assert.equal(compareFigures(figure(10, [9, 11]), figure(16.3, [15.3, 17.2])), 'differ')
  assert.equal(compareFigures(figure(16.3, [15.3, 17.2]), figure(10, [9, 11])), 'differ')
})

test('a figure that never varied agrees within half a percent', () => {
  assert.equal(compareFigures(figure(1000, [1000, 1000]), figure(1009, [1009, 1009])), 'agree')
  assert.equal(compareFigures(figure(1000, [1000, 1000]), figure(1011, [1011, 1011])), 'differ')
  assert.equal(compareFigures(figure(0, [0, 0]), figure(0, [0, 0])), 'agree')
  assert.equal(compareFigures(figure(0, [0, 0]), figure(1, [1, 1])), 'differ')
})

test('of figures without a spread only equality is told, and one that is not known agrees with no other', () => {
  assert.equal(compareFigures(figure(5), figure(5)), 'agree')
  assert.equal(compareFigures(figure(5), figure(6, [5, 7])), 'unstated')
  assert.equal(compareFigures(figure(Number.NaN, [Number.NaN, Number.NaN]), figure(6, [5, 7])), 'differ')
})

test('of two runs in the same noise one figure of three hundred differs; far apart nearly all do', () => {
  const random = makeRandom(7)
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
  const differing = (shift: number): number => {
    const run = (mean: number): Figure => {
      const parts = [normal() + mean, normal() + mean, normal() + mean]
      return figure(mean, [Math.min(...parts), Math.max(...parts)])
    }
    return Array.from({ length: 4000 }, () => compareFigures(run(100), run(100 + shift))).filter(kind => kind === 'differ').length / 4000
  }
  assert.ok(differing(0) < 0.006)
  assert.ok(differing(10) > 0.9)
})

test('runs that were asked different things are not compared, but their seeds and commits may differ', () => {
  const first = sampleResult()
  assert.throws(() => compareRuns(first, sampleResult({ options: { ...first.options, devices: 200 } })), /not runs of the same scenario: devices is 100 and 200$/)
  assert.throws(() => compareRuns(first, sampleResult({ settings: {}, transport: 'ws' })), /audio\.bitrate is 24000 and undefined; the transport is uws and ws$/)
  const second = sampleResult({ options: { ...first.options, seed: 2 }, machine: { ...first.machine, commit: 'other' }, figures: sampleFigures({ 'added latency p99': 60, errors: 0 }) })
  const figures = compareRuns(first, second)
  assert.deepEqual(figures.filter(({ kind }) => kind !== 'agree').map(({ name }) => name), ['added latency p99'])
  assert.match(renderAgreement(figures), /added latency p99 \(ms\) +21\.3 +20\.7 – 21\.8 +60 +58\.5 – 61\.5 +differ/)
})

test('bench:agree says in its exit code whether two files agree, and refuses what it cannot compare', t => {
  const folder = mkdtempSync(join(tmpdir(), 'chorus-agree-'))
  t.after(() => { rmSync(folder, { recursive: true }) })
  const write = (name: string, data: unknown): string => {
    writeFileSync(join(folder, name), JSON.stringify(data))
    return join(folder, name)
  }
  const agree = (...files: string[]) => spawnSync(process.execPath, [script, '--folder', folder, ...files], { encoding: 'utf8' })
  const script = fileURLToPath(new URL('../../bench/agree.js', import.meta.url))
  const same = write('a.json', sampleResult())
  const worse = write('b.json', sampleResult({ figures: sampleFigures({ 'CPU per device-second': 2.7 }) }))
  const both = write('certificate.json', { runs: [sampleResult(), sampleResult()] })
  const good = agree(both)
  assert.equal(good.status, 0, good.stderr)
  assert.match(good.stdout, /the runs agree\n/)
  const bad = agree(same, worse)
  assert.equal(bad.status, 1, bad.stderr)
  assert.match(bad.stdout, /the runs differ in CPU per device-second\n/)
  for (const files of [[], [same], [same, both], [join(folder, 'none.json'), same]]) {
    const refused = agree(...files)
    assert.equal(refused.status, 2)
    assert.notEqual(refused.stderr, '')
  }
})
