import type { OpenAI } from 'openai'
import { Scope } from '../../core/scope.js'
import { OpenAiConnection, type OpenAiConnectionOptions } from '../openai-connection.js'
import type { ChatMessage, Llm, LlmRequest } from '../types.js'
import { ThinkFilter } from './think-filter.js'

export interface OpenAiLlmOptions extends OpenAiConnectionOptions {
  readonly model: string
  readonly temperature?: number
  readonly maxTokens?: number
  /** Fields of this server alone, added to the request: `{ enable_thinking: false }`. */
  readonly extraBody?: Readonly<Record<string, unknown>>
}

type ChatStream = AsyncIterable<unknown> & { readonly controller: AbortController }
type ChatParams = OpenAI.Chat.ChatCompletionCreateParamsStreaming

/** Any server that speaks OpenAI's chat completions. */
export class OpenAiLlm implements Llm {
  readonly name = 'llm/openai'
  readonly #options: OpenAiLlmOptions
  readonly #connection: OpenAiConnection

  constructor (options: OpenAiLlmOptions) {
    this.#options = options
    this.#connection = new OpenAiConnection(this.name, options)
  }

  async * stream (request: LlmRequest): AsyncGenerator<string, void, void> {
    if (request.signal.aborted) return
    await using exchange = new Scope(request.signal) // closes what a consumer leaves half read
    try {
      const filter = new ThinkFilter()
      for await (const delta of this.#deltas(request.messages, exchange.signal)) {
        if (request.signal.aborted) return
        const text = filter.push(delta)
        if (text !== '') yield text
      }
      const rest = filter.end()
      if (rest !== '' && !request.signal.aborted) yield rest
    } catch (error) {
      if (!request.signal.aborted) throw this.#connection.fault(error)
    }
  }

  warm (): Promise<void> { return this.#connection.warm() }
  close (): Promise<void> { return this.#connection.close() }

  async * #deltas (messages: readonly ChatMessage[], signal: AbortSignal): AsyncGenerator<string, void, void> {
    const stream = await this.#open(messages, signal)
    let chunks = 0
    for await (const chunk of stream) {
      const delta = this.#deltaOf(chunk)
      if (delta !== undefined) chunks++
      if (delta !== undefined && delta !== '') yield delta
    }
    if (chunks === 0 && !signal.aborted) throw this.#connection.rubbish('an answer without a single chunk')
  }

  async #open (messages: readonly ChatMessage[], signal: AbortSignal): Promise<ChatStream> {
    const { model, temperature, maxTokens, extraBody } = this.#options
    const params = {
      model,
      messages: messages.map(({ role, content }) => ({ role, content })),
      stream: true,
      ...(temperature === undefined ? {} : { temperature }),
      ...(maxTokens === undefined ? {} : { max_tokens: maxTokens }),
      ...extraBody
    } satisfies ChatParams
    const { data, response } = await this.#connection.client.chat.completions.create(params as ChatParams, { signal }).withResponse()
    const type = response.headers.get('content-type') ?? ''
    if (!type.includes('html')) return data
    data.controller.abort()
    throw this.#connection.rubbish(type)
  }

  /**
   * The text of a chunk; undefined for one that is none. Usage and filter reports have no choices.
   */
  #deltaOf (chunk: unknown): string | undefined {
    if (!isRecord(chunk)) throw this.#connection.rubbish(`a chunk that is ${JSON.stringify(chunk)}`)
    if (!Array.isArray(chunk.choices)) return undefined
    const choice: unknown = chunk.choices[0]
    if (!isRecord(choice) || !isRecord(choice.delta)) return ''
    const content = choice.delta.content ?? ''
    if (typeof content !== 'string') throw this.#connection.rubbish(`content of type ${typeof content}`)
    return content
  }
}

function isRecord (value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
