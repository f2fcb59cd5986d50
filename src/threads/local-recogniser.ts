import type { InferencePool } from './inference-pool.js'
import type { Recogniser, Utterance } from './recogniser.js'

/** The models of the inference workers. */
export class LocalRecogniser implements Recogniser {
  readonly takesGuesses = true
  readonly #pool: Pick<InferencePool, 'recognise' | 'isIdle'>

  constructor (pool: Pick<InferencePool, 'recognise' | 'isIdle'>) {
    this.#pool = pool
  }

  get isIdle (): boolean { return this.#pool.isIdle }

  recognise ({ arena, pages, samples }: Utterance, signal: AbortSignal): Promise<string> {
    return this.#pool.recognise({ kind: 'recognise', arena, pages, samples }, signal)
  }
}
