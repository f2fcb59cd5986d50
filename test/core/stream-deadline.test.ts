import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { type TestContext, test } from 'node:test'
import { withDeadlines } from '../../src/core/stream-deadline.js'

type Answer<T> = { readonly value: T } | { readonly error: Error } | 'end'

/** A source that gives what it is told to, when it is told to. */
class Taps<T> implements AsyncIterable<T> {
  isStopped = false
  isAsked = false
  #settle: ((answer: Answer<T>) => void) | undefined

  [Symbol.asyncIterator] (): AsyncIterator<T, undefined> {
    return {
      next: () => new Promise((resolve, reject) => {
        this.isAsked = true
        this.#settle = answer => {
          if (answer === 'end') resolve({ done: true, value: undefined })
          else if ('error' in answer) reject(answer.error)
          else resolve({ done: false, value: answer.value })
        }
      }),
      return: () => {
        this.isStopped = true
        return new Promise(() => {}) // as a generator does that hangs
      }
    }
  }

  give (answer: Answer<T>): void { this.#settle?.(answer) }
}

interface Rig {
  readonly taps: Taps<number>
  readonly items: AsyncGenerator<number, void, void>
  readonly controller: AbortController
  readonly tick: (ms: number) => void
}

function makeRig (t: TestContext): Rig {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const taps = new Taps<number>()
  const controller = new AbortController()
  const items = withDeadlines(taps, { name: 'llm/fake', firstMs: 1_000, stallMs: 100, signal: controller.signal })
  return { taps, items, controller, tick: ms => { t.mock.timers.tick(ms) } }
}

function assertNothingLeft ({ controller }: Rig): void {
  assert.equal(getEventListeners(controller.signal, 'abort').length, 0)
}

async function takeOne (rig: Rig, value: number): Promise<void> {
  const item = rig.items.next()
  rig.taps.give({ value })
  assert.deepEqual(await item, { done: false, value })
}

test('items pass in time, and the end', async t => {
  const rig = makeRig(t)
  await takeOne(rig, 1)
  await takeOne(rig, 2)
  const end = rig.items.next()
  rig.taps.give('end')
  assert.equal((await end).done, true)
  assert.equal(rig.taps.isStopped, false)
  assertNothingLeft(rig)
})

test('a first item that is late is a timeout, and the source is stopped', async t => {
  const rig = makeRig(t)
  const item = rig.items.next()
  rig.tick(999)
  assert.equal(rig.taps.isStopped, false)
  rig.tick(1)
  await assert.rejects(item, { code: 'CHORUS_PROVIDER_TIMEOUT', args: ['llm/fake', 1_000] })
  assert.equal(rig.taps.isStopped, true)
  assertNothingLeft(rig)
})

test('a stall is a timeout, and the source is stopped', async t => {
  const rig = makeRig(t)
  await takeOne(rig, 1)
  const item = rig.items.next()
  rig.tick(100)
  await assert.rejects(item, { code: 'CHORUS_PROVIDER_TIMEOUT', args: ['llm/fake', 100] })
  assert.equal(rig.taps.isStopped, true)
})

test('a slow consumer is no stall', async t => {
  const rig = makeRig(t)
  await takeOne(rig, 1)
  rig.tick(60_000)
  await takeOne(rig, 2)
})

test('an abort ends the stream at once, without an error, and stops the source', async t => {
  const rig = makeRig(t)
  await takeOne(rig, 1)
  const item = rig.items.next()
  rig.controller.abort()
  assert.equal((await item).done, true)
  assert.equal(rig.taps.isStopped, true)
  assertNothingLeft(rig)
})

test('after an abort between two items nothing is asked for', async t => {
  const rig = makeRig(t)
  await takeOne(rig, 1)
  rig.taps.isAsked = false
  rig.controller.abort()
  assert.equal((await rig.items.next()).done, true)
  assert.equal(rig.taps.isAsked, false)
  assert.equal(rig.taps.isStopped, true)
})

test('with an aborted signal nothing is asked for', async t => {
  const rig = makeRig(t)
  rig.controller.abort()
  assert.equal((await rig.items.next()).done, true)
  assert.equal(rig.taps.isAsked, false)
})

test('a consumer that leaves stops the source and does not wait for it', async t => {
  const rig = makeRig(t)
  await takeOne(rig, 1)
  await rig.items.return()
  assert.equal(rig.taps.isStopped, true)
  assertNothingLeft(rig)
})

test('an error of the source passes as it is', async t => {
  const rig = makeRig(t)
  const error = new Error('mine')
  const item = rig.items.next()
  rig.taps.give({ error })
  await assert.rejects(item, error)
  assertNothingLeft(rig)
})

test('an error after the deadline is nobody\'s', async t => {
  const rig = makeRig(t)
  const item = rig.items.next()
  rig.tick(1_000)
  await assert.rejects(item, { code: 'CHORUS_PROVIDER_TIMEOUT' })
  rig.taps.give({ error: new Error('too late') })
  await Promise.resolve()
})

test('timers are cleared', async t => {
  const rig = makeRig(t)
  const cleared = t.mock.method(globalThis, 'clearTimeout')
  await takeOne(rig, 1)
  await takeOne(rig, 2)
  assert.equal(cleared.mock.callCount(), 2)
})

test('a source given as a function has a signal that ends with the stream', async t => {
  const { controller, tick } = makeRig(t)
  const taps = new Taps<number>()
  const signals: AbortSignal[] = []
  const open = (signal: AbortSignal): Taps<number> => { signals.push(signal); return taps }
  const options = { name: 'llm/fake', firstMs: 1_000, stallMs: 100, signal: controller.signal }
  const late = withDeadlines(open, options).next()
  assert.equal(signals[0]!.aborted, false)
  tick(1_000)
  await assert.rejects(late, { code: 'CHORUS_PROVIDER_TIMEOUT' })
  assert.equal(signals[0]!.aborted, true)
  const cut = withDeadlines(open, options).next()
  controller.abort()
  await cut
  assert.equal(signals[1]!.aborted, true)
  assert.equal(getEventListeners(controller.signal, 'abort').length, 0)
})
