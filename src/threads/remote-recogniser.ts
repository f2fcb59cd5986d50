import type { MessagePort } from 'node:worker_threads'
import type { Config } from '../core/config-schema.js'
import { ChorusError } from '../core/errors.js'
import type { WorkTimes } from '../core/turn-stages.js'
import type { InferencePool } from './inference-pool.js'
import { InferenceQueue } from './inference-queue.js'
import { RecognitionLink } from './recognition-link.js'
import type { Recogniser, Utterance } from './recogniser.js'

interface Errand { readonly utterance: Utterance, readonly signal: AbortSignal, readonly times: WorkTimes }

/** 100 ms: services refuse what is shorter, and no word is. */
const MIN_SAMPLES = 1600

/** A recognition service, asked by the dialogue workers. */
export class RemoteRecogniser implements Recogniser {
  readonly takesGuesses = false
  readonly isIdle = true
  readonly #options: Config['asr']['service']
  readonly #compressor: Pick<InferencePool, 'compress'>
  readonly #links: RecognitionLink[] = []
  readonly #queue: InferenceQueue<Errand, string>

  constructor (options: Config['asr']['service'], compressor: Pick<InferencePool, 'compress'>) {
    this.#options = options
    this.#compressor = compressor
    const busy = (waiting: number): ChorusError => new ChorusError('CHORUS_ASR_BUSY', [waiting])
    this.#queue = new InferenceQueue(errand => this.#run(errand), options.maxConcurrent, options.maxWaiting, busy)
  }

  /** Utterances that wait for a request to end. */
  get queued (): number { return this.#queue.length }

  /** The gateway's end of a dialogue worker's port. */
  addWorker (port: MessagePort): void { this.#links.push(new RecognitionLink(port)) }

  async recognise (utterance: Utterance, signal: AbortSignal, times: WorkTimes): Promise<string> {
    return utterance.samples < MIN_SAMPLES ? '' : await this.#queue.submit({ utterance, signal, times }, 0, signal)
  }

  async #run ({ utterance, signal, times }: Errand): Promise<string> {
    const { arena, pages, samples } = utterance
    const speech = this.#options.format === 'opus'
      ? { kind: 'file', bytes: await this.#compressor.compress({ kind: 'compress', arena, pages, samples }, signal) } as const
      : { kind: 'samples', arena, pages, samples } as const
    const language = this.#options.language === 'device' ? utterance.language : this.#options.language
    const answer = await this.#idlest().ask(speech, language, signal)
    Object.assign(times, answer.times)
    return answer.text
  }

  #idlest (): RecognitionLink {
    return this.#links.reduce((best, link) => link.pending < best.pending ? link : best)
  }
}
