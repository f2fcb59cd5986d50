import { jsonAnswer, type Answer } from './answer.js'
import { checkFields, isAnything, isBetween, isCount, isFlag, isObject, isText, type Fields } from './fields.js'
import type { MockAiOptions } from './options.js'
import type { Reply } from './reply.js'

const rules = {
  required: ['model', 'messages'],
  known: {
    model: isText,
    messages: isMessages,
    stream: isFlag,
    stream_options: isObject,
    temperature: isBetween(0, 2),
    top_p: isBetween(0, 1),
    max_tokens: isCount,
    max_completion_tokens: isCount,
    frequency_penalty: isBetween(-2, 2),
    presence_penalty: isBetween(-2, 2),
    n: (value: unknown) => value === 1,
    stop: isAnything,
    seed: Number.isInteger,
    tools: Array.isArray,
    tool_choice: isAnything,
    parallel_tool_calls: isFlag,
    response_format: isObject,
    reasoning_effort: isText,
    metadata: isObject,
    user: isText
  }
}

/** POST /v1/chat/completions. */
export class Chat {
  readonly #options: MockAiOptions
  readonly #reply: Reply
  #count = 0

  constructor (options: MockAiOptions, reply: Reply) {
    this.#options = options
    this.#reply = reply
  }

  /** @throws ApiError */
  answer (fields: Fields): Answer {
    checkFields(fields, rules)
    const { firstTokenMs, tokenMs } = this.#options
    const frame = { id: `chatcmpl-mock${++this.#count}`, created: Math.floor(Date.now() / 1000), model: String(fields['model']), system_fingerprint: null }
    if (fields['stream'] !== true) return jsonAnswer(this.#whole(frame, fields), firstTokenMs + (this.#reply.tokens.length - 1) * tokenMs)
    const withUsage = isObject(fields['stream_options']) && fields['stream_options']['include_usage'] === true
    return {
      contentType: 'text/event-stream; charset=utf-8',
      chunks: this.#events(frame, withUsage ? this.#usage(fields) : undefined),
      firstMs: firstTokenMs,
      everyMs: tokenMs
    }
  }

  #whole (frame: object, fields: Fields): object {
    const message = { role: 'assistant', content: this.#reply.text, refusal: null }
    return { ...frame, object: 'chat.completion', choices: [{ index: 0, message, logprobs: null, finish_reason: 'stop' }], usage: this.#usage(fields) }
  }

  // The words one by one; what ends the stream goes with the last of them.
  * #events (frame: object, usage: object | undefined): Generator<Uint8Array, void, void> {
    const last = this.#reply.tokens.length - 1
    for (const [index, content] of this.#reply.tokens.entries()) {
      const events = [event(frame, { ...(index === 0 ? { role: 'assistant' } : {}), content }, null)]
      if (index === last) {
        events.push(event(frame, {}, 'stop'))
        if (usage !== undefined) events.push(`data: ${JSON.stringify({ ...frame, object: 'chat.completion.chunk', choices: [], usage })}\n\n`)
        events.push('data: [DONE]\n\n')
      }
      yield Buffer.from(events.join(''))
    }
  }

  #usage (fields: Fields): object {
    const prompt = Math.ceil(JSON.stringify(fields['messages']).length / 4)
    const completion = this.#reply.tokens.length
    return { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion }
  }
}

function event (frame: object, delta: object, finishReason: string | null): string {
  const chunk = { ...frame, object: 'chat.completion.chunk', choices: [{ index: 0, delta, logprobs: null, finish_reason: finishReason }] }
  return `data: ${JSON.stringify(chunk)}\n\n`
}

function isMessages (value: unknown): boolean {
  return Array.isArray(value) && value.length > 0 && value.every(isMessage)
}

function isMessage (message: unknown): boolean {
  if (!isObject(message)) return false
  const { role, content } = message
  if (!['system', 'developer', 'user', 'assistant', 'tool'].includes(String(role))) return false
  return typeof content === 'string' || Array.isArray(content) || (role === 'assistant' && message['tool_calls'] !== undefined)
}
