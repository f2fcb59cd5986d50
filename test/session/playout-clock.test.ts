import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { PlayoutClock, SLOT_MS, type Scheduled } from '../../src/session/playout-clock.js'

interface Rig {
  readonly clock: PlayoutClock
  /** Time since the rig was made. */
  readonly time: () => number
  readonly advance: (ms: number) => void
  /** Time passes and no timer fires. */
  readonly block: (ms: number) => void
  readonly origin: number
  /** Timers that were set. */
  readonly timers: () => number
}

// The monotonic clock and the timers stand still until they are told.
function makeRig (t: TestContext): Rig {
  const origin = 100_000
  let now = origin
  let timers = 0
  const waiting = new Map<number, { readonly at: number, readonly fire: () => void }>()
  t.mock.method(performance, 'now', () => now)
  t.mock.method(globalThis, 'setTimeout', (fire: () => void, ms: number) => {
    waiting.set(++timers, { at: now + ms, fire })
    return timers
  })
  t.mock.method(globalThis, 'clearTimeout', (id: number) => { waiting.delete(id) })
  const clock = new PlayoutClock()
  const advance = (ms: number): void => {
    const until = now + ms
    for (; ;) {
      const next = [...waiting].sort((a, b) => a[1].at - b[1].at)[0]
      if (next === undefined || next[1].at > until) break
      waiting.delete(next[0])
      now = Math.max(now, next[1].at)
      next[1].fire()
    }
    now = until
  }
  return { clock, origin, time: () => now - origin, advance, block: ms => { now += ms }, timers: () => timers }
}

function makeItem (onDue: (item: Scheduled) => void): Scheduled {
  const item: Scheduled = { slot: -1, onDue: () => { onDue(item) } }
  return item
}

test('items are due in the order of their times, rounded up to a slot', t => {
  const { clock, origin, time, advance } = makeRig(t)
  const due: string[] = []
  for (const ms of [33, 7, 60, 5, 1200]) clock.schedule(makeItem(() => { due.push(`${ms}:${time()}`) }), origin + ms)
  advance(2000)
  assert.deepEqual(due, ['5:5', '7:10', '33:35', '60:60', '1200:1200'])
})

test('the longest gap there is is kept', t => {
  const { clock, origin, time, advance } = makeRig(t)
  let at = 0
  clock.schedule(makeItem(() => { at = time() }), origin + 2000)
  advance(3000)
  assert.equal(at, 2000)
})

test('two streams do not wait for each other', t => {
  const { clock, origin, time, advance } = makeRig(t)
  const late: number[] = []
  const stream = (from: number): void => {
    let dueAt = origin + from
    clock.schedule(makeItem(item => {
      late.push(origin + time() - dueAt)
      dueAt += 60
      clock.schedule(item, dueAt)
    }), dueAt)
  }
  for (let from = 5; from <= 45; from += 10) stream(from)
  advance(6000)
  assert.equal(late.length, 500)
  assert.equal(Math.max(...late), 0)
})

test('a cancelled item is not called, and may be scheduled again', t => {
  const { clock, origin, time, advance } = makeRig(t)
  const due: number[] = []
  const item = makeItem(() => { due.push(time()) })
  clock.schedule(item, origin + 10)
  clock.cancel(item)
  clock.cancel(item)
  assert.equal(item.slot, -1)
  advance(100)
  assert.deepEqual(due, [])
  clock.schedule(item, origin + 200)
  clock.schedule(item, origin + 150)
  advance(200)
  assert.deepEqual(due, [150])
})

test('an item may cancel its neighbour of the same slot', t => {
  const { clock, origin, advance } = makeRig(t)
  let calls = 0
  const items: Scheduled[] = []
  for (let at = 0; at < 3; at++) {
    items.push(makeItem(item => {
      calls++
      for (const other of items) if (other !== item) clock.cancel(other)
    }))
  }
  for (const item of items) clock.schedule(item, origin + 10)
  advance(50)
  assert.equal(calls, 1)
})

test('an item that is always due comes once per slot and not in a circle', t => {
  const { clock, origin, advance } = makeRig(t)
  let calls = 0
  clock.schedule(makeItem(item => {
    calls++
    assert.ok(calls < 1000)
    clock.schedule(item, origin)
  }), origin)
  advance(500)
  assert.ok(calls <= 500 / SLOT_MS + 1, `${calls} calls`)
  assert.ok(calls >= 500 / SLOT_MS - 1, `${calls} calls`)
})

test('nothing is waited for when nothing is scheduled', t => {
  const { clock, origin, advance, timers } = makeRig(t)
  clock.schedule(makeItem(() => {}), origin + 10)
  advance(20)
  const before = timers()
  advance(5000)
  assert.equal(timers(), before)
})

test('a frame costs one timer', t => {
  const { clock, origin, advance, timers } = makeRig(t)
  let dueAt = origin + 60
  clock.schedule(makeItem(item => { clock.schedule(item, dueAt += 60) }), dueAt)
  advance(6000)
  assert.ok(timers() <= 102, `${timers()} timers`)
})

test('after a stall everything that was due comes at once', t => {
  const { clock, origin, time, advance, block } = makeRig(t)
  const due: number[] = []
  for (const ms of [10, 20, 400]) clock.schedule(makeItem(() => { due.push(time()) }), origin + ms)
  block(300)
  advance(0)
  assert.deepEqual(due, [300, 300])
  advance(100)
  assert.deepEqual(due, [300, 300, 400])
})

test('a stopped clock calls nobody', t => {
  const { clock, origin, advance } = makeRig(t)
  clock.schedule(makeItem(() => { assert.fail() }), origin + 10)
  clock.stop()
  advance(100)
})

test('with the clock of the machine an item is never early and rarely late', async () => {
  const clock = new PlayoutClock()
  const late: number[] = []
  await new Promise<void>(resolve => {
    let dueAt = clock.now() + 20
    clock.schedule(makeItem(item => {
      late.push(clock.now() - dueAt)
      dueAt += 20
      if (late.length < 15) clock.schedule(item, dueAt)
      else resolve()
    }), dueAt)
  })
  clock.stop()
  assert.ok(late.every(ms => ms >= 0), String(late))
  assert.ok([...late].sort((a, b) => a - b)[7]! < 20, String(late))
})
