import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findFailures, runUplink } from '../../bench/uplink/run-uplink.js'

const perfect = {
  speechPercent: 100,
  framesSent: 1000,
  framesDecoded: 1000,
  framesDropped: 0,
  framesConcealed: 0,
  badPackets: 0,
  windowsExpected: 1875,
  windowsInferred: 1875,
  latencyMs: { count: 1500, p50: 5, p99: 12, p999: 20, max: 30 },
  generator: { lateMs: { p50: 1, p99: 3, max: 9 }, closedDevices: 0, pendingBytes: 0 }
}

test('a run without a loss and within its time has no failure', () => {
  assert.deepEqual(findFailures(perfect, 25), [])
  assert.deepEqual(findFailures(perfect, 12), [])
})

test('each way in which a run can fail is told', () => {
  const failure = (change: Partial<typeof perfect>): string => findFailures({ ...perfect, ...change }, 25).join('; ')
  assert.equal(failure({ framesDropped: 2, framesConcealed: 2 }), '2 of 1000 frames were dropped')
  assert.equal(failure({ framesDecoded: 990 }), '10 of 1000 frames were dropped')
  assert.equal(failure({ badPackets: 1 }), '1 packets were taken for malformed')
  assert.equal(failure({ windowsInferred: 1874 }), '1874 windows were inferred, 1875 were expected')
  assert.equal(failure({ latencyMs: { ...perfect.latencyMs, p99: 26 } }), 'p99 is 26 ms, above 25 ms')
  assert.equal(failure({ latencyMs: { ...perfect.latencyMs, p99: Number.NaN } }), 'p99 is NaN ms, above 25 ms')
  assert.equal(failure({ latencyMs: { ...perfect.latencyMs, count: 0 } }), 'no window was timed')
  const { generator } = perfect
  assert.match(failure({ generator: { ...generator, lateMs: { p50: 1, p99: 21, max: 30 } } }), /late by 21 ms/)
  assert.equal(failure({ generator: { ...generator, closedDevices: 3 } }), 'the server closed 3 connections')
  assert.equal(failure({ generator: { ...generator, pendingBytes: 9 } }), '9 bytes were still waiting to be sent')
})

test('devices that speak without pause through the real server: every window is judged, nothing is recognised', async () => {
  const result = await runUplink({
    devices: 5, seconds: 1, warmUpSeconds: 0, voiceWorkers: 1, speechPercent: 100, pause: 'noise', p99LimitMs: 60_000,
    transport: 'auto', settings: { 'hearing.batchWindows': 3 }
  })
  assert.deepEqual(result.failures.filter(failure => !failure.startsWith('the generator was late')), [])
  assert.ok(result.latencyMs.count > 0 && result.windowsPerBatch <= 3)
  assert.ok(result.framesSent >= 5, `${result.framesSent} frames`)
  assert.equal(result.windowsInferred, result.windowsExpected)
  assert.ok(result.windowsInferred > result.framesSent)
  const kinds = result.threads.map(({ kind }) => kind)
  for (const kind of ['gateway', 'voice', 'dialogue']) assert.ok(kinds.includes(kind), kind)
})
