import { isMainThread, workerData } from 'node:worker_threads'
import { Flite, type Wave } from '../native-bindings/flite.js'
import { loadOpus } from '../native-bindings/opus.js'
import { Recogniser } from '../native-bindings/recogniser.js'
import { ChorusError, describeError } from '../src/core/errors.js'
import { speakWithEspeak } from '../src/providers/tts/espeak-engine.js'
import { microseconds } from '../src/ring/microseconds.js'
import { UtteranceArena } from '../src/ring/utterance-arena.js'
import type { ArenaSpeech, InferenceJob, InferenceResult, InferenceStart, SpeechJob } from '../src/ring/worker-messages.js'
import { applyNice } from './thread-setup.js'
import { OggOpusEncoder } from './inference/ogg-opus-encoder.js'
import { transcode } from './inference/transcode.js'

/** What one thread holds: a synthesiser and, unless a service recognises, a model of ~370 MB. */
class InferenceEngine {
  readonly nice: number
  readonly #start: InferenceStart
  readonly #arenas: readonly UtteranceArena[]
  readonly #recogniser: Recogniser | undefined
  readonly #flite = new Flite()
  #compressor: OggOpusEncoder | undefined

  constructor (start: InferenceStart) {
    this.nice = applyNice(start.config.threads.inferenceNice)
    this.#start = start
    this.#arenas = start.arenas.map(memory => new UtteranceArena(memory))
    const { recogniser } = start.models
    this.#recogniser = recogniser === undefined ? undefined : new Recogniser(recogniser, start.config.inference.device)
  }

  /** First runs cost several times the later ones; nobody shall wait for them. */
  warm (): void {
    const { samples } = this.#flite.synthesise('Ready.', this.#start.config.tts.flite.voice)
    this.#recogniser?.recognise(Float32Array.from(samples, sample => sample / 32_768))
  }

  recognise ({ arena, pages, samples }: ArenaSpeech): string {
    if (this.#recogniser === undefined) throw new TypeError('this worker was started without a recogniser')
    return this.#recogniser.recognise(this.#arenas[arena]!.readFloats(pages, samples))
  }

  compress ({ arena, pages, samples }: ArenaSpeech): Uint8Array<ArrayBuffer> {
    const pcm = new Int16Array(samples)
    this.#arenas[arena]!.readInto(pages, pcm)
    this.#compressor ??= new OggOpusEncoder(loadOpus(this.#start.config.audio.opus))
    return this.#compressor.encode(pcm)
  }

  async speak (job: SpeechJob): Promise<Wave> {
    const { tts } = this.#start.config
    return job.engine === 'flite' ? this.#flite.synthesise(job.text, tts.flite.voice) : await speakWithEspeak(job.text, job.language, tts.espeak)
  }

  transcode (packets: readonly Uint8Array[]): Uint8Array[] {
    return transcode(packets, loadOpus(this.#start.config.audio.opus), this.#start.config.audio)
  }
}

let engine: InferenceEngine | undefined

/** The task of an inference worker: one whole job. Errors are results: they keep their code. */
export default async function runInferenceJob (job: InferenceJob): Promise<InferenceResult> {
  try {
    engine ??= createEngine()
    return await runJob(engine, job)
  } catch (error) {
    const record = error instanceof ChorusError ? error.toRecord() : { code: 'CHORUS_INFERENCE_FAILED' as const, args: [job.kind, describeError(error)] }
    return { kind: 'error', error: record }
  }
}

async function runJob (engine: InferenceEngine, job: InferenceJob): Promise<InferenceResult> {
  const begunAt = microseconds()
  switch (job.kind) {
    case 'warm':
      engine.warm()
      return { kind: 'warm', nice: engine.nice }
    case 'recognise': {
      const text = engine.recognise(job)
      return { kind: 'text', text, times: { begunAt, endedAt: microseconds() } }
    }
    case 'compress':
      return { kind: 'file', bytes: engine.compress(job) }
    case 'speech': {
      const wave = await engine.speak(job)
      return { kind: 'pcm', samples: wave.samples, sampleRateHz: wave.sampleRateHz, times: { begunAt, endedAt: microseconds() } }
    }
    case 'transcode':
      return { kind: 'packets', packets: engine.transcode(job.packets) }
  }
}

function createEngine (): InferenceEngine {
  if (isMainThread) throw new TypeError('this file runs in a worker')
  return new InferenceEngine(workerData as InferenceStart)
}
