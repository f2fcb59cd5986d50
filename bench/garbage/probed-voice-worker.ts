// The real voice worker, with a probe beside it in the same thread. Questions come by a broadcast
// and are answered when the voice loop yields.
import { BroadcastChannel } from 'node:worker_threads'
import { SileroVad, VadStream } from '../../native-bindings/silero-vad.js'
import { ByteRing } from '../../src/ring/byte-ring.js'
import { SleeperBell } from '../../src/ring/doorbell.js'
import { Outbox } from '../../src/ring/outbox.js'
import { RecordHeader } from '../../src/ring/record-header.js'
import { SlotTable } from '../../src/ring/slot-table.js'
import { UtteranceArena } from '../../src/ring/utterance-arena.js'
import { VoiceCounters } from '../../src/ring/voice-counters.js'
import type { VoiceStart } from '../../src/ring/worker-messages.js'
import runVoiceWorker, { createVoiceLoop } from '../../workers/voice-worker.js'
import { ArrivalLog } from '../../workers/voice/arrival-log.js'
import { BargeIn } from '../../workers/voice/barge-in.js'
import { EchoDetector } from '../../workers/voice/echo-detector.js'
import { EncodeQueue } from '../../workers/voice/encode-queue.js'
import { Endpointer } from '../../workers/voice/endpointer.js'
import { EnergyGate } from '../../workers/voice/energy-gate.js'
import { Hearing } from '../../workers/voice/hearing.js'
import { LevelTrack } from '../../workers/voice/level-track.js'
import { Marker, MarkerQueue } from '../../workers/voice/marker-queue.js'
import { PacketDecoder } from '../../workers/voice/packet-decoder.js'
import { RecentSamples } from '../../workers/voice/recent-samples.js'
import { SampleFifo } from '../../workers/voice/sample-fifo.js'
import { Seat } from '../../workers/voice/seat.js'
import { Speaking } from '../../workers/voice/speaking.js'
import { Utterance } from '../../workers/voice/utterance.js'
import { VadBatcher } from '../../workers/voice/vad-batcher.js'
import { VoiceLoop } from '../../workers/voice/voice-loop.js'
import { findMixedShapes, HeapProbe, type CollectionCounts, type HeapSize, type Shapes } from './probe.js'

export const CHANNEL = 'chorus-bench-garbage'

/** What is touched for every frame or window. */
const hotClasses = {
  VoiceLoop, Seat, Hearing, PacketDecoder, SampleFifo, RecentSamples, Endpointer, EnergyGate, Utterance, ArrivalLog, VadBatcher,
  EncodeQueue, Speaking, MarkerQueue, Marker, VadStream, SileroVad, ByteRing, RecordHeader, Outbox, SlotTable, SleeperBell, UtteranceArena,
  VoiceCounters, BargeIn, EchoDetector, LevelTrack
}

export type ProbeQuestion = 'counts' | 'heap' | 'shapes'
export type ProbeAnswer =
  | { readonly kind: 'counts' } & CollectionCounts
  | { readonly kind: 'heap' } & HeapSize
  | { readonly kind: 'shapes' } & Shapes

export default async function runProbedVoiceWorker (start: VoiceStart): Promise<void> {
  const probe = new HeapProbe()
  // Never used: its parts have the shapes that those of the other must keep.
  const unused = [await createVoiceLoop(start)]
  const channel = new BroadcastChannel(CHANNEL)
  const answer = async (question: ProbeQuestion): Promise<ProbeAnswer> => {
    switch (question) {
      case 'counts': return { kind: 'counts', ...probe.counts() }
      case 'heap': return { kind: 'heap', ...await probe.settledHeap() }
      case 'shapes': return { kind: 'shapes', ...findMixedShapes(hotClasses) }
    }
  }
  channel.onmessage = event => {
    // What fails ends the thread, and with it the benchmark.
    void answer((event as { readonly data: ProbeQuestion }).data).then(told => { channel.postMessage(told) })
  }
  await runVoiceWorker(start)
  channel.close()
  unused.length = 0
}
