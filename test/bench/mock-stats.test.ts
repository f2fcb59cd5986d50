import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { decodeFromCompressedBase64 } from 'hdr-histogram-js'
import { findMockLimits } from '../../bench/mock-ai/limit.js'
import { Timetable, type Due } from '../../bench/mock-ai/timetable.js'
import { ServedMock } from './mock-service.js'

interface Ran { readonly name: string, readonly earlyMs: number }

function makeTimetable (t: TestContext, gridMs = 1): { readonly timetable: Timetable, readonly late: readonly number[] } {
  const late: number[] = []
  const timetable = new Timetable(gridMs, lateMs => { late.push(lateMs) })
  t.after(() => { timetable.close() })
  return { timetable, late }
}

function due (name: string, dueMs: number, ran: Ran[], then: () => void = () => {}): Due {
  return { dueMs, isOver: false, run: () => { ran.push({ name, earlyMs: dueMs - performance.now() }); then() } }
}

test('what is due runs in order, nothing of it early, and each says how late it was', async t => {
  const { timetable, late } = makeTimetable(t)
  const ran: Ran[] = []
  const nowMs = performance.now()
  const offsets = Array.from({ length: 200 }, (_, index) => (index * 37) % 50 + index / 1000)
  await new Promise<void>(resolve => {
    const last = Math.max(...offsets)
    for (const offset of offsets) timetable.add(due(String(offset), nowMs + offset, ran, offset === last ? resolve : undefined))
  })
  assert.deepEqual(ran.map(({ name }) => Number(name)), [...offsets].sort((one, other) => one - other))
  assert.ok(ran.every(({ earlyMs }) => earlyMs <= 0))
  assert.equal(late.length, offsets.length)
  assert.ok(late.every(ms => ms >= 0))
})

test('what is due between two moments of the grid runs together, at the later one', async t => {
  const gridMs = 40
  const { timetable, late } = makeTimetable(t, gridMs)
  const slotMs = Math.ceil(performance.now() / gridMs) * gridMs
  const offsets = [1, 30, 10, 20, 35]
  let turns = 0
  let isTurnKnown = false
  await new Promise<void>(resolve => {
    const run = (): void => {
      if (isTurnKnown) return
      isTurnKnown = true
      turns++
      queueMicrotask(() => { isTurnKnown = false })
      if (late.length === 1) setImmediate(resolve)
    }
    for (const offset of offsets) timetable.add({ dueMs: slotMs + offset, isOver: false, run })
  })
  assert.deepEqual([turns, late.length], [1, offsets.length])
  // A timer may be early by the part of a millisecond.
  assert.ok(late.every((ms, index) => ms >= gridMs - [1, 10, 20, 30, 35][index]! - 1), String(late))
})

test('what comes in later and is due sooner does not wait', async t => {
  const { timetable } = makeTimetable(t)
  const ran: Ran[] = []
  await new Promise<void>(resolve => {
    timetable.add(due('last', performance.now() + 60, ran, resolve))
    timetable.add(due('first', performance.now() + 5, ran, () => { timetable.add(due('second', performance.now() + 5, ran)) }))
  })
  assert.deepEqual(ran.map(({ name }) => name), ['first', 'second', 'last'])
})

test('what nobody waits for is neither run nor counted as late', async t => {
  const { timetable, late } = makeTimetable(t)
  const ran: Ran[] = []
  await new Promise<void>(resolve => {
    timetable.add({ ...due('over', performance.now(), ran), isOver: true })
    timetable.add(due('waited for', performance.now() + 1, ran, resolve))
  })
  assert.deepEqual([ran.map(({ name }) => name), late.length], [['waited for'], 1])
})

test('the service tells how late it sent, what it used and how much was under way', async t => {
  const mock = await ServedMock.start(t, ['--token-ms', '1'])
  const answers = await Promise.all([mock.chat(), mock.chat(), mock.speech(), mock.transcription()])
  await Promise.all(answers.map(response => response.arrayBuffer()))
  const { chats, speeches, transcriptions, underWay, lateness, loop, cpu } = await mock.stats()
  assert.deepEqual([chats, speeches, transcriptions], [2, 1, 1])
  assert.ok(underWay.most >= 1 && underWay.most <= 4 && underWay.now <= underWay.most)
  const { histogram, count, p50Ms, p99Ms, maxMs } = lateness
  // At least each word of the chats, and one chunk of the others.
  assert.ok(count > 40, `${count} sendings`)
  assert.ok(p50Ms >= 0 && p99Ms >= p50Ms && maxMs >= p99Ms)
  const decoded = decodeFromCompressedBase64(histogram.encoded)
  assert.equal(decoded.totalCount, count)
  assert.ok(Math.abs(decoded.maxValue * histogram.step / maxMs - 1) < 0.002, 'the histogram has three digits')
  assert.ok(cpu.userMs + cpu.systemMs > 0 && cpu.elapsedMs > 0)
  assert.ok(loop.utilisation > 0 && loop.utilisation <= 1 && loop.delayP99Ms >= 0)
})

test('a reset tells what it clears, and requests are drawn from the first one again', async t => {
  const mock = await ServedMock.start(t, ['--chat-faults', '500=0.5'])
  const ask = async (): Promise<number[]> => {
    const statuses: number[] = []
    for (let number = 0; number < 16; number++) {
      const response = await mock.chat()
      await response.arrayBuffer()
      statuses.push(response.status)
    }
    return statuses
  }
  const first = await ask()
  const failed = first.filter(status => status === 500).length
  assert.ok(failed > 0 && failed < 16)
  const cleared = await mock.resetStats()
  assert.deepEqual([cleared.chats, cleared.refused, cleared.faults.chat[500]], [16, failed, failed])
  const { chats, refused, faults, lateness, cpu } = await mock.stats()
  assert.deepEqual([chats, refused, faults.chat[500], lateness.count], [0, 0, 0, 0])
  assert.ok(cpu.elapsedMs < cleared.cpu.elapsedMs)
  assert.deepEqual(await ask(), first)
})

test('a mock service that was the limit says by what', async t => {
  const stats = await (await ServedMock.start(t)).stats()
  const { lateness, loop } = stats
  const kept = { ...stats, lateness: { ...lateness, p99Ms: 19 }, loop: { ...loop, delayP99Ms: 19, utilisation: 0.89 } }
  assert.deepEqual(findMockLimits(kept), [])
  assert.match(findMockLimits({ ...kept, lateness: { ...lateness, p99Ms: 31.5 } }).join(), /sent late: p99 31\.5 ms, more than 20 ms/)
  assert.match(findMockLimits({ ...kept, loop: { ...kept.loop, delayP99Ms: 25 } }).join(), /loop .* was late: p99 25 ms/)
  assert.match(findMockLimits({ ...kept, loop: { ...kept.loop, utilisation: 0.95 } }).join(), /busy 95 % of the time/)
})
