// Scenarios are written as plain synchronous code; load-model.ts turns them into steps together
// with the sources they use. A thread writes to notes of its own only; check compares them.
import assert from 'node:assert/strict'
import { ByteRing, createRingMemory, type RingMemory } from '../../../../src/ring/byte-ring.js'
import { SleeperBell } from '../../../../src/ring/doorbell.js'
import { CANCEL, UPLINK_FRAME } from '../../../../src/ring/layout.js'
import { Outbox, type Bell } from '../../../../src/ring/outbox.js'
import { RecordHeader } from '../../../../src/ring/record-header.js'
import type { Scenario } from '../explore.js'

/** Numbers of records, as a thread sent or got them. */
export type Notes = number[]

const NO_BELL: Bell = { ring () {} }

export function payloadOf (number: number, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, at) => number * 16 + at)
}

/** A receiver of numbered records: each must hold what `payloadOf` makes of its number. */
export class Taker {
  readonly numbers: Notes = []
  readonly ring: ByteRing
  readonly #header = new RecordHeader()
  readonly #payload = new Int32Array(16)
  readonly #bytes = new Uint8Array(this.#payload.buffer)

  constructor (memory: RingMemory) { this.ring = new ByteRing(memory) }

  take (): boolean {
    const length = this.ring.pop(this.#header, this.#payload)
    if (length < 0) return false
    const { sequence, time, tenant, slot, generation, turn } = this.#header
    assert.deepEqual([time, tenant, slot, generation, turn], [sequence + 1, sequence + 2, sequence + 3, sequence + 4, sequence + 5])
    assert.deepEqual([...this.#bytes.slice(0, length)], [...payloadOf(sequence, length)], `record ${sequence}`)
    this.numbers.push(sequence)
    return true
  }
}

function headerOf (number: number, kind: number): RecordHeader {
  return Object.assign(new RecordHeader(), {
    kind, sequence: number, time: number + 1, tenant: number + 2, slot: number + 3, generation: number + 4, turn: number + 5
  })
}

/** A ring of two records; three are offered, of different sizes, and taken in four attempts. */
export function fullRing (startAt: number, records: number): Scenario {
  const memory = createRingMemory(64, 0, startAt)
  const producer = new ByteRing(memory)
  const taker = new Taker(memory)
  const accepted: Notes = []
  let refused = 0
  return {
    threads: {
      producer () {
        for (let number = 0; number < records; number++) {
          const length = number % 2 === 0 ? 5 : 12
          if (producer.push(headerOf(number, UPLINK_FRAME), payloadOf(number, length), length)) accepted.push(number)
          else refused++
        }
      },
      consumer () { for (let attempt = 0; attempt <= records; attempt++) taker.take() }
    },
    check () {
      while (taker.take());
      assert.deepEqual(taker.numbers, accepted)
      assert.equal(producer.refused, refused)
      assert.equal(accepted.length + refused, records)
      assert.equal(producer.usedBytes, 0)
    }
  }
}

/** Audio until it is refused, then a control record: it must go in, whatever the consumer does. */
export function reserveForControl (): Scenario {
  const memory = createRingMemory(40, 24, 2 ** 31 - 24)
  const producer = new ByteRing(memory)
  const taker = new Taker(memory)
  const accepted: Notes = []
  return {
    threads: {
      gateway () {
        let number = 0
        while (number < 4 && producer.push(headerOf(number, UPLINK_FRAME), payloadOf(number, 4), 4)) accepted.push(number++)
        assert.ok(producer.push(headerOf(number, CANCEL), payloadOf(number, 4), 4), 'a control record was refused')
        accepted.push(number)
      },
      voice () { for (let attempt = 0; attempt < 3; attempt++) taker.take() }
    },
    check () {
      while (taker.take());
      assert.deepEqual(taker.numbers, accepted)
    }
  }
}

/** `hasRoom` of the producer stays true until it pushes. */
export function roomStays (): Scenario {
  const memory = createRingMemory(64, 0, 2 ** 32 - 40)
  const producer = new ByteRing(memory)
  const taker = new Taker(memory)
  return {
    threads: {
      producer () {
        for (let number = 0; number < 4; number++) {
          if (!producer.hasRoom(UPLINK_FRAME, 12)) continue
          assert.ok(producer.push(headerOf(number, UPLINK_FRAME), payloadOf(number, 12), 12))
        }
      },
      consumer () {
        for (let attempt = 0; attempt < 3; attempt++) taker.take()
        assert.ok(taker.ring.usedBytes >= 0 && taker.ring.usedBytes <= 64)
      }
    },
    check () {}
  }
}

/** Control that finds the ring full waits in the outbox, and audio does not overtake it. */
export function heldUpControl (): Scenario {
  const memory = createRingMemory(64, 0, 2 ** 32 - 24)
  const outbox = new Outbox(new ByteRing(memory), NO_BELL)
  const taker = new Taker(memory)
  const sent: Notes = []
  // An outbox writes its own headers: here the number is in the slot alone.
  const header = new RecordHeader()
  const payload = new Int32Array(16)
  const got: Notes = []
  const take = (): void => { if (taker.ring.pop(header, payload) >= 0) got.push(header.slot) }
  return {
    threads: {
      gateway () {
        const frame = new RecordHeader()
        for (let number = 0; number < 5; number++) {
          if (number === 3) {
            frame.set(UPLINK_FRAME, number, 0, 0)
            if (outbox.push(frame, payloadOf(number, 4))) sent.push(number)
          } else {
            outbox.send(CANCEL, 0, number, 0, 0, payloadOf(number, 4))
            sent.push(number)
          }
          outbox.flush()
        }
      },
      voice () { for (let attempt = 0; attempt < 3; attempt++) take() }
    },
    check () {
      for (let round = 0; round < 3; round++) {
        outbox.flush()
        take()
        take()
      }
      assert.deepEqual(got, sent)
      assert.ok(!outbox.isHeldUp)
    }
  }
}

/** A worker that sleeps between records, and one or two threads that wake it. */
export function sleeper (producers: number, records: number): Scenario {
  const bell = new SleeperBell()
  const memories: RingMemory[] = []
  for (let at = 0; at < producers; at++) memories.push(createRingMemory(records * 24, 0))
  const takers = memories.map(memory => new Taker(memory))
  const total = producers * records
  let received = 0
  const takeAll = (): void => {
    for (const taker of takers) while (taker.take()) received++
  }
  const hasWork = (): boolean => {
    for (const taker of takers) if (taker.ring.usedBytes > 0) return true
    return false
  }
  const produce = (memory: RingMemory): void => {
    const ring = new ByteRing(memory)
    const own = new SleeperBell(bell.memory)
    for (let number = 0; number < records; number++) {
      assert.ok(ring.push(headerOf(number, CANCEL), payloadOf(number, 4), 4))
      own.ring()
    }
  }
  const threads: Record<string, () => void> = {
    voice () {
      for (takeAll(); received < total; takeAll()) bell.sleep(Infinity, hasWork)
    }
  }
  memories.forEach((memory, at) => { threads[`producer ${at}`] = () => { produce(memory) } })
  return {
    threads,
    check (isBlocked) {
      assert.ok(isBlocked['voice'] !== true, 'the sleeper was never woken')
      assert.equal(received, total)
    }
  }
}

/** The same with naps that end by themselves and a rest in which nobody rings. */
export function napper (records: number): Scenario {
  const bell = new SleeperBell()
  const memory = createRingMemory(records * 24, 0)
  const taker = new Taker(memory)
  const hasWork = (): boolean => taker.ring.usedBytes > 0
  return {
    threads: {
      voice () {
        for (let nap = 0; nap < 3; nap++) {
          while (taker.take());
          if (nap === 1) bell.doze(5)
          else bell.sleep(10, hasWork)
        }
        while (taker.numbers.length < records) if (!taker.take()) bell.sleep(Infinity, hasWork)
      },
      gateway () {
        const ring = new ByteRing(memory)
        const own = new SleeperBell(bell.memory)
        for (let number = 0; number < records; number++) {
          assert.ok(ring.push(headerOf(number, CANCEL), payloadOf(number, 4), 4))
          own.ring()
        }
      }
    },
    check (isBlocked) { assert.ok(isBlocked['voice'] !== true, 'the sleeper was never woken') }
  }
}
