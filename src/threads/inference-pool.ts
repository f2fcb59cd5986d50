import { Piscina } from 'piscina'
import { ChorusError } from '../core/errors.js'
import type { CompressJob, InferenceJob, InferenceResult, InferenceStart, RecogniseJob, SpeechJob } from '../ring/worker-messages.js'
import { InferenceQueue } from './inference-queue.js'

const FIRST = 0
const SECOND = 1
const LAST = 2

/** Worker threads that run local models, one whole job at a time, and the queue before them. */
export class InferencePool {
  readonly #pool: Piscina<InferenceJob, InferenceResult>
  readonly #queue: InferenceQueue<InferenceJob, InferenceResult>
  readonly #workers: number

  constructor (file: URL, start: InferenceStart, workers: number, queueLimit: number) {
    this.#workers = workers
    this.#pool = new Piscina({
      filename: file.href,
      minThreads: workers,
      maxThreads: workers,
      concurrentTasksPerWorker: 1,
      atomics: 'disabled',
      idleTimeout: Infinity, // a worker that left would take its warm model along
      workerData: start
    })
    this.#queue = new InferenceQueue(job => this.#pool.run(job), workers, queueLimit)
  }

  /** Would a job run at once? */
  get isIdle (): boolean { return this.#queue.isIdle }
  get queued (): number { return this.#queue.length }

  /**
   * Loads and runs every model once in every worker.
   * @returns the niceness of the workers
   * @throws CHORUS_INFERENCE_FAILED
   */
  async warm (): Promise<number> {
    const results = await Promise.all(Array.from({ length: this.#workers }, () => this.#queue.submit({ kind: 'warm' }, FIRST)))
    return expect(results[0]!, 'warm').nice
  }

  /** @throws CHORUS_INFERENCE_BUSY, CHORUS_INFERENCE_FAILED */
  async recognise (job: RecogniseJob, signal: AbortSignal): Promise<Extract<InferenceResult, { kind: 'text' }>> {
    return expect(await this.#queue.submit(job, FIRST, signal), 'text')
  }

  /**
   * Speech as an Ogg Opus file; somebody waits for its words.
   * @throws CHORUS_INFERENCE_BUSY, CHORUS_INFERENCE_FAILED
   */
  async compress (job: CompressJob, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
    return expect(await this.#queue.submit(job, FIRST, signal), 'file').bytes
  }

  /** The result as it came, errors included: it crosses to the dialogue worker that asked. */
  speak (job: SpeechJob, signal: AbortSignal): Promise<InferenceResult> {
    return this.#queue.submit(job, SECOND, signal)
  }

  async transcode (packets: readonly Uint8Array[]): Promise<readonly Uint8Array[]> {
    return expect(await this.#queue.submit({ kind: 'transcode', packets }, LAST), 'packets').packets
  }

  /** Waits for the job that runs: ending a thread inside native code would end the process. */
  async stop (): Promise<void> {
    await this.#queue.drain()
    await this.#pool.close()
  }
}

function expect<Kind extends InferenceResult['kind']> (result: InferenceResult, kind: Kind): Extract<InferenceResult, { kind: Kind }> {
  if (result.kind === 'error') throw new ChorusError(result.error.code, result.error.args)
  if (result.kind !== kind) throw new TypeError(`expected ${kind}, got ${result.kind}`)
  return result as Extract<InferenceResult, { kind: Kind }>
}
