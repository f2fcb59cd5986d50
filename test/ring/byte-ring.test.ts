import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ByteRing, createRingMemory } from '../../src/ring/byte-ring.js'
import { CANCEL, DOWNLINK_FRAME, MAX_PAYLOAD_BYTES, recordBytes, UPLINK_FRAME } from '../../src/ring/layout.js'
import { RecordHeader } from '../../src/ring/record-header.js'
import { makeRandom } from '../support/noise.js'

const popped = new RecordHeader()
const words = new Int32Array(MAX_PAYLOAD_BYTES / 4)
const bytes = new Uint8Array(words.buffer)

/** A ring of `bytes` for audio and `reserve` more for control; together a power of two. */
function makeRing ({ bytes = 128, reserve = 0, startAt = 0 } = {}): ByteRing {
  return new ByteRing(createRingMemory(bytes, reserve, startAt))
}

function payloadOf (number: number, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, at) => number * 31 + at * 7)
}

function push (ring: ByteRing, number: number, length: number, kind = UPLINK_FRAME): boolean {
  const header = new RecordHeader().set(kind, number & 0xffff, 3, 4)
  header.sequence = number & 0xffff
  return ring.push(header, payloadOf(number, length), length)
}

/** Pops one record and checks that it is the one `push` made of `number`. */
function popAndCheck (ring: ByteRing, number: number, length: number): void {
  assert.equal(ring.pop(popped, words), length)
  assert.deepEqual([popped.slot, popped.sequence, popped.length], [number & 0xffff, number & 0xffff, length])
  assert.deepEqual(bytes.slice(0, length), payloadOf(number, length))
}

test('what went in comes out, oldest first, with every field', () => {
  const ring = makeRing({ bytes: 8192 })
  const header = Object.assign(new RecordHeader(), {
    kind: 255, flags: 254, slot: 65_535, generation: 65_534, turn: 65_533, sequence: 65_532, time: -2_147_483_648, tenant: 4_294_967_294
  })
  assert.ok(ring.push(header, payloadOf(1, 5), 5))
  assert.ok(push(ring, 2, 0))
  assert.ok(push(ring, 3, MAX_PAYLOAD_BYTES))
  assert.equal(ring.pop(popped, words), 5)
  assert.deepEqual(popped, Object.assign(header, { length: 5 }))
  assert.deepEqual(bytes.slice(0, 5), payloadOf(1, 5))
  popAndCheck(ring, 2, 0)
  popAndCheck(ring, 3, MAX_PAYLOAD_BYTES)
  assert.equal(ring.pop(popped, words), -1)
})

test('a full ring refuses the newest record and keeps the old ones', () => {
  const ring = makeRing({ bytes: 128 })
  const accepted = [0, 1, 2, 3, 4, 5].filter(number => push(ring, number, 12))
  assert.deepEqual(accepted, [0, 1, 2, 3])
  assert.equal(ring.refused, 2)
  assert.equal(ring.usedBytes, 128)
  for (const number of accepted) popAndCheck(ring, number, 12)
  assert.equal(ring.usedBytes, 0)
  assert.ok(push(ring, 9, 12), 'there is room again')
})

test('hasRoom says beforehand what push will do', () => {
  fc.assert(fc.property(fc.array(fc.record({ isPush: fc.boolean(), length: fc.nat(90), isControl: fc.boolean() })), steps => {
    const ring = makeRing({ bytes: 128, reserve: 128 })
    for (const { isPush, length, isControl } of steps) {
      const kind = isControl ? CANCEL : UPLINK_FRAME
      if (isPush) assert.equal(ring.hasRoom(kind, length), push(ring, 1, length, kind))
      else ring.pop(popped, words)
    }
  }), { numRuns: 200, seed: 1 })
})

test('audio never blocks a control record', () => {
  const ring = makeRing({ bytes: 64, reserve: 64 })
  assert.deepEqual([push(ring, 0, 12), push(ring, 1, 12), push(ring, 2, 12, DOWNLINK_FRAME)], [true, true, false])
  assert.ok(push(ring, 3, 12, CANCEL))
  assert.ok(push(ring, 4, 12, CANCEL))
  assert.ok(!push(ring, 5, 0, CANCEL), 'the reserve has an end, too')
  for (const number of [0, 1, 3, 4]) popAndCheck(ring, number, 12)
})

test('a payload larger than a record may be is a mistake of the caller', () => {
  const ring = makeRing({ bytes: 8192 })
  assert.throws(() => push(ring, 1, MAX_PAYLOAD_BYTES + 1), RangeError)
  assert.equal(ring.usedBytes, 0)
})

test('only the given length of a larger buffer is pushed', () => {
  const ring = makeRing({ bytes: 128 })
  assert.ok(push(ring, 1, 44) && push(ring, 2, 44))
  popAndCheck(ring, 1, 44)
  assert.ok(ring.push(new RecordHeader(), payloadOf(7, 80), 10)) // the rest would reach into record 2
  popAndCheck(ring, 2, 44)
  assert.equal(ring.pop(popped, words), 10)
  assert.deepEqual(bytes.slice(0, 10), payloadOf(7, 80).slice(0, 10))
})

test('a record survives the end of the memory wherever it falls', () => {
  for (let startAt = 0; startAt < 128; startAt += 4) {
    for (let length = 0; length <= 108; length++) {
      const ring = makeRing({ bytes: 128, startAt })
      assert.ok(push(ring, length, length))
      popAndCheck(ring, length, length)
    }
  }
})

for (const startAt of [0, 2 ** 31 - 400, 2 ** 32 - 400]) {
  test(`a tiny ring wraps thousands of times, its counters beginning at ${startAt}`, () => {
    const ring = makeRing({ bytes: 256, startAt })
    const random = makeRandom(startAt + 1)
    const waiting: { readonly number: number, readonly length: number }[] = []
    let refused = 0
    for (let number = 0; number < 60_000; number++) {
      const length = Math.floor(random() * 120)
      const used = waiting.reduce((sum, record) => sum + recordBytes(record.length), 0)
      const isTaken = push(ring, number, length)
      assert.equal(isTaken, used + recordBytes(length) <= 256)
      if (isTaken) waiting.push({ number, length })
      else refused++
      for (let pops = Math.floor(random() * 3); pops > 0 && waiting.length > 0; pops--) {
        const record = waiting.shift()!
        popAndCheck(ring, record.number, record.length)
      }
    }
    assert.equal(ring.refused, refused)
    assert.ok(refused > 1000)
  })
}
