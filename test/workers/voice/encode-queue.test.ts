import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ResamplerLibrary } from '../../../native-bindings/resampler.js'
import { ByteRing, createRingMemory } from '../../../src/ring/byte-ring.js'
import { DOWNLINK_FRAME, MAX_PAYLOAD_BYTES, SENTENCE, TURN_END } from '../../../src/ring/layout.js'
import { microseconds } from '../../../src/ring/microseconds.js'
import { Outbox } from '../../../src/ring/outbox.js'
import { RecordHeader } from '../../../src/ring/record-header.js'
import { SlotTable } from '../../../src/ring/slot-table.js'
import { VoiceCounters } from '../../../src/ring/voice-counters.js'
import { CREDIT_POLL_MS, EncodeQueue } from '../../../workers/voice/encode-queue.js'
import { Seat } from '../../../workers/voice/seat.js'
import { Speaking } from '../../../workers/voice/speaking.js'

const resamplers = await ResamplerLibrary.load()
const RATE_HZ = 24_000
const AHEAD = 16
const NO_PAYLOAD = new Uint8Array(0)

function makeRig (ringBytes = 1 << 20) {
  const slots = SlotTable.create(8)
  const ring = new ByteRing(createRingMemory(ringBytes))
  const outbox = new Outbox(ring, { ring () {} })
  const counters = new VoiceCounters()
  let made = 0
  const encoder = { encode: () => new Uint8Array(180), reset () {} }
  const createSpeaking = (): Speaking => {
    made++
    return new Speaking(encoder, resamplers, RATE_HZ, 60)
  }
  const queue = new EncodeQueue({ slots, outbox, counters, createSpeaking }, AHEAD, 60)
  const seats = Array.from({ length: 8 }, (_, slot) => {
    const seat = new Seat(slot, slots, outbox)
    seat.generation = 1
    slots.setEpoch(slot, 1, 1)
    return seat
  })
  /** So many frames of speech for a seat's turn 1. */
  const speak = (slot: number, frames: number): Speaking => {
    const speaking = queue.speakingOf(seats[slot]!, 1)
    speaking.acceptPcm(new Int16Array(frames * 1440), RATE_HZ)
    return speaking
  }
  const header = new RecordHeader()
  const payload = new Int32Array(MAX_PAYLOAD_BYTES / 4)
  /** Slots and kinds of what was sent, in order. */
  const take = (): string[] => {
    const taken: string[] = []
    while (ring.pop(header, payload) >= 0) taken.push(header.kind === DOWNLINK_FRAME ? String(header.slot) : `${header.slot}:${header.kind}`)
    return taken
  }
  return { queue, seats, slots, speak, take, counters, madeSpeaking: () => made }
}

/** Runs until nothing more may go now. */
function runAll (queue: EncodeQueue): number {
  for (;;) {
    const again = queue.run()
    if (again > 0) return again
  }
}

test('whose device runs dry first is encoded for first', () => {
  const { queue, slots, speak, take } = makeRig()
  const ahead = [9, 3, 12, 0]
  ahead.forEach((frames, slot) => {
    for (let frame = 0; frame < frames; frame++) slots.addEncoded(slot)
    speak(slot, 6)
  })
  runAll(queue)
  const order = take()
  assert.deepEqual(order.slice(0, 4), ['3', '3', '3', '1'])
  assert.equal(order.indexOf('0') < order.indexOf('2'), true)
  assert.equal(order.filter(slot => slot === '2').length, 4, 'as many as its credit allows')
})

test('what the devices hold counts, not only what waits for them here', () => {
  const { queue, slots, speak, take } = makeRig()
  const now = microseconds()
  const heldMs = [240, 20, 130] // 20 ms and two frames that wait are more than 130 ms
  heldMs.forEach((ms, slot) => {
    slots.setEmptyAt(slot, (now + ms * 1000) | 0)
    speak(slot, 3)
  })
  for (let frame = 0; frame < 2; frame++) slots.addEncoded(1)
  runAll(queue)
  assert.deepEqual(take().slice(0, 5), ['2', '1', '2', '1', '0'])
})

test('seats in equal need have their turns', () => {
  const { queue, speak, take } = makeRig()
  for (const slot of [0, 1, 2, 3]) speak(slot, 5)
  runAll(queue)
  const order = take()
  for (let round = 0; round < 5; round++) assert.equal(new Set(order.slice(round * 4, round * 4 + 4)).size, 4)
})

test('a mouth is used again when its turn is over, and only then', () => {
  const { queue, seats, speak, take, madeSpeaking } = makeRig()
  const speaking = speak(0, 2)
  speaking.acceptMarker(SENTENCE, 0, NO_PAYLOAD, false)
  runAll(queue)
  assert.notEqual(seats[0]!.speaking, null, 'more may come in this turn')
  speaking.acceptMarker(TURN_END, 0, NO_PAYLOAD, true)
  assert.equal(runAll(queue), Infinity)
  assert.deepEqual(take(), ['0', '0', `0:${SENTENCE}`, `0:${TURN_END}`])
  assert.equal(seats[0]!.speaking, null)
  speak(1, 1)
  assert.equal(madeSpeaking(), 1)
  speak(2, 1)
  assert.equal(madeSpeaking(), 2)
})

test('a turn that is stale is silent at once, and its mouth free', () => {
  const { queue, seats, slots, speak, take } = makeRig()
  speak(0, 5)
  speak(1, 1)
  slots.setEpoch(0, 1, 2)
  runAll(queue)
  assert.deepEqual(take(), ['1'])
  assert.equal(seats[0]!.speaking, null)
})

test('out of credit the queue looks again soon; with nothing to say it need not', () => {
  const { queue, slots, speak, take } = makeRig()
  for (let frame = 0; frame < AHEAD; frame++) slots.addEncoded(0)
  speak(0, 2)
  assert.equal(runAll(queue), CREDIT_POLL_MS)
  assert.deepEqual(take(), [])
  slots.addSent(0)
  slots.addSent(0)
  assert.equal(runAll(queue), Infinity)
  assert.deepEqual(take(), ['0', '0'])
})

test('where the ring is full nothing is encoded that would be lost', () => {
  const { queue, speak, take, counters } = makeRig(1 << 10)
  speak(0, 10)
  let taken = 0
  for (let round = 0; round < 40; round++) {
    assert.ok(queue.run() >= 0)
    taken += take().length
  }
  assert.equal(taken, 10)
  assert.equal(counters.read().encodedFrames, 10)
})
