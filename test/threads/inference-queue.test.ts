import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { test } from 'node:test'
import { setImmediate as loopTurn } from 'node:timers/promises'
import { InferenceQueue } from '../../src/threads/inference-queue.js'

interface Rig {
  readonly queue: InferenceQueue<string, string>
  readonly started: string[]
  finish (job: string): Promise<void>
  fail (job: string): Promise<void>
}

function makeRig (workers = 1, limit = 10): Rig {
  const started: string[] = []
  const running = new Map<string, { resolve: (text: string) => void, reject: (error: Error) => void }>()
  const queue = new InferenceQueue<string, string>(job => new Promise((resolve, reject) => {
    started.push(job)
    running.set(job, { resolve, reject })
  }), workers, limit)
  return {
    queue,
    started,
    finish: async job => { running.get(job)!.resolve(`${job}!`); await loopTurn() },
    fail: async job => { running.get(job)!.reject(new Error(job)); await loopTurn() }
  }
}

test('smaller priorities come first, equal ones keep their order', async () => {
  const { queue, started, finish } = makeRig()
  const results = Promise.all([
    queue.submit('x', 2), queue.submit('c1', 2), queue.submit('b1', 1), queue.submit('a1', 0), queue.submit('b2', 1), queue.submit('a2', 0)
  ])
  for (const job of ['x', 'a1', 'a2', 'b1', 'b2', 'c1']) await finish(job)
  assert.deepEqual(started, ['x', 'a1', 'a2', 'b1', 'b2', 'c1'])
  assert.deepEqual(await results, ['x!', 'c1!', 'b1!', 'a1!', 'b2!', 'a2!'])
})

test('as many jobs run as there are workers', async () => {
  const { queue, started, finish, fail } = makeRig(2)
  const failing = assert.rejects(queue.submit('a', 0), /a/)
  void queue.submit('b', 0)
  void queue.submit('c', 0)
  assert.deepEqual(started, ['a', 'b'])
  await fail('a')
  await failing
  assert.deepEqual([started.length, queue.isIdle, queue.length], [3, false, 0])
  await finish('b')
  await finish('c')
  assert.ok(queue.isIdle)
})

test('a signal that outlives its jobs is listened to while they wait, no longer', async () => {
  const { queue, finish } = makeRig()
  const { signal } = new AbortController()
  const results = [queue.submit('a', 0, signal), queue.submit('b', 0, signal)]
  assert.equal(getEventListeners(signal, 'abort').length, 1)
  await finish('a')
  assert.equal(getEventListeners(signal, 'abort').length, 0)
  const waiting = queue.submit('c', 0, signal)
  const drained = queue.drain()
  await assert.rejects(waiting, { code: 'CHORUS_STOPPING' })
  assert.equal(getEventListeners(signal, 'abort').length, 0)
  await finish('b')
  await drained
  await Promise.all(results)
})

test('a full queue refuses, whatever the priority', async () => {
  const { queue } = makeRig(1, 2)
  for (const job of ['a', 'b', 'c']) void queue.submit(job, 2)
  await assert.rejects(queue.submit('d', 0), { code: 'CHORUS_INFERENCE_BUSY', args: [2] })
})

test('a job that waits can be cancelled, one that runs goes on', async () => {
  const { queue, started, finish } = makeRig()
  const running = new AbortController()
  const waiting = new AbortController()
  const first = queue.submit('a', 0, running.signal)
  const second = queue.submit('b', 0, waiting.signal)
  running.abort(new Error('no more'))
  waiting.abort(new Error('no more'))
  await assert.rejects(second, /no more/)
  await finish('a')
  assert.equal(await first, 'a!')
  assert.deepEqual(started, ['a'])
  await assert.rejects(queue.submit('c', 0, waiting.signal), /no more/)
})

test('draining refuses what waits and what comes, and waits for what runs', async () => {
  const { queue, started, finish } = makeRig()
  const running = queue.submit('a', 0)
  const refused = assert.rejects(queue.submit('b', 0), { code: 'CHORUS_STOPPING' })
  let isDrained = false
  const drained = queue.drain().then(() => { isDrained = true })
  await refused
  await assert.rejects(queue.submit('c', 0), { code: 'CHORUS_STOPPING' })
  await loopTurn()
  assert.equal(isDrained, false)
  await finish('a')
  await drained
  assert.equal(await running, 'a!')
  assert.deepEqual(started, ['a'])
  await makeRig().queue.drain()
})
