import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { MessageChannel, type MessagePort } from 'node:worker_threads'
import { LoopBell, LoopBellReceiver, SleeperBell } from '../../src/ring/doorbell.js'

const WATCHDOG_MS = 5000

test('work that arrives between the last look and the sleep ends the sleep at once', () => {
  const bell = new SleeperBell()
  const producer = new SleeperBell(bell.memory)
  for (let round = 0; round < 1000; round++) {
    let looks = 0
    const since = performance.now()
    bell.sleep(WATCHDOG_MS, () => {
      looks++
      producer.ring() // the record came just after the look
      return false
    })
    assert.equal(looks, 1)
    assert.ok(performance.now() - since < WATCHDOG_MS / 2, `round ${round} slept`)
  }
})

test('a sleeper that finds work does not sleep', () => {
  const since = performance.now()
  new SleeperBell().sleep(WATCHDOG_MS, () => true)
  assert.ok(performance.now() - since < WATCHDOG_MS / 2)
})

test('a bell is answered once: rings before the sleep do not count', () => {
  const bell = new SleeperBell()
  bell.ring()
  bell.ring()
  const since = performance.now()
  bell.sleep(5, () => false)
  assert.ok(performance.now() - since >= 4)
})

test('a dozing thread is not told, so producers spare the notify', t => {
  const bell = new SleeperBell()
  const notify = t.mock.method(Atomics, 'notify')
  bell.doze(1)
  bell.ring()
  bell.sleep(WATCHDOG_MS, () => true)
  bell.ring()
  assert.equal(notify.mock.callCount(), 0)
  bell.sleep(WATCHDOG_MS, () => { bell.ring(); return true })
  assert.equal(notify.mock.callCount(), 1)
})

interface LoopRig {
  readonly bell: LoopBell
  readonly receiver: LoopBellReceiver
  readonly queue: number[]
  readonly taken: number[]
  /** How many records each slice took. */
  readonly slices: number[]
  readonly posted: () => number
}

/** A bell towards this thread, over a queue that stands for the ring. */
function rigLoop (t: TestContext, spendMs = 0): LoopRig {
  const { port1, port2 } = new MessageChannel()
  t.after(() => { port1.close() })
  const memory = new SharedArrayBuffer(64)
  let posted = 0
  const counting = { postMessage: (message: number) => { posted++; port1.postMessage(message) } } as unknown as MessagePort
  const queue: number[] = []
  const taken: number[] = []
  const slices: number[] = []
  // A slice runs without a break: the turn's microtasks come after it.
  let isInSlice = false
  const receiver = new LoopBellReceiver(memory, port2, () => {
    if (!isInSlice) {
      isInSlice = true
      slices.push(0)
      queueMicrotask(() => { isInSlice = false })
    }
    const until = performance.now() + spendMs
    while (performance.now() < until);
    const item = queue.shift()
    if (item === undefined) return false
    taken.push(item)
    slices[slices.length - 1]!++
    return true
  })
  return { bell: new LoopBell(memory, counting), receiver, queue, taken, slices, posted: () => posted }
}

async function drained (rig: LoopRig): Promise<void> {
  for (let turns = 0; rig.queue.length > 0; turns++) {
    assert.ok(turns < 10_000, `${rig.queue.length} records were never taken`)
    await nextTurn()
  }
  await nextTurn()
}

test('one message at most is under way, however often the bell rings', async t => {
  const rig = rigLoop(t)
  for (let item = 0; item < 100; item++) {
    rig.queue.push(item)
    rig.bell.ring()
  }
  assert.equal(rig.posted(), 1)
  await drained(rig)
  assert.deepEqual(rig.taken, Array.from({ length: 100 }, (_, item) => item))
  rig.queue.push(100)
  rig.bell.ring()
  assert.equal(rig.posted(), 2)
  await drained(rig)
  assert.equal(rig.taken.length, 101)
})

test('a long backlog is taken in slices of at most 256 records', async t => {
  const rig = rigLoop(t)
  rig.queue.push(...Array(2000).keys())
  rig.bell.ring()
  await drained(rig)
  assert.equal(rig.taken.length, 2000)
  assert.ok(Math.max(...rig.slices) <= 256 && rig.slices.length >= 8, `slices of ${rig.slices.join(', ')}`)
})

test('slow records end their slice after a millisecond', async t => {
  const rig = rigLoop(t, 0.25)
  rig.queue.push(...Array(100).keys())
  rig.bell.ring()
  await drained(rig)
  assert.ok(Math.max(...rig.slices) <= 16, `slices of ${rig.slices.join(', ')}`)
})

test('a bell that rings during a backlog adds no second slice to a turn of the event loop', async t => {
  const rig = rigLoop(t)
  rig.queue.push(...Array(256 * 40).keys())
  rig.bell.ring()
  let before = 0
  let most = 0
  while (rig.queue.length > 0) {
    await nextTurn()
    if (rig.slices.length > 10) most = Math.max(most, rig.slices.length - before)
    before = rig.slices.length
    rig.bell.ring()
  }
  assert.ok(most <= 2, `${most} slices in one turn`)
})

test('a record pushed while the last slice ends is not lost', async t => {
  const rig = rigLoop(t)
  for (let item = 0; item < 3000; item++) {
    rig.queue.push(item)
    rig.bell.ring()
    if (item % 3 === 0) await nextTurn()
  }
  await drained(rig)
  assert.deepEqual(rig.taken, Array.from({ length: 3000 }, (_, item) => item))
})

test('a poke runs one slice without a ring', async t => {
  const rig = rigLoop(t)
  rig.queue.push(1)
  rig.receiver.poke()
  rig.receiver.poke()
  await drained(rig)
  assert.deepEqual([rig.taken, rig.slices, rig.posted()], [[1], [1], 0])
})
