import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  SlotTable, STAMP_FIRST_AUDIO, STAMP_FIRST_TOKEN, STAMP_MODEL_REQUEST, STAMP_PACKET, STAMP_PCM, STAMP_SENTENCE, STAMP_VOICE_REQUEST
} from '../../src/ring/slot-table.js'

const STAMPS = [STAMP_PCM, STAMP_PACKET, STAMP_MODEL_REQUEST, STAMP_FIRST_TOKEN, STAMP_SENTENCE, STAMP_VOICE_REQUEST, STAMP_FIRST_AUDIO]
const u16 = fc.nat(0xffff)

test('an epoch is current for its own generation and turn alone', () => {
  const slots = SlotTable.create(2)
  fc.assert(fc.property(u16, u16, u16, u16, (generation, turn, otherGeneration, otherTurn) => {
    slots.setEpoch(1, generation, turn)
    assert.deepEqual([slots.generation(1), slots.turn(1)], [generation, turn])
    assert.ok(slots.isCurrent(1, generation, turn) && slots.isAttached(1, generation))
    assert.equal(slots.isCurrent(1, otherGeneration, otherTurn), otherGeneration === generation && otherTurn === turn)
    assert.equal(slots.isAttached(1, otherGeneration), otherGeneration === generation)
  }), { seed: 2 })
  assert.deepEqual([slots.generation(0), slots.turn(0)], [0, 0])
})

test('a barge-in is seen by every table on the same memory', () => {
  const gateway = SlotTable.create(3)
  const voice = new SlotTable(gateway.memory)
  gateway.setEpoch(2, 40_000, 1)
  assert.ok(voice.isCurrent(2, 40_000, 1))
  gateway.setEpoch(2, 40_000, 2)
  assert.ok(!voice.isCurrent(2, 40_000, 1))
  assert.equal(voice.slots, 3)
})

test('credit is the difference of two counters, also when they wrap', () => {
  const slots = SlotTable.create(2)
  new Int32Array(slots.memory).fill(0x7fff_fffe) // every counter is next to its wrap
  for (let round = 0; round < 10; round++) {
    for (let frame = 1; frame <= 5; frame++) {
      slots.addEncoded(1)
      assert.equal(slots.framesAhead(1), frame)
    }
    for (let frame = 4; frame >= 0; frame--) {
      slots.addSent(1)
      assert.equal(slots.framesAhead(1), frame)
    }
  }
  const before = slots.pcmPopped(1)
  slots.addPcmPopped(1, 2048)
  slots.addPcmPopped(1, 2048)
  assert.equal((slots.pcmPopped(1) - before) | 0, 4096)
})

test('what one slot counts does not touch its neighbours', () => {
  const slots = SlotTable.create(3)
  slots.setEpoch(1, 5, 6)
  slots.addEncoded(1)
  slots.addHole(1)
  slots.addBadPacket(1)
  slots.addPcmPopped(1, 10)
  slots.setUnencodedMs(1, 42.7)
  for (const slot of [0, 2]) {
    assert.deepEqual([slots.generation(slot), slots.turn(slot), slots.framesAhead(slot), slots.holes(slot)], [0, 0, 0, 0])
    assert.deepEqual([slots.badPackets(slot), slots.pcmPopped(slot), slots.unencodedMs(slot)], [0, 0, 0])
  }
  assert.deepEqual([slots.badPackets(1), slots.pcmPopped(1), slots.unencodedMs(1)], [1, 10, 42])
})

test('a stamp is the first one of the current turn, and no other turn has it', () => {
  const slots = SlotTable.create(2)
  slots.setEpoch(1, 40_000, 7)
  const epoch = slots.epoch(1)
  assert.ok(Number.isNaN(slots.stampOf(1, epoch, STAMP_PCM)))
  slots.stamp(1, 40_000, 6, STAMP_PCM, 100)
  assert.ok(Number.isNaN(slots.stampOf(1, epoch, STAMP_PCM)), 'one of a turn that is over')
  slots.stamp(1, 40_000, 7, STAMP_PCM, -200)
  slots.stamp(1, 40_000, 7, STAMP_PCM, 300)
  assert.equal(slots.stampOf(1, epoch, STAMP_PCM), -200)
  slots.setEpoch(1, 40_000, 8)
  assert.ok(Number.isNaN(slots.stampOf(1, slots.epoch(1), STAMP_PCM)))
  slots.stamp(1, 40_000, 8, STAMP_PCM, 400)
  assert.equal(slots.stampOf(1, slots.epoch(1), STAMP_PCM), 400)
})

test('stamps share no word with each other or with anything else', () => {
  const slots = SlotTable.create(3)
  slots.setEpoch(1, 3, 4)
  STAMPS.forEach((stamp, at) => { slots.stamp(1, 3, 4, stamp, 1000 + at) })
  assert.deepEqual(STAMPS.map(stamp => slots.stampOf(1, slots.epoch(1), stamp)), STAMPS.map((_, at) => 1000 + at))
  for (const read of ['framesSent', 'framesAhead', 'pcmAhead', 'pcmPopped', 'holes', 'badPackets', 'unencodedMs', 'emptyAt'] as const) {
    assert.equal(slots[read](1), 0, read)
  }
  assert.deepEqual([slots.epoch(0), slots.epoch(2)], [0, 0])
  slots.addPcmPushed(1, 5)
  slots.setEmptyAt(1, 6)
  assert.deepEqual(STAMPS.map(stamp => slots.stampOf(1, slots.epoch(1), stamp)), STAMPS.map((_, at) => 1000 + at))
})
