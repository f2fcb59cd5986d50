import { StreamingRecogniser } from '../native-bindings/streaming-recogniser.js'
import { ByteRing } from '../src/ring/byte-ring.js'
import { LoopBell, SleeperBell } from '../src/ring/doorbell.js'
import { Outbox } from '../src/ring/outbox.js'
import { SlotTable } from '../src/ring/slot-table.js'
import type { StreamingStart } from '../src/ring/worker-messages.js'
import { StreamingLoop } from './streaming/streaming-loop.js'
import { announceReady, applyNice } from './thread-setup.js'

/** The task of the streaming worker: loads the model and listens until it is asked to stop. */
export default async function runStreamingWorker (start: StreamingStart): Promise<void> {
  const { asr, inference, threads } = start.config
  const nice = applyNice(threads.streamingNice)
  const recogniser = new StreamingRecogniser(start.files, asr.streaming, inference.device)
  const loop = new StreamingLoop({
    recogniser,
    slots: new SlotTable(start.slots),
    bell: new SleeperBell(start.bell),
    fromVoice: start.fromVoice.map(memory => new ByteRing(memory)),
    toVoice: start.toVoice.map(({ ring, bell }) => new Outbox(new ByteRing(ring), new SleeperBell(bell))),
    outbox: new Outbox(new ByteRing(start.toGateway), new LoopBell(start.gatewayBell, start.gatewayBellPort)),
    stopFlag: new Int32Array(start.stopFlag)
  }, asr.streaming)
  announceReady(start.control, nice, { model: start.files.kind, chunkMs: recogniser.chunkSamples / 16 })
  await loop.run()
  start.control.close()
  start.gatewayBellPort.close()
}
