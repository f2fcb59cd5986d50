import type { WorkTimes } from '../core/turn-stages.js'
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

  async recognise ({ arena, pages, samples }: Utterance, signal: AbortSignal, times: WorkTimes): Promise<string> {
    const result = await this.#pool.recognise({ kind: 'recognise', arena, pages, samples }, signal)
    Object.assign(times, result.times)
    return result.text
  }
}
