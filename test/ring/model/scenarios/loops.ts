import assert from 'node:assert/strict'
import { ByteRing, createRingMemory } from '../../../../src/ring/byte-ring.js'
import { LoopBell, LoopBellReceiver } from '../../../../src/ring/doorbell.js'
import { CANCEL } from '../../../../src/ring/layout.js'
import { Outbox } from '../../../../src/ring/outbox.js'
import { RecordHeader } from '../../../../src/ring/record-header.js'
import type { Scenario } from '../explore.js'
import { makeLoop, portOf, runLoop } from '../primitives.js'

interface Line {
  readonly bell: SharedArrayBuffer
  readonly loop: ReturnType<typeof makeLoop>
  readonly port: ReturnType<typeof portOf>
  readonly got: number[]
  readonly takeOne: () => boolean
  readonly outbox: Outbox
}

/** A ring between an outbox and a thread with an event loop, and what has come through it. */
function makeLine (ringBytes: number, startAt?: number): Line {
  const memory = createRingMemory(ringBytes, 0, startAt)
  const bell = new SharedArrayBuffer(4)
  const loop = makeLoop()
  const port = portOf(loop)
  const consumer = new ByteRing(memory)
  const header = new RecordHeader()
  const payload = new Int32Array(4)
  const got: number[] = []
  const takeOne = (): boolean => {
    if (consumer.pop(header, payload) < 0) return false
    got.push(header.slot)
    return true
  }
  return { bell, loop, port, got, takeOne, outbox: new Outbox(new ByteRing(memory), new LoopBell(bell, port)) }
}

/**
 * Records to a thread with an event loop. What finds the ring full waits in the outbox and is
 * tried again, as WorkerLine and DialogueDesk do with a timer.
 */
export function eventLoop (records: number, ringRecords: number): Scenario {
  const { bell, loop, port, got, takeOne, outbox } = makeLine(ringRecords * 32, 2 ** 32 - 32)
  const receiver = new LoopBellReceiver(bell, port, takeOne)
  return {
    threads: {
      gateway () { runLoop(loop, () => got.length === records) },
      voice () {
        for (let number = 0; number < records; number++) {
          outbox.send(CANCEL, 0, number, 0, 0, new Uint8Array(12))
          outbox.flush()
        }
        for (let tries = 0; outbox.isHeldUp && tries < 2; tries++) outbox.flush()
      }
    },
    check (isBlocked) {
      const missing = records - got.length
      assert.deepEqual(got, [0, 1, 2, 3, 4, 5].slice(0, got.length))
      assert.ok(missing === 0 || outbox.isHeldUp, 'the consumer sleeps with records in its ring')
      assert.ok(isBlocked['voice'] !== true)
      assert.ok(loop.mostUnderWay <= 1, `${loop.mostUnderWay} messages were under way at once`)
      assert.ok(receiver instanceof LoopBellReceiver)
    }
  }
}

/** A poke beside the bell: two slices must not hinder each other. */
export function pokedLoop (records: number): Scenario {
  const { bell, loop, port, got, takeOne, outbox } = makeLine(128)
  let isPoked = false
  const receiver = new LoopBellReceiver(bell, port, () => {
    if (isPoked) return takeOne()
    isPoked = true
    receiver.poke() // as one does who cannot take this record now
    return false
  })
  return {
    threads: {
      dialogue () { runLoop(loop, () => got.length === records) },
      gateway () {
        for (let number = 0; number < records; number++) {
          outbox.send(CANCEL, 0, number, 0, 0, new Uint8Array(12))
          outbox.flush()
        }
      }
    },
    check () { assert.deepEqual(got, [0, 1, 2, 3].slice(0, records)) }
  }
}
