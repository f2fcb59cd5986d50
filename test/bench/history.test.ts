import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { entryOf } from '../../bench/history/history-entry.js'
import { addToHistory, HISTORY_FILE, readHistory } from '../../bench/history/history-file.js'
import { renderHistory } from '../../bench/history/history-text.js'
import { sampleFigures, sampleResult } from './report-samples.js'

function temporaryFile (t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'chorus-test-'))
  t.after(() => { rmSync(folder, { recursive: true, force: true }) })
  return join(folder, 'history.jsonl')
}

test('a run is written once, and read again', t => {
  const file = temporaryFile(t)
  const entry = entryOf(sampleResult())
  assert.deepEqual(addToHistory([entry], file), [entry])
  const later = entryOf(sampleResult({ startedAt: '2026-01-03T00:00:00.000Z' }))
  assert.deepEqual(addToHistory([entry, later], file), [later])
  assert.deepEqual(readHistory(file), [entry, later])
})

test('a run that nobody can repeat, or that says nothing of the server, is refused', () => {
  const { machine } = sampleResult()
  assert.throws(() => entryOf(sampleResult({ machine: { ...machine, commit: 'abc1234+changes' } })), /commit first/)
  assert.throws(() => entryOf(sampleResult({ invalid: ['the generator was late'] })), /the generator was late/)
})

test('a broken line is named', t => {
  const file = temporaryFile(t)
  writeFileSync(file, '{}\n{"at"\n')
  assert.throws(() => readHistory(file), /history\.jsonl, line 2/)
})

test('runs that were asked the same stand in one table, the newest last', () => {
  const { machine } = sampleResult()
  const runs = [
    sampleResult({ startedAt: '2026-02-02T00:00:00.000Z', machine: { ...machine, commit: 'bbbbbbb' }, figures: sampleFigures({ 'added latency p99': 18 }) }),
    sampleResult({ options: { ...sampleResult().options, seed: 9 } }),
    sampleResult({ startedAt: '2026-02-02T00:01:00.000Z', options: { devices: 200 }, failures: ['late'] })
  ]
  const [first, second, ...others] = renderHistory(runs.map(entryOf)).split('\n\n')
  assert.deepEqual(others, [])
  assert.match(first!, /^talk, devices 100, asr mock, .*\n.*added latency p99 \[ms\].*\n(-.*\n)?.*abc1234.*21\.3 \(20\.7 – 21\.8\).*\n.*bbbbbbb.* 18 \(17.6.*holds$/)
  assert.match(second!, /does not hold$/)
})

test('the history of this repository can be read', () => {
  for (const { commit, figures } of readHistory(HISTORY_FILE)) {
    assert.match(commit, /^[0-9a-f]{7}$/)
    assert.ok(Object.keys(figures).length > 0)
  }
})
