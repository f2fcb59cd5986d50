import type { Llm } from '../providers/types.js'

/** In place of a language model: the answer is given. */
export class Verbatim implements Llm {
  readonly name = 'llm/verbatim'
  readonly #text: string

  constructor (text: string) {
    this.#text = text
  }

  async * stream (): AsyncIterable<string> { yield await Promise.resolve(this.#text) }
  async warm (): Promise<void> { await Promise.resolve() }
  async close (): Promise<void> { await Promise.resolve() }
}
