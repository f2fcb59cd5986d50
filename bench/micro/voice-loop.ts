import { LoopBell, SleeperBell } from '../../src/ring/doorbell.js'
import type { OpusLibrary } from '../../native-bindings/opus.js'
import { ResamplerLibrary } from '../../native-bindings/resampler.js'
import type { SileroVad } from '../../native-bindings/silero-vad.js'
import { makeConfig } from '../../src/core/config.js'
import { ByteRing, createRingMemory } from '../../src/ring/byte-ring.js'
import { ATTACH, DOWNLINK_FRAME, HEAR, hearFlags, MAX_PAYLOAD_BYTES, SPEECH_PCM, UPLINK_FRAME } from '../../src/ring/layout.js'
import { Outbox } from '../../src/ring/outbox.js'
import { RecordHeader } from '../../src/ring/record-header.js'
import { SlotTable } from '../../src/ring/slot-table.js'
import { createArenaMemory, UtteranceArena } from '../../src/ring/utterance-arena.js'
import { VoiceCounters } from '../../src/ring/voice-counters.js'
import { VoiceLoop } from '../../workers/voice/voice-loop.js'
import { alone } from './alone.js'
import { consume, type Variant } from './types.js'

const SEATS = 32
const PASSES = 8
const { audio, hearing, playout } = makeConfig()
const packet = new Uint8Array(180).fill(0x58, 0, 1)
const pcm = new Uint8Array(2 * audio.sampleRateHz / 1000 * audio.frameMs)

/** Codecs and model that cost nothing: what is measured is everything around them. */
const opus: OpusLibrary = {
  kind: 'native',
  createDecoder: () => ({ decode: (_packet, _length, out) => { out.fill(500, 0, 960); return 960 }, reset () {} }),
  createEncoder: () => ({ encode: () => packet, reset () {} })
}
const vad = {
  run (streams: readonly { probability: number }[], count: number) {
    for (let row = 0; row < count; row++) streams[row]!.probability = 0.05
  }
} as unknown as SileroVad

/** The loop's sleep is the moment in which the other threads do something; time flies. */
class ScriptedBell extends SleeperBell {
  readonly #onSleep: () => void

  constructor (onSleep: () => void) {
    super()
    this.#onSleep = onSleep
  }

  override sleep (): void { this.#onSleep() }
  override doze (): void {}
}

/** Passes of a whole loop: each seat hears a frame and speaks one. */
async function runLoop (): Promise<Variant> {
  const slots = SlotTable.create(SEATS)
  const memories = [createRingMemory(1 << 20), createRingMemory(1 << 20), createRingMemory(1 << 20)] as const
  const [gateway, dialogue, out] = memories.map(memory => new ByteRing(memory)) as [ByteRing, ByteRing, ByteRing]
  const header = new RecordHeader()
  const payload = new Int32Array(MAX_PAYLOAD_BYTES / 4)
  const stopFlag = new Int32Array(new SharedArrayBuffer(4))
  let sequence = 0
  let left = 0
  const feed = (): void => {
    while (out.pop(header, payload) >= 0) if (header.kind === DOWNLINK_FRAME) slots.addSent(header.slot)
    if (left-- === 0) { stopFlag[0] = 1; return }
    for (let slot = 0; slot < SEATS; slot++) {
      header.set(UPLINK_FRAME, slot, 1, 1).sequence = sequence
      gateway.push(header, packet, packet.length)
      header.set(SPEECH_PCM, slot, 1, 1).time = audio.sampleRateHz
      dialogue.push(header, pcm, pcm.length)
    }
    sequence = (sequence + 1) & 0xffff
  }
  const port = { postMessage () {} } as unknown as ConstructorParameters<typeof LoopBell>[1]
  const counters = new VoiceCounters()
  const loop = new VoiceLoop({
    opus, resamplers: await ResamplerLibrary.load(), vad, slots, arena: new UtteranceArena(createArenaMemory(SEATS)),
    bell: new ScriptedBell(feed), counters, fromGateway: new ByteRing(memories[0]), fromDialogue: [new ByteRing(memories[1])],
    outbox: new Outbox(new ByteRing(memories[2]), new LoopBell(new SharedArrayBuffer(64), port)), stopFlag
  }, {
    ...hearing, gate: false, batchWaitMs: 0, firstSlot: 0, seats: SEATS, rateHz: audio.sampleRateHz, frameMs: audio.frameMs,
    bitrate: audio.bitrate, complexity: audio.complexity, framesAhead: Math.floor(playout.maxAheadMs / audio.frameMs)
  })
  for (let slot = 0; slot < SEATS; slot++) {
    slots.setEpoch(slot, 1, 1)
    gateway.push(header.set(ATTACH, slot, 1, 1), packet, 0)
    header.set(HEAR, slot, 1, 1).flags = hearFlags(false, 1)
    gateway.push(header, new Uint8Array(4), 4)
  }
  return {
    operations: PASSES * SEATS,
    run: async () => {
      stopFlag[0] = 0
      left = PASSES
      await loop.run()
      consume(counters.read().encodedFrames)
    }
  }
}

export const voiceLoop = alone('seat that hears a frame and speaks one, without codec and model', runLoop)
