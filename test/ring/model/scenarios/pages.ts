import assert from 'node:assert/strict'
import { ByteRing, createRingMemory } from '../../../../src/ring/byte-ring.js'
import { CANCEL, ENDPOINT } from '../../../../src/ring/layout.js'
import { RecordHeader } from '../../../../src/ring/record-header.js'
import { createArenaMemory, UtteranceArena } from '../../../../src/ring/utterance-arena.js'
import type { Scenario } from '../explore.js'

// load-model.ts is told that a page has two samples (page-size edit in model.ts).
const SAMPLES = 2

function write (arena: UtteranceArena, page: number, utterance: number): void {
  arena.write(page, 0, Int16Array.of(utterance * 1000, utterance * 1000 + 1), 0, SAMPLES)
}

function read (arena: UtteranceArena, page: number, utterance: number): void {
  const floats = arena.readFloats([page], SAMPLES)
  assert.deepEqual([...floats].map(float => Math.round(float * 32_768)), [utterance * 1000, utterance * 1000 + 1], `utterance ${utterance}`)
}

/** Where a page and its utterance travel: page in `slot`, utterance in `turn`. */
class Way {
  readonly header = new RecordHeader()
  readonly #sender: ByteRing
  readonly #receiver: ByteRing
  readonly #payload = new Int32Array(4)
  readonly #empty = new Uint8Array(0)

  constructor () {
    const memory = createRingMemory(256, 0)
    this.#sender = new ByteRing(memory)
    this.#receiver = new ByteRing(memory)
  }

  send (kind: number, page: number, utterance: number): void {
    assert.ok(this.#sender.push(new RecordHeader().set(kind, page, 1, utterance), this.#empty, 0))
  }

  take (): boolean { return this.#receiver.pop(this.header, this.#payload) >= 0 }
}

/**
 * Voice fills pages and sends them on; the gateway reads some itself and hands the others to an
 * inference thread, and releases when that is done with them. Pages are fewer than utterances.
 */
export function pagesOfThree (pages: number, utterances: number): Scenario {
  const memory = createArenaMemory(pages)
  const voice = new UtteranceArena(memory)
  const gateway = new UtteranceArena(memory)
  const inference = new UtteranceArena(memory)
  const endpoints = new Way()
  const jobs = new Way()
  const results = new Way()
  const settle = (): void => {
    while (results.take()) gateway.release(results.header.slot)
  }
  const work = (): void => {
    if (!jobs.take()) return
    read(inference, jobs.header.slot, jobs.header.turn)
    results.send(CANCEL, jobs.header.slot, jobs.header.turn)
  }
  const serve = (): void => {
    settle()
    if (!endpoints.take()) return
    const { slot: page, turn: utterance } = endpoints.header
    if (utterance % 2 === 0) {
      jobs.send(ENDPOINT, page, utterance)
    } else {
      read(gateway, page, utterance)
      gateway.release(page)
    }
  }
  return {
    threads: {
      voice () {
        for (let utterance = 1; utterance <= utterances; utterance++) {
          const page = voice.take()
          if (page < 0) continue
          write(voice, page, utterance)
          endpoints.send(ENDPOINT, page, utterance)
        }
      },
      gateway () { for (let turn = 0; turn < utterances; turn++) serve() },
      inference () { for (let job = 0; job * 2 < utterances; job++) work() }
    },
    check () {
      for (let turn = 0; turn <= utterances; turn++) {
        serve()
        work()
        settle()
      }
      assert.equal(voice.usedPages, 0)
    }
  }
}

/**
 * A page that two threads hold: voice pins it for a speculative job while the utterance is open,
 * and both let go of it at any time. Then it is taken again.
 */
export function sharedPage (): Scenario {
  const memory = createArenaMemory(1)
  const voice = new UtteranceArena(memory)
  const inference = new UtteranceArena(memory)
  const jobs = new Way()
  return {
    threads: {
      voice () {
        const page = voice.take()
        write(voice, page, 1)
        voice.retain(page)
        jobs.send(ENDPOINT, page, 1)
        read(voice, page, 1)
        voice.release(page)
        const next = voice.take()
        if (next < 0) return
        write(voice, next, 2)
        read(voice, next, 2)
        voice.release(next)
      },
      inference () {
        for (let attempt = 0; attempt < 2; attempt++) {
          if (!jobs.take()) continue
          read(inference, jobs.header.slot, jobs.header.turn)
          inference.release(jobs.header.slot)
        }
      }
    },
    check () {
      while (jobs.take()) inference.release(jobs.header.slot)
      assert.equal(voice.usedPages, 0)
    }
  }
}
