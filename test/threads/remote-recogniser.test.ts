import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { setImmediate as loopTurn } from 'node:timers/promises'
import { MessageChannel } from 'node:worker_threads'
import { makeConfig } from '../../src/core/config.js'
import { ChorusError } from '../../src/core/errors.js'
import type { WorkTimes } from '../../src/core/turn-stages.js'
import type { Asr, AsrRequest, Transcript } from '../../src/providers/types.js'
import { createArenaMemory, PAGE_SAMPLES, UtteranceArena } from '../../src/ring/utterance-arena.js'
import type { CompressJob } from '../../src/ring/worker-messages.js'
import { RemoteRecogniser } from '../../src/threads/remote-recogniser.js'
import type { Utterance } from '../../src/threads/recogniser.js'
import { RecognitionDesk } from '../../workers/dialogue/recognition-desk.js'
import { parseWav } from '../support/wav.js'

const never = (): AbortSignal => new AbortController().signal
// A wait that should not be long ends the test instead of hanging it.
const options = { timeout: 10_000 }

interface Asked extends AsrRequest {
  readonly worker: number
  readonly resolve: (transcript: Transcript) => void
  readonly reject: (error: Error) => void
}

const noTimes: WorkTimes = { begunAt: 0, endedAt: 0 }

/** A service that answers when it is told to. Like the real one, it rejects when it is aborted. */
class Service implements Asr {
  readonly name = 'asr/test'
  readonly asked: Asked[] = []
  readonly #waiting: Array<() => void> = []
  readonly #worker: number

