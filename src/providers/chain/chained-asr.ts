import type { Asr, AsrRequest, Transcript } from '../types.js'
import type { Chain } from './chain.js'

/** Recognition services of which the next one is asked where the one before failed. */
export class ChainedAsr implements Asr {
  readonly #chain: Chain<Asr>

  constructor (chain: Chain<Asr>) {
    this.#chain = chain
  }

  get name (): string { return this.#chain.name }

  recognise (request: AsrRequest): Promise<Transcript> {
    return this.#chain.ask(asr => asr.recognise(request), request.signal)
  }

  warm (): Promise<void> { return this.#chain.warm() }
  close (): Promise<void> { return this.#chain.close() }
}
