import type { InferencePool } from './inference-pool.js'
import type { Recogniser, Utterance, Words } from './recogniser.js'

/** The models of the inference workers. */
export class LocalRecogniser implements Recogniser {
  readonly takesGuesses = true
  readonly #pool: Pick<InferencePool, 'recognise' | 'isIdle'>

  constructor (pool: Pick<InferencePool, 'recognise' | 'isIdle'>) {
    this.#pool = pool
  }

  get isIdle (): boolean { return this.#pool.isIdle }

  async recognise ({ arena, pages, samples }: Utterance, signal: AbortSignal): Promise<Words> {
    return { text: await this.#pool.recognise({ kind: 'recognise', arena, pages, samples }, signal), language: undefined }
  }
}
