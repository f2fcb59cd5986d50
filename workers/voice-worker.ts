import { loadOpus } from '../native-bindings/opus.js'
import { ResamplerLibrary } from '../native-bindings/resampler.js'
import { SileroVad } from '../native-bindings/silero-vad.js'
import { ByteRing } from '../src/ring/byte-ring.js'
import { LoopBell, SleeperBell } from '../src/ring/doorbell.js'
import { SlotTable } from '../src/ring/slot-table.js'
import { UtteranceArena } from '../src/ring/utterance-arena.js'
import { VoiceCounters } from '../src/ring/voice-counters.js'
import type { VoiceStart } from '../src/ring/worker-messages.js'
import { announceReady, applyNice } from './thread-setup.js'
import { Outbox } from '../src/ring/outbox.js'
import { Recorder } from './voice/recorder.js'
import { VoiceLoop } from './voice/voice-loop.js'

/** The task of a voice worker: builds its loop and runs it until it is asked to stop. */
export default async function runVoiceWorker (start: VoiceStart): Promise<void> {
  const nice = applyNice(start.config.threads.voiceNice)
  const { loop, opus, recorder } = await createVoiceLoop(start)
  announceReady(start.control, nice, { opus })
  await loop.run()
  recorder?.close()
  start.control.close()
  start.gatewayBellPort.close()
}

/** A loop, which Opus it has, and what records for it. */
interface Parts { readonly loop: VoiceLoop, readonly opus: string, readonly recorder: Recorder | undefined }

/** Builds all that a voice worker has. */
export async function createVoiceLoop (start: VoiceStart): Promise<Parts> {
  const { audio, hearing, playout, threads } = start.config
  const { streaming, recording } = start
  const opus = loadOpus(audio.opus)
  const parts = {
    opus,
    resamplers: await ResamplerLibrary.load(),
    vad: new SileroVad(start.sileroPath, hearing.batchWindows, start.config.inference.device),
    slots: new SlotTable(start.slots),
    arena: new UtteranceArena(start.arena),
    bell: new SleeperBell(start.bell),
    fromGateway: new ByteRing(start.fromGateway),
    fromDialogue: start.fromDialogue.map(memory => new ByteRing(memory)),
    counters: new VoiceCounters(start.counters),
    outbox: new Outbox(new ByteRing(start.toGateway), new LoopBell(start.gatewayBell, start.gatewayBellPort)),
    toStreaming: streaming && new Outbox(new ByteRing(streaming.to), new SleeperBell(streaming.bell)),
    fromStreaming: streaming && new ByteRing(streaming.from),
    recorder: recording && new Recorder(recording, start.config.recording, { version: 1, node: process.version, opus: opus.kind, hearing }),
    stopFlag: new Int32Array(start.stopFlag)
  }
  const loop = new VoiceLoop(parts, {
    ...hearing,
    firstSlot: start.firstSlot,
    seats: threads.maxSeats,
    rateHz: audio.sampleRateHz,
    frameMs: audio.frameMs,
    bitrate: audio.bitrate,
    complexity: audio.complexity,
    framesAhead: Math.floor(playout.maxAheadMs / audio.frameMs)
  })
  return { loop, opus: opus.kind, recorder: parts.recorder }
}
