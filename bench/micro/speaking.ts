import type { OpusEncoder } from '../../native-bindings/opus.js'
import { ResamplerLibrary } from '../../native-bindings/resampler.js'
import { makeConfig } from '../../src/core/config.js'
import { ByteRing, createRingMemory } from '../../src/ring/byte-ring.js'
import { MAX_PAYLOAD_BYTES, SENTENCE } from '../../src/ring/layout.js'
import { Outbox } from '../../src/ring/outbox.js'
import { RecordHeader } from '../../src/ring/record-header.js'
import { SlotTable } from '../../src/ring/slot-table.js'
import { VoiceCounters } from '../../src/ring/voice-counters.js'
import { EncodeQueue } from '../../workers/voice/encode-queue.js'
import { MarkerQueue } from '../../workers/voice/marker-queue.js'
import { Seat } from '../../workers/voice/seat.js'
import { Speaking } from '../../workers/voice/speaking.js'
import { alone, repeated } from './alone.js'
import { consume } from './types.js'

const SEATS = 32
const { audio } = makeConfig()
const FRAME_SAMPLES = audio.sampleRateHz / 1000 * audio.frameMs
const packet = new Uint8Array(180).fill(7)
/** What is measured is not the codec. */
const encoder: OpusEncoder = { encode: () => packet, reset () {} }

/** Frames of 32 seats: PCM in, the most urgent one encoded first, records out. */
export const encodeQueue = alone('frame of an answer, without its encoding', async () => {
  const resamplers = await ResamplerLibrary.load()
  const slots = SlotTable.create(SEATS)
  const ring = new ByteRing(createRingMemory(256 * 1024))
  const outbox = new Outbox(ring, { ring () {} })
  const createSpeaking = (): Speaking => new Speaking(encoder, resamplers, audio.sampleRateHz, audio.frameMs)
  const queue = new EncodeQueue({ slots, outbox, counters: new VoiceCounters(), createSpeaking }, 16, audio.frameMs)
  const seats = Array.from({ length: SEATS }, (_, slot) => {
    const seat = new Seat(slot, slots, outbox)
    seat.generation = 1
    slots.setEpoch(slot, 1, 1)
    return seat
  })
  const pcm = new Int16Array(FRAME_SAMPLES).fill(900)
  const header = new RecordHeader()
  const payload = new Int32Array(MAX_PAYLOAD_BYTES / 4)
  return {
    operations: SEATS,
    run: () => {
      for (let slot = 0; slot < SEATS; slot++) queue.speakingOf(seats[slot]!, 1).acceptPcm(pcm, audio.sampleRateHz)
      consume(queue.run())
      while (ring.pop(header, payload) >= 0) slots.addSent(header.slot)
    }
  }
})

export const speaking = alone('frame of a voice, without its encoding', async () => {
  const one = new Speaking(encoder, await ResamplerLibrary.load(), audio.sampleRateHz, audio.frameMs)
  one.begin(1)
  const pcm = new Int16Array(FRAME_SAMPLES).fill(900)
  return repeated(256, () => {
    one.acceptPcm(pcm, audio.sampleRateHz)
    return one.nextMarker() === undefined && one.hasFrame ? one.encodeFrame().length : 0
  }, consume)
})

export const markerQueue = alone('marker, queued and taken', () => {
  const queue = new MarkerQueue()
  const payload = new Uint8Array(60)
  return repeated(512, round => {
    queue.push(round, SENTENCE, 0, payload)
    const bytes = queue.first!.payload.length
    queue.shift()
    return bytes
  }, consume)
})
