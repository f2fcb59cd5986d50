import { ByteRing, createRingMemory } from '../../src/ring/byte-ring.js'
import { SleeperBell } from '../../src/ring/doorbell.js'
import { MAX_PAYLOAD_BYTES, SPEECH_STARTED } from '../../src/ring/layout.js'
import { microseconds, microsecondsSince } from '../../src/ring/microseconds.js'
import { Outbox } from '../../src/ring/outbox.js'
import { RecordHeader } from '../../src/ring/record-header.js'
import { SlotTable } from '../../src/ring/slot-table.js'
import { createArenaMemory, PAGE_SAMPLES, UtteranceArena } from '../../src/ring/utterance-arena.js'
import { VoiceCounters } from '../../src/ring/voice-counters.js'
import { alone, repeated } from './alone.js'
import { consume } from './types.js'

const ROUNDS = 1024
const SLOTS = 256
const WINDOW_SAMPLES = 512

/** What one frame of an answer does to the row of its slot, in all threads. */
export const slots = alone('frame through the slot table', () => {
  const table = SlotTable.create(SLOTS)
  for (let slot = 0; slot < SLOTS; slot++) table.setEpoch(slot, 1, 1)
  return repeated(ROUNDS, round => {
    const slot = round & (SLOTS - 1)
    if (!table.isCurrent(slot, 1, 1)) return 0
    table.addEncoded(slot)
    table.setUnencodedMs(slot, round)
    const ahead = table.framesAhead(slot)
    table.addSent(slot)
    table.setEmptyAt(slot, round)
    return ahead + table.emptyAt(slot)
  }, consume)
})

/** Its sleeper is awake, as it is under load; with a wake-up it is part of the case "ring". */
export const doorbell = alone('ring of a bell', () => {
  const bell = new SleeperBell()
  return repeated(ROUNDS, round => { bell.ring(); return round }, consume)
})

export const outbox = alone('control record, sent and popped', () => {
  const ring = new ByteRing(createRingMemory(64 * 1024))
  const box = new Outbox(ring, { ring () {} })
  const header = new RecordHeader()
  const payload = new Int32Array(MAX_PAYLOAD_BYTES / 4)
  return repeated(ROUNDS, round => {
    box.send(SPEECH_STARTED, 1, round & 255, 1, 1)
    box.flush()
    return ring.pop(header, payload)
  }, consume)
})

export const arena = alone('window into a page', () => {
  const pages = new UtteranceArena(createArenaMemory(16))
  const window = new Int16Array(WINDOW_SAMPLES).fill(5)
  const perPage = Math.floor(PAGE_SAMPLES / WINDOW_SAMPLES)
  return repeated(4 * perPage, round => {
    const page = pages.take()
    pages.write(page, round % perPage * WINDOW_SAMPLES, window, 0, WINDOW_SAMPLES)
    pages.release(page)
    return page
  }, consume)
})

export const counters = alone('window, counted', () => {
  const voice = new VoiceCounters()
  return repeated(ROUNDS, round => {
    voice.addWindows(1)
    voice.addFrame()
    voice.addLatency(round * 20)
    return round
  }, consume)
})

export const clock = alone('look at the clock of all threads', () => {
  return repeated(ROUNDS, round => microsecondsSince(round, microseconds()), consume)
})
