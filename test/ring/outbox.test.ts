import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { MessagePort } from 'node:worker_threads'
import { ByteRing, createRingMemory } from '../../src/ring/byte-ring.js'
import { LoopBell } from '../../src/ring/doorbell.js'
import { DETACHED, DOWNLINK_FRAME, ENDPOINT, MAX_PAYLOAD_BYTES, TURN_END } from '../../src/ring/layout.js'
import { Outbox } from '../../src/ring/outbox.js'
import { RecordHeader } from '../../src/ring/record-header.js'

interface Rig {
  readonly outbox: Outbox
  readonly rings: () => number
  /** Takes one record: its kind, slot and first byte. */
  readonly take: () => readonly [number, number, number | undefined] | undefined
}

function makeRig (bytes: number, reserve: number): Rig {
  const memory = createRingMemory(bytes, reserve)
  const consumer = new ByteRing(memory)
  const bellMemory = new SharedArrayBuffer(64)
  let rings = 0
  const port = { postMessage: () => { rings++; Atomics.store(new Int32Array(bellMemory), 0, 0) } } as unknown as MessagePort
  const header = new RecordHeader()
  const payload = new Int32Array(MAX_PAYLOAD_BYTES / 4)
  return {
    outbox: new Outbox(new ByteRing(memory), new LoopBell(bellMemory, port)),
    rings: () => rings,
    take: () => {
      const length = consumer.pop(header, payload)
      return length < 0 ? undefined : [header.kind, header.slot, length > 0 ? new Uint8Array(payload.buffer)[0] : undefined]
    }
  }
}

const frame = new RecordHeader().set(DOWNLINK_FRAME, 7, 1, 1)
const packet = Uint8Array.of(9)

test('the bell rings once per flush, and only if there is news', () => {
  const { outbox, rings } = makeRig(1024, 0)
  outbox.flush()
  assert.equal(rings(), 0)
  outbox.send(DETACHED, 0, 1, 1, 0)
  outbox.push(frame, packet)
  assert.equal(rings(), 0)
  outbox.flush()
  outbox.flush()
  assert.equal(rings(), 1)
})

test('control records that find the ring full wait and come in their order', () => {
  const { outbox, rings, take } = makeRig(64, 0) // room for two records with a word of payload
  const scratch = new Uint8Array(1)
  for (let slot = 0; slot < 6; slot++) {
    scratch[0] = slot
    outbox.send(slot % 2 === 0 ? ENDPOINT : TURN_END, 0, slot, 1, 1, scratch) // the buffer is used again
  }
  assert.ok(outbox.isHeldUp)
  const seen = []
  for (let rounds = 0; rounds < 6; rounds++) {
    outbox.flush()
    for (let record = take(); record !== undefined; record = take()) seen.push(record)
  }
  assert.deepEqual(seen, [0, 1, 2, 3, 4, 5].map(slot => [slot % 2 === 0 ? ENDPOINT : TURN_END, slot, slot]))
  assert.equal(rings(), 3)
  assert.ok(!outbox.isHeldUp)
})

test('audio does not overtake a control record that waits', () => {
  const { outbox, take } = makeRig(64, 0)
  for (let slot = 0; slot < 4; slot++) outbox.send(DETACHED, 0, slot, 1, 0, packet)
  take()
  take() // there is room, but two control records wait for it
  assert.ok(!outbox.hasRoom(DOWNLINK_FRAME, 1))
  assert.ok(!outbox.push(frame, packet))
  outbox.flush()
  assert.deepEqual([take(), take(), take()], [[DETACHED, 2, 9], [DETACHED, 3, 9], undefined])
  assert.ok(outbox.hasRoom(DOWNLINK_FRAME, 1))
  assert.ok(outbox.push(frame, packet))
})

test('a control record takes the reserve when audio has filled the rest', () => {
  const { outbox, take } = makeRig(64, 64)
  while (outbox.push(frame, packet));
  outbox.send(DETACHED, 0, 3, 1, 0)
  assert.ok(!outbox.isHeldUp)
  assert.deepEqual([take(), take(), take()].map(record => record?.[0]), [DOWNLINK_FRAME, DOWNLINK_FRAME, DETACHED])
})

test('flags of one control record do not stick to the next', () => {
  const memory = createRingMemory(1024, 0)
  const outbox = new Outbox(new ByteRing(memory), new LoopBell(new SharedArrayBuffer(64), { postMessage () {} } as unknown as MessagePort))
  outbox.send(TURN_END, 1, 2, 3, 4)
  outbox.send(TURN_END, 0, 2, 3, 5)
  const header = new RecordHeader()
  const ring = new ByteRing(memory)
  const payload = new Int32Array(MAX_PAYLOAD_BYTES / 4)
  ring.pop(header, payload)
  assert.deepEqual([header.flags, header.turn], [1, 4])
  ring.pop(header, payload)
  assert.deepEqual([header.flags, header.turn], [0, 5])
})