  constructor (worker: number) { this.#worker = worker }

  recognise (request: AsrRequest): Promise<Transcript> {
    return new Promise((resolve, reject) => {
      request.signal.addEventListener('abort', () => { reject(request.signal.reason as Error) })
      this.asked.push({ ...request, worker: this.#worker, resolve, reject })
      this.#waiting.shift()?.()
    })
  }

  /** The request of that number, as soon as it is there. */
  async request (index: number): Promise<Asked> {
    while (this.asked.length <= index) await new Promise<void>(resolve => { this.#waiting.push(resolve) })
    return this.asked[index]!
  }

  async warm (): Promise<void> {}
  async close (): Promise<void> {}
}

function makeRig (t: TestContext, settings: Readonly<Record<string, unknown>> = {}, workers = 1) {
  const memory = createArenaMemory(8)
  const arena = new UtteranceArena(memory)
  const jobs: Array<{ readonly job: CompressJob, readonly signal: AbortSignal }> = []
  const compressor = {
    compress: (job: CompressJob, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>> => {
      jobs.push({ job, signal })
      return job.samples > 5000 ? Promise.reject(new ChorusError('CHORUS_INFERENCE_BUSY', [1])) : Promise.resolve(Uint8Array.of(1, 2, 3))
    }
  }
  const recogniser = new RemoteRecogniser(makeConfig(settings).asr.service, compressor)
  const services = Array.from({ length: workers }, (_, worker) => new Service(worker))
  const desks = services.map(service => {
    const { port1, port2 } = new MessageChannel()
    t.after(() => { port1.close() })
    recogniser.addWorker(port1)
    const arenas = [createArenaMemory(1), memory].map(memory => new UtteranceArena(memory))
    return { port: port2, desk: new RecognitionDesk(service, port2, arenas) }
  })
  const utterance = (samples = 4000): Utterance => ({ arena: 1, pages: [3, 2], samples, language: 'de', name: { slot: 0, generation: 1, utterance: 1 } })
  return { recogniser, services, service: services[0]!, desks, arena, jobs, utterance }
}

test('speech in the arena arrives as a WAV file, and the words come back', options, async t => {
  const { recogniser, service, arena, utterance } = makeRig(t)
  const samples = Int16Array.from({ length: PAGE_SAMPLES + 500 }, (_, at) => at % 60_000 - 30_000)
  arena.write(3, 0, samples, 0, PAGE_SAMPLES)
  arena.write(2, 0, samples, PAGE_SAMPLES, 500)
  const words = recogniser.recognise(utterance(samples.length), never(), { ...noTimes })
  const { file, language, resolve } = await service.request(0)
  assert.deepEqual([file.format, language], ['wav', ''])
  assert.deepEqual(parseWav(Buffer.from(file.bytes)), { sampleRate: 16_000, samples })
  const header = Buffer.from(file.bytes).subarray(0, 44)
  assert.deepEqual([header.readUInt32LE(4), header.readUInt32LE(28), header.readUInt16LE(32)], [36 + samples.length * 2, 32_000, 2])
  resolve({ text: 'hallo', language: 'german' })
  assert.equal(await words, 'hallo')
})

test('what is too short for any service has no words and is not sent', options, async t => {
  const { recogniser, service, utterance } = makeRig(t)
  assert.equal(await recogniser.recognise(utterance(0), never(), { ...noTimes }), '')
  assert.equal(await recogniser.recognise(utterance(1599), never(), { ...noTimes }), '')
  assert.equal(service.asked.length, 0)
})

test('an abort ends the request, and is waited for until nothing reads the speech', options, async t => {
  const { recogniser, service, utterance } = makeRig(t)
  const controller = new AbortController()
  let isSettled = false
  const words = recogniser.recognise(utterance(), controller.signal, { ...noTimes }).finally(() => { isSettled = true })
  const failed = assert.rejects(words, { code: 'CHORUS_STOPPING' })
  // The worker has not seen the request yet; when it does, it will read the speech.
  controller.abort(new Error('gone'))
  await Promise.resolve()
  assert.equal(isSettled, false)
  const { signal } = await service.request(0)
  await failed
  assert.ok(signal.aborted)
})

test('errors keep their code and arguments, and foreign ones get some', options, async t => {
  const { recogniser, service, utterance } = makeRig(t)
  const refused = assert.rejects(recogniser.recognise(utterance(), never(), { ...noTimes }), { code: 'CHORUS_PROVIDER_REFUSED', args: ['asr/test', 401, 'no'] })
  ;(await service.request(0)).reject(new ChorusError('CHORUS_PROVIDER_REFUSED', ['asr/test', 401, 'no']))
  await refused
  const broken = assert.rejects(recogniser.recognise(utterance(), never(), { ...noTimes }), { code: 'CHORUS_PROVIDER_BROKEN', args: ['asr/test', 'oops'] })
  ;(await service.request(1)).reject(new Error('oops'))
  await broken
})

test('no more requests run than allowed, no more wait than allowed, and one that is aborted makes room', options, async t => {
  const { recogniser, service, utterance } = makeRig(t, { 'asr.service.maxConcurrent': 2, 'asr.service.maxWaiting': 2 })
  const controller = new AbortController()
  const running = [recogniser.recognise(utterance(), never(), { ...noTimes }), recogniser.recognise(utterance(), never(), { ...noTimes })]
  const dropped = assert.rejects(recogniser.recognise(utterance(), controller.signal, { ...noTimes }), { message: 'gone' })
  const waiting = recogniser.recognise(utterance(), never(), { ...noTimes })
  assert.equal(recogniser.queued, 2)
  await assert.rejects(recogniser.recognise(utterance(), never(), { ...noTimes }), { code: 'CHORUS_ASR_BUSY', args: [2] })
  controller.abort(new Error('gone'))
  await dropped
  assert.equal(recogniser.queued, 1)
  await service.request(1)
  await loopTurn()
  assert.equal(service.asked.length, 2)
  service.asked[1]!.resolve({ text: 'second', language: undefined })
  ;(await service.request(2)).resolve({ text: 'third', language: undefined })
  service.asked[0]!.resolve({ text: 'first', language: undefined })
  assert.deepEqual(await Promise.all([...running, waiting]), ['first', 'second', 'third'])
})

test('the service is told a language, that of the device, or none', options, async t => {
  for (const [setting, told] of [['', ''], ['fr', 'fr'], ['device', 'de']] as const) {
    const { recogniser, service, utterance } = makeRig(t, { 'asr.service.language': setting })
    const words = recogniser.recognise(utterance(), never(), { ...noTimes })
    const { language, resolve } = await service.request(0)
    assert.equal(language, told)
    resolve({ text: '', language: undefined })
    await words
  }
})

test('as Opus it is compressed by an inference worker first; where that fails, nothing is sent', options, async t => {
  const { recogniser, service, jobs, utterance } = makeRig(t, { 'asr.service.format': 'opus' })
  const signal = never()
  const words = recogniser.recognise(utterance(), signal, { ...noTimes })
  const { file, resolve } = await service.request(0)
  assert.deepEqual(jobs, [{ job: { kind: 'compress', arena: 1, pages: [3, 2], samples: 4000 }, signal }])
  assert.deepEqual(file, { format: 'opus', bytes: Uint8Array.of(1, 2, 3) })
  resolve({ text: 'x', language: undefined })
  await words
  await assert.rejects(recogniser.recognise(utterance(6000), never(), { ...noTimes }), { code: 'CHORUS_INFERENCE_BUSY' })
  assert.equal(service.asked.length, 1)
})

test('the dialogue worker with the fewest requests is asked', options, async t => {
  const { recogniser, services, utterance } = makeRig(t, {}, 2)
  const words = Array.from({ length: 3 }, () => recogniser.recognise(utterance(), never(), { ...noTimes }))
  ;(await services[1]!.request(0)).resolve({ text: '', language: undefined })
  await words[1]
  const fourth = recogniser.recognise(utterance(), never(), { ...noTimes })
  await services[0]!.request(1)
  await services[1]!.request(1)
  assert.deepEqual(services.map(({ asked }) => asked.length), [2, 2])
  for (const { asked } of services) for (const { resolve } of asked) resolve({ text: '', language: undefined })
  await Promise.all([...words, fourth])
})

test('a desk that closes answers all that it was asked', options, async t => {
  const { recogniser, service, desks, utterance } = makeRig(t)
  const failed = [0, 1].map(() => assert.rejects(recogniser.recognise(utterance(), never(), { ...noTimes }), { code: 'CHORUS_STOPPING' }))
  await service.request(1)
  await desks[0]!.desk.close()
  desks[0]!.port.close()
  await Promise.all(failed)
})

test('a port that closes ends what nobody will answer', options, async t => {
  const { recogniser, service, desks, utterance } = makeRig(t)
  const failed = assert.rejects(recogniser.recognise(utterance(), never(), { ...noTimes }), { code: 'CHORUS_STOPPING' })
  await service.request(0)
  desks[0]!.port.close()
  await failed
})
