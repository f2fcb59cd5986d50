import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { once } from 'node:events'
import { microseconds, microsecondsSince } from '../../src/ring/microseconds.js'
import { VoiceCounters } from '../../src/ring/voice-counters.js'

test('a reader sees what the writer counted, by way of the memory alone', () => {
  const writer = new VoiceCounters()
  writer.addWindows(16)
  writer.addWindows(3)
  writer.addSkippedWindow()
  writer.addFrame()
  writer.addConcealed()
  writer.addEncoded()
  writer.addPass(1.6)
  const { vadLatency, ...figures } = new VoiceCounters(writer.memory).read()
  assert.deepEqual(figures, { windows: 19, skippedWindows: 1, frames: 1, concealed: 1, batches: 2, encodedFrames: 1, busyMs: 2, passes: 1 })
  assert.equal(vadLatency.count, 0)
})

test('percentiles are right to a quarter of a millisecond, and the maximum exactly', () => {
  const counters = new VoiceCounters()
  for (let us = 1; us <= 10_000; us++) counters.addLatency(us)
  const { count, p50Ms, p99Ms, maxMs } = counters.read().vadLatency
  assert.deepEqual([count, maxMs], [10_000, 10])
  assert.ok(p50Ms >= 5 && p50Ms <= 5.25 && p99Ms >= 9.9 && p99Ms <= 10)
  counters.addLatency(-40) // two threads' clocks differ by a little
  for (let late = 0; late < 200; late++) counters.addLatency(3_000_000)
  const late = counters.read().vadLatency
  assert.deepEqual([late.p99Ms, late.maxMs], [3000, 3000])
})

test('a time is the same in every thread, and may come round', async () => {
  const worker = new Worker(`
    const { parentPort } = require('node:worker_threads')
    import(${JSON.stringify(new URL('../../src/ring/microseconds.js', import.meta.url).href)}).then(({ microseconds }) => {
      parentPort.on('message', () => { parentPort.postMessage(microseconds()) })
      parentPort.postMessage('ready')
    })`, { eval: true })
  await once(worker, 'message')
  const asked = microseconds()
  worker.postMessage('')
  const [there] = await once(worker, 'message') as [number]
  const answered = microseconds()
  const slackUs = 1000
  assert.ok(microsecondsSince(asked, there) >= -slackUs && microsecondsSince(there, answered) >= -slackUs)
  await worker.terminate()
  assert.equal(microsecondsSince(0xffff_fff0, 0x10), 0x20)
})
