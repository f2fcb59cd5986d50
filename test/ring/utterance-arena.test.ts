import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createArenaMemory, PAGE_SAMPLES, UtteranceArena } from '../../src/ring/utterance-arena.js'

const makeArena = (pages: number): UtteranceArena => new UtteranceArena(createArenaMemory(pages))

test('every page is given out once, then there is none', () => {
  const arena = makeArena(5)
  assert.deepEqual([0, 1, 2, 3, 4].map(() => arena.take()).sort(), [0, 1, 2, 3, 4])
  assert.equal(arena.take(), -1)
  assert.deepEqual([arena.pages, arena.usedPages], [5, 5])
  arena.release(3)
  assert.equal(arena.take(), 3)
})

test('a page is free only when its last reference is released, in whichever thread', () => {
  const memory = createArenaMemory(1)
  const voice = new UtteranceArena(memory)
  const gateway = new UtteranceArena(memory)
  const page = voice.take()
  gateway.retain(page)
  voice.release(page)
  assert.equal(voice.take(), -1)
  gateway.release(page)
  assert.equal(voice.usedPages, 0)
  assert.equal(voice.take(), page)
})

test('a release too many throws and gives nothing away', () => {
  const arena = makeArena(2)
  const page = arena.take()
  arena.release(page)
  assert.throws(() => { arena.release(page) }, RangeError)
  assert.equal(arena.usedPages, 0)
  assert.deepEqual([arena.take(), arena.take(), arena.take()].sort(), [-1, 0, 1])
})

test('samples are read across pages as they were written, in whatever order the pages lie', () => {
  const arena = makeArena(3)
  const samples = Int16Array.from({ length: PAGE_SAMPLES * 2 + 100 }, (_, at) => at % 65_536 - 32_768)
  const pages = [2, 0, 1]
  pages.forEach((page, index) => {
    const from = index * PAGE_SAMPLES
    arena.write(page, 0, samples, from, Math.min(PAGE_SAMPLES, samples.length - from))
  })
  for (const count of [0, 1, PAGE_SAMPLES, PAGE_SAMPLES + 1, samples.length]) {
    const out = new Int16Array(count)
    arena.readInto(pages, out)
    assert.deepEqual(out, samples.slice(0, count))
    assert.deepEqual(arena.readFloats(pages, count), Float32Array.from(out, sample => sample / 32_768))
  }
})

test('no sequence of taking and releasing leaks a page or gives it out twice', () => {
  fc.assert(fc.property(fc.array(fc.nat(9)), steps => {
    const arena = makeArena(4)
    const held: number[] = []
    for (const step of steps) {
      if (step < 5) {
        const page = arena.take()
        assert.equal(page >= 0, held.length < 4)
        assert.ok(!held.includes(page))
        if (page >= 0) held.push(page)
      } else if (held.length > 0) {
        arena.release(held.splice(step % held.length, 1)[0]!)
      }
      assert.equal(arena.usedPages, held.length)
    }
  }), { seed: 3 })
})

test('samples written to pages in any order are read back as floats, across page borders', () => {
  const arena = makeArena(4)
  const pages = [arena.take(), arena.take(), arena.take()].reverse()
  const samples = Int16Array.from({ length: PAGE_SAMPLES + 500 }, (_, at) => at * 37)
  arena.write(pages[0]!, 0, samples, 0, 100)
  arena.write(pages[0]!, 100, samples, 100, PAGE_SAMPLES - 100)
  arena.write(pages[1]!, 0, samples, PAGE_SAMPLES, 500)
  const floats = arena.readFloats(pages, samples.length)
  assert.deepEqual(Int16Array.from(floats, float => float * 32_768), samples)
  assert.equal(arena.readFloats([], 0).length, 0)
})
