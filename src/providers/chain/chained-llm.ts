import type { Llm, LlmRequest, ToolCall } from '../types.js'
import type { Chain, StreamPatience } from './chain.js'

/** Language models of which the next one answers where the one before said nothing. */
export class ChainedLlm implements Llm {
  readonly #chain: Chain<Llm>
  readonly #patience: StreamPatience

  constructor (chain: Chain<Llm>, patience: StreamPatience) {
    this.#chain = chain
    this.#patience = patience
  }

  get name (): string { return this.#chain.name }

  stream (request: LlmRequest): AsyncGenerator<string | ToolCall, void, void> {
    return this.#chain.stream((llm, signal) => llm.stream({ ...request, signal }), hasWords, request.signal, this.#patience)
  }

  warm (): Promise<void> { return this.#chain.warm() }
  close (): Promise<void> { return this.#chain.close() }
}

// An empty delta only says that the model is at work.
function hasWords (item: string | ToolCall): boolean { return item !== '' }
