import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createArenaMemory, PAGE_SAMPLES, UtteranceArena } from '../../../src/ring/utterance-arena.js'
import { RecentSamples } from '../../../workers/voice/recent-samples.js'
import { SampleFifo } from '../../../workers/voice/sample-fifo.js'
import { Utterance } from '../../../workers/voice/utterance.js'

const counting = (from: number, count: number): Int16Array => Int16Array.from({ length: count }, (_, at) => from + at)

test('a fifo gives the samples back in their order, however they are cut into pieces', () => {
  fc.assert(fc.property(fc.array(fc.tuple(fc.boolean(), fc.nat(40))), steps => {
    const fifo = new SampleFifo(60)
    const expected: number[] = []
    let next = 0
    for (const [isPush, count] of steps) {
      if (isPush) {
        const leftOut = fifo.push(counting(next, count), count)
        assert.equal(leftOut, Math.max(0, count - (64 - expected.length)))
        expected.push(...counting(next, count - leftOut))
        next = (next + count) % 10_000
      } else {
        const taken = Math.min(count, expected.length)
        const out = new Int16Array(taken)
        fifo.shift(out, taken)
        assert.deepEqual([...out], expected.splice(0, taken))
      }
      assert.deepEqual([fifo.length, fifo.room], [expected.length, 64 - expected.length])
    }
  }), { seed: 7 })
})

test('a cleared fifo is empty and whole', () => {
  const fifo = new SampleFifo(64)
  fifo.push(counting(0, 50), 50)
  fifo.clear()
  assert.deepEqual([fifo.length, fifo.room, fifo.push(counting(7, 64), 64)], [0, 64, 0])
  const out = new Int16Array(64)
  fifo.shift(out, 64)
  assert.deepEqual(out, counting(7, 64))
})

test('recent samples are the last ones, from any place on', () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 50 }), fc.array(fc.nat(70)), fc.nat(50), (capacity, pushes, skip) => {
    const recent = new RecentSamples(capacity)
    const all: number[] = []
    for (const count of pushes) {
      const samples = counting(all.length, count)
      recent.push(samples, count)
      all.push(...samples)
    }
    const expected = all.slice(-capacity)
    assert.equal(recent.length, expected.length)
    const from = Math.min(skip, expected.length)
    const out = new Int16Array(expected.length - from)
    recent.copy(from, out.length, out)
    assert.deepEqual([...out], expected.slice(from))
  }), { seed: 8 })
})

test('recent samples of no length keep nothing, and forget when cleared', () => {
  const none = new RecentSamples(0)
  none.push(counting(0, 512), 512)
  assert.equal(none.length, 0)
  const some = new RecentSamples(10)
  some.push(counting(0, 25), 25)
  some.clear()
  some.push(counting(100, 3), 3)
  const out = new Int16Array(3)
  some.copy(0, some.length, out)
  assert.deepEqual(out, counting(100, 3))
})

const arenaOf = (pages: number): UtteranceArena => new UtteranceArena(createArenaMemory(pages))

test('an utterance takes a page when it needs one and gives all of them to its endpoint', () => {
  const arena = arenaOf(4)
  const utterance = new Utterance(arena)
  utterance.open(1000)
  assert.equal(arena.usedPages, 0)
  const samples = counting(0, 512)
  for (let windows = 0; windows < 63; windows++) assert.ok(utterance.append(samples, 512)) // 63 windows: 32,256 samples
  assert.equal(arena.usedPages, 2)
  const endpoint = utterance.close(5, 3, 800)
  assert.deepEqual({ ...endpoint, pages: endpoint.pages.length }, {
    utterance: 5, startSample: 1000, endSample: 33_256, speechEndSample: 32_456, reason: 3, pages: 2
  })
  assert.ok(!utterance.isOpen)
  utterance.discard()
  assert.equal(arena.usedPages, 2, 'the pages belong to the endpoint now')
  const floats = arena.readFloats(endpoint.pages, 32_256)
  assert.equal(floats[PAGE_SAMPLES]! * 32_768, PAGE_SAMPLES % 512)
})

test('a discarded or reopened utterance gives its pages back', () => {
  const arena = arenaOf(2)
  const utterance = new Utterance(arena)
  utterance.open(0)
  utterance.append(counting(0, 512), 512)
  utterance.open(512)
  assert.deepEqual([arena.usedPages, utterance.samples], [0, 0])
  utterance.append(counting(0, 512), 512)
  utterance.discard()
  assert.deepEqual([arena.usedPages, utterance.isOpen], [0, false])
})

test('an utterance that finds no page keeps what it has', () => {
  const utterance = new Utterance(arenaOf(1))
  utterance.open(0)
  const samples = counting(0, 512)
  while (utterance.append(samples, 512));
  assert.equal(utterance.samples, PAGE_SAMPLES)
  assert.equal(utterance.close(1, 4, 0).endSample, PAGE_SAMPLES)
})

test('silence longer than the utterance does not put the end of speech before its beginning', () => {
  const utterance = new Utterance(arenaOf(1))
  utterance.open(5000)
  utterance.append(counting(0, 100), 100)
  assert.equal(utterance.close(1, 0, 9600).speechEndSample, 5000)
})
