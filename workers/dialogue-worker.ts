import { describeError } from '../src/core/errors.js'
import { chooseAsr, chooseLlm, chooseTts, type OnFallback } from '../src/providers/registry.js'
import { ByteRing } from '../src/ring/byte-ring.js'
import { LoopBell, LoopBellReceiver, SleeperBell } from '../src/ring/doorbell.js'
import { Outbox } from '../src/ring/outbox.js'
import { SlotTable } from '../src/ring/slot-table.js'
import { UtteranceArena } from '../src/ring/utterance-arena.js'
import type { DialogueStart, WorkerNews } from '../src/ring/worker-messages.js'
import { DialogueDesk, type DeskOptions } from './dialogue/dialogue-desk.js'
import { JobClient } from './dialogue/job-client.js'
import { RecognitionDesk } from './dialogue/recognition-desk.js'
import { ToolDesk } from './dialogue/tool-desk.js'
import { announceReady, applyNice } from './thread-setup.js'

/** The task of a dialogue worker: serves its ring until it is asked to stop. */
export default async function runDialogueWorker (start: DialogueStart): Promise<void> {
  const { config, control } = start
  const nice = applyNice(config.threads.dialogueNice)
  const log: DeskOptions['log'] = (level, message, fields) => { control.postMessage({ kind: 'log', level, message, fields } satisfies WorkerNews) }
  const onFallback: OnFallback = (failed, next, error) => { log('warn', 'a provider failed, and the next one is asked', { failed, next, error: describeError(error) }) }
  const llm = await chooseLlm(config, onFallback)
  const tts = await chooseTts(config, { jobs: new JobClient(start.jobs), hasEspeak: start.hasEspeak }, onFallback)
  const asr = await chooseAsr(config, onFallback)
  const recognition = asr === undefined || start.recognition === undefined
    ? undefined
    : new RecognitionDesk(asr, start.recognition.port, start.recognition.arenas.map(memory => new UtteranceArena(memory)))
  const stopFlag = new Int32Array(start.stopFlag)
  const tools = new ToolDesk(config.tools, start.tools, log)
  const desk = new DialogueDesk({
    config,
    tools,
    llm: llm.provider,
    tts: tts.provider,
    members: { llm: llm.members, tts: tts.members },
    slots: new SlotTable(start.slots),
    fromGateway: new ByteRing(start.fromGateway),
    outbox: new Outbox(new ByteRing(start.toGateway), new LoopBell(start.gatewayBell, start.gatewayBellPort)),
    toVoice: start.toVoice.map(({ ring, bell }) => ({ ring: new ByteRing(ring), bell: new SleeperBell(bell) })),
    log
  })
  await Promise.all([llm.provider.warm(), tts.provider.warm(), asr?.warm()])
  await new Promise<void>(resolve => {
    const receiver = new LoopBellReceiver(start.bell, start.bellPort, () => {
      if (Atomics.load(stopFlag, 0) === 0) return desk.takeOne()
      resolve()
      return false
    })
    receiver.poke()
    announceReady(control, nice, { llm: llm.provider.name, llmBecause: llm.because, tts: tts.provider.name, ttsBecause: tts.because })
  })
  tools.close() // before the turns that wait for them
  await Promise.all([desk.close(), recognition?.close()])
  await Promise.all([llm.provider.close(), tts.provider.close(), asr?.close()])
  for (const port of [control, start.gatewayBellPort, start.bellPort, start.jobs, start.tools]) port.close()
  start.recognition?.port.close()
}
