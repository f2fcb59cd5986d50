import { BadRequestError, type OpenAI } from 'openai'
import { Scope } from '../../core/scope.js'
import { OpenAiConnection, type OpenAiConnectionOptions } from '../openai-connection.js'
import type { ChatMessage, Llm, LlmRequest, ToolCall, ToolSpec } from '../types.js'
import { ThinkFilter } from './think-filter.js'
import { ToolCallCollector } from './tool-call-collector.js'

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
  #takesTools = true

  constructor (options: OpenAiLlmOptions) {
    this.#options = options
    this.#connection = new OpenAiConnection(this.name, options)
  }

  async * stream (request: LlmRequest): AsyncGenerator<string | ToolCall, void, void> {
    if (request.signal.aborted) return
    await using exchange = new Scope(request.signal) // closes what a consumer leaves half read
    try {
      const filter = new ThinkFilter()
      const calls = new ToolCallCollector()
      for await (const delta of this.#deltas(request, calls, exchange.signal)) {
        if (request.signal.aborted) return
        const text = filter.push(delta)
        if (text !== '' || calls.hasAny) yield text // also while arguments come, for whoever waits
      }
      const rest = filter.end()
      if (rest !== '' && !request.signal.aborted) yield rest
      for (const call of calls.end()) if (!request.signal.aborted) yield call
    } catch (error) {
      if (!request.signal.aborted) throw this.#connection.fault(error)
    }
  }

  warm (): Promise<void> { return this.#connection.warm() }
  close (): Promise<void> { return this.#connection.close() }

  async * #deltas (request: LlmRequest, calls: ToolCallCollector, signal: AbortSignal): AsyncGenerator<string, void, void> {
    const stream = await this.#openWithTools(request, signal)
    let chunks = 0
    for await (const chunk of stream) {
      const delta = this.#deltaOf(chunk)
      if (delta === undefined) continue
      chunks++
      const content = delta['content'] ?? ''
      if (typeof content !== 'string') throw this.#connection.rubbish(`content of type ${typeof content}`)
      if (Array.isArray(delta['tool_calls'])) for (const part of delta['tool_calls']) if (isRecord(part)) calls.push(part)
      if (content !== '' || calls.hasAny) yield content
    }
    if (chunks === 0 && !signal.aborted) throw this.#connection.rubbish('an answer without a single chunk')
  }

  // Small local models refuse requests with tools: they still answer without.
  async #openWithTools (request: LlmRequest, signal: AbortSignal): Promise<ChatStream> {
    const { messages, tools = [] } = request
    if (tools.length === 0 || !this.#takesTools) return await this.#open(messages, [], signal)
    try {
      return await this.#open(messages, tools, signal)
    } catch (error) {
      if (!(error instanceof BadRequestError) || !/\btools?\b/i.test(error.message)) throw error
      this.#takesTools = false
      return await this.#open(messages, [], signal)
    }
  }

  async #open (messages: readonly ChatMessage[], tools: readonly ToolSpec[], signal: AbortSignal): Promise<ChatStream> {
    const { model, temperature, maxTokens, extraBody } = this.#options
    const params = {
      model,
      messages: messages.map(wireMessage),
      stream: true,
      ...(tools.length === 0 ? {} : { tools: tools.map(tool => ({ type: 'function' as const, function: tool })) }),
      ...(temperature === undefined ? {} : { temperature }),
      ...(maxTokens === undefined ? {} : { max_tokens: maxTokens }),
      ...extraBody
    }
    const { data, response } = await this.#connection.client.chat.completions.create(params as ChatParams, { signal }).withResponse()
    const type = response.headers.get('content-type') ?? ''
    if (!type.includes('html')) return data
    data.controller.abort()
    throw this.#connection.rubbish(type)
  }

  /**
   * What a chunk adds; undefined for one that is none. Usage and filter reports have no choices.
   */
  #deltaOf (chunk: unknown): Readonly<Record<string, unknown>> | undefined {
    if (!isRecord(chunk)) throw this.#connection.rubbish(`a chunk that is ${JSON.stringify(chunk)}`)
    if (!Array.isArray(chunk.choices)) return undefined
    const choice: unknown = chunk.choices[0]
    return isRecord(choice) && isRecord(choice.delta) ? choice.delta : {}
  }
}

function wireMessage (message: ChatMessage): OpenAI.Chat.ChatCompletionMessageParam {
  switch (message.role) {
    case 'system':
    case 'user': return { role: message.role, content: message.content }
    case 'tool': return { role: 'tool', tool_call_id: message.callId, content: message.content }
    case 'assistant': return message.toolCalls === undefined
      ? { role: 'assistant', content: message.content }
      : { role: 'assistant', content: message.content, tool_calls: message.toolCalls.map(wireCall) }
  }
}

function wireCall ({ id, name, arguments: args }: ToolCall): OpenAI.Chat.ChatCompletionMessageFunctionToolCall {
  return { id, type: 'function', function: { name, arguments: args } }
}

function isRecord (value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
