import { ByteRing, createRingMemory } from '../../src/ring/byte-ring.js'
import { DOWNLINK_FRAME, MAX_PAYLOAD_BYTES } from '../../src/ring/layout.js'
import { RecordHeader } from '../../src/ring/record-header.js'
import { SlotTable } from '../../src/ring/slot-table.js'
import { FloodGuard } from '../../src/session/flood-guard.js'
import { PacketQueue } from '../../src/session/packet-queue.js'
import { PlayoutClock, type Clock, type Scheduled } from '../../src/session/playout-clock.js'
import { Playout, PlayoutStats, type PlayoutLine } from '../../src/session/playout.js'
import type { EngineSink } from '../../src/threads/engine-sink.js'
import { Inbound } from '../../src/threads/inbound.js'
import { SeatHandle, type SeatLinks } from '../../src/threads/seat-handle.js'
import type { SlotPool } from '../../src/threads/slot-pool.js'
import { WorkerLine } from '../../src/threads/worker-line.js'
import { alone, repeated } from './alone.js'
import { consume } from './types.js'

const ROUNDS = 512
const SESSIONS = 64
const FRAME_MS = 60
const packet = new Uint8Array(180).fill(7)
const noRecognition = { open () {}, close () {}, forget () {} }

/** Stands still until it is told; each session is served when it is asked to be. */
class SteppedClock implements Clock {
  time = 1000
  now (): number { return this.time }
  schedule (item: Scheduled): void { item.slot = 0 }
  cancel (item: Scheduled): void { item.slot = -1 }
}

/** A frame comes, its time comes, it goes. */
export const playout = alone('frame, paced', () => {
  const clock = new SteppedClock()
  const slots = SlotTable.create(SESSIONS)
  const line: PlayoutLine = {
    sendTts () {}, sendSentence () {}, sendText () {}, onSpoken () {},
    sendFrame: (frame, timestampMs) => { consume(frame.length + timestampMs); return 'sent' }
  }
  const ahead = { leadMs: 240, refillMs: 300, maxAheadMs: 1000, maxAheadPackets: 18 }
  const options = { frameMs: FRAME_MS, startGapMs: 100, restartGapMs: 50, ...ahead }
  const stats = new PlayoutStats()
  const sessions = Array.from({ length: SESSIONS }, (_, slot) => {
    const session = new Playout(clock, slots, options, line, stats)
    session.begin(slot)
    return session
  })
  return {
    operations: SESSIONS,
    run: () => {
      clock.time += FRAME_MS
      for (let slot = 0; slot < SESSIONS; slot++) {
        const session = sessions[slot]!
        slots.addEncoded(slot)
        session.pushFrame(packet)
        session.slot = -1
        session.onDue(clock.time)
      }
      consume(stats.frames)
    }
  }
})

export const playoutClock = alone('deadline, set', () => {
  const clock = new PlayoutClock()
  const items = Array.from({ length: SESSIONS }, () => ({ slot: -1, onDue () {} }))
  return {
    operations: SESSIONS,
    run: () => {
      const now = clock.now()
      for (let at = 0; at < SESSIONS; at++) clock.schedule(items[at]!, now + 60 + at * 10)
      consume(items[0]!.slot)
    },
    close: () => { clock.stop() }
  }
})

export const packetQueue = alone('packet, queued and taken', () => {
  const queue = new PacketQueue(32)
  return repeated(ROUNDS, () => {
    queue.pushPacket(packet)
    const { length } = queue.peekPacket()
    queue.shift()
    return length
  }, consume)
})

export const floodGuard = alone('frame, let through', () => {
  const guard = new FloodGuard({ textsPerSecond: 10, textBurst: 20, framesPerSecond: 50, frameBurst: 100 }, 0)
  let now = 0
  return repeated(ROUNDS, () => guard.takesFrame(now += FRAME_MS) ? 1 : 0, consume)
})

export const seatHandle = alone('frame of a device, to its voice worker', () => {
  const ring = new ByteRing(createRingMemory(64 * 1024))
  const line = new WorkerLine(ring, { ring () {} })
  const links: SeatLinks = { slots: SlotTable.create(SESSIONS), voice: line, dialogue: line, recognition: noRecognition }
  const seats = Array.from({ length: SESSIONS }, (_, slot) => {
    return new SeatHandle({ slot, generation: 1, voice: 0, dialogue: 0 }, links, { conversation: slot, language: 'en' })
  })
  const header = new RecordHeader()
  const payload = new Int32Array(MAX_PAYLOAD_BYTES / 4)
  while (ring.pop(header, payload) >= 0) consume(header.kind)
  return repeated(ROUNDS, round => {
    seats[round & (SESSIONS - 1)]!.pushFrame(packet)
    return ring.pop(header, payload)
  }, consume)
})

export const inbound = alone('frame of a voice worker, to its session', () => {
  const slots = SlotTable.create(SESSIONS)
  for (let slot = 0; slot < SESSIONS; slot++) slots.setEpoch(slot, 1, 1)
  const sink = { onFrame: (slot: number, _turn: number, frame: Uint8Array) => { consume(slot + frame.length) } } as unknown as EngineSink
  const reader = new Inbound(slots, {} as SlotPool, sink, noRecognition as never, () => 0)
  const ring = new ByteRing(createRingMemory(64 * 1024))
  const header = new RecordHeader()
  return repeated(ROUNDS, round => {
    ring.push(header.set(DOWNLINK_FRAME, round & (SESSIONS - 1), 1, 1), packet, packet.length)
    return reader.takeFromVoice(ring) ? 1 : 0
  }, consume)
})
