import type { PcmChunk, SpeechRequest, Tts } from '../types.js'
import type { Chain, StreamPatience } from './chain.js'

/** Voices of which the next one speaks a sentence that the one before could not begin. */
export class ChainedTts implements Tts {
  readonly #chain: Chain<Tts>
  readonly #patience: StreamPatience

  constructor (chain: Chain<Tts>, patience: StreamPatience) {
    this.#chain = chain
    this.#patience = patience
  }

  get name (): string { return this.#chain.name }

  synthesise (request: SpeechRequest): AsyncGenerator<PcmChunk, void, void> {
    return this.#chain.stream((tts, signal) => tts.synthesise({ ...request, signal }), hasSound, request.signal, this.#patience)
  }

  warm (): Promise<void> { return this.#chain.warm() }
  close (): Promise<void> { return this.#chain.close() }
}

function hasSound ({ samples }: PcmChunk): boolean { return samples.length > 0 }
