import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { runLoad } from '../../bench/fleet/run-load.js'
import { loadScenario } from '../../bench/fleet/scenario.js'
import { isEqual } from '../../src/bin/replay/compare.js'
import { readRecording } from '../../src/bin/replay/read-recording.js'
import { loadRehearParts, replay } from '../../src/bin/replay/run-replay.js'

const DEVICES = 70
const RECORDINGS = 20
const VOICE_WORKERS = 2
const SECONDS = 30
/** All have come, and have been answered once. */
const WARM_UP_SECONDS = 32

test('recordings made among 50 other sessions, while other programs take every core, are heard again as they were', { timeout: 600_000 }, async t => {
  const folder = await mkdtemp(join(tmpdir(), 'chorus-recordings-'))
  t.after(async () => { await rm(folder, { recursive: true, force: true }) })
  const hogs = cpus().map(() => spawn(process.execPath, ['-e', 'for (;;) {}'], { stdio: 'ignore' }))
  t.after(() => { for (const hog of hogs) hog.kill('SIGKILL') })
  const { all } = await runLoad({
    scenario: loadScenario('talk'),
    devices: DEVICES,
    seconds: SECONDS,
    warmUpSeconds: WARM_UP_SECONDS,
    parts: 1,
    asr: 'mock',
    seed: 1,
    generators: 1,
    settings: {
      'threads.voice': VOICE_WORKERS, record: true, 'recording.folder': folder, 'recording.sessions': RECORDINGS / VOICE_WORKERS
    },
    mockArguments: []
  })
  for (const hog of hogs) hog.kill('SIGKILL')
  const files = (await readdir(folder)).map(name => join(folder, name))
  assert.ok(files.length >= RECORDINGS, `${files.length} recordings`)
  assert.ok(files.every(file => readRecording(file).isWhole))
  const parts = loadRehearParts()
  const comparisons = files.map(file => ({ file, ...replay(file, parts) }))
  assert.deepEqual(comparisons.filter(comparison => !isEqual(comparison)), [])
  const sum = (read: (comparison: typeof comparisons[number]) => number): number => comparisons.reduce((total, one) => total + read(one), 0)
  const endpoints = sum(comparison => comparison.endpoints)
  const largest = Math.max(...comparisons.map(({ maxDifference }) => maxDifference))
  t.diagnostic(`${files.length} recordings, ${sum(({ windows }) => windows)} windows, ${endpoints} endpoints; probabilities differ by ${largest} at most; ` +
    `${all.counts.answered} turns were answered, ${all.counts.underruns} of ${all.counts.frames} frames were too late`)
  assert.ok(endpoints >= files.length, 'each session said something')
})
