import { jsonAnswer, type Answer } from './answer.js'
import { completionOf, type Completion } from './completion.js'
import { checkFields, isAnything, isBetween, isCount, isFlag, isObject, isText, type Fields } from './fields.js'
import type { MockAiOptions } from './options.js'
import type { Random } from './random.js'
import type { Reply } from './reply.js'
import { findLine } from './script.js'

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
  readonly #spoken = new Map<string, Completion>()
  #count = 0

  constructor (options: MockAiOptions, reply: Reply) {
    this.#options = options
    this.#reply = reply
  }

  /** @throws ApiError */
  check (fields: Fields): void { checkFields(fields, rules) }

  answer (fields: Fields, random: Random): Answer {
    const id = `mock${++this.#count}`
    const line = findLine(this.#options.script, fields) ?? { kind: 'say', text: this.#reply.text }
    const completion = completionOf(line, id, this.#spoken)
    const frame = { id: `chatcmpl-${id}`, created: Math.floor(Date.now() / 1000), model: String(fields['model']), system_fingerprint: null }
    const { firstTokenMs, tokenMs } = this.#options
    const firstMs = firstTokenMs(random)
    if (fields['stream'] === true) return streamed(completion, frame, fields, { firstMs, gapMs: () => tokenMs(random) })
    const restMs = completion.events.slice(1).reduce(sum => sum + tokenMs(random), 0)
    return jsonAnswer(whole(completion, frame, fields), firstMs + restMs)
  }
}

function whole ({ message, finishReason, events }: Completion, frame: object, fields: Fields): object {
  const choice = { index: 0, message, logprobs: null, finish_reason: finishReason }
  return { ...frame, object: 'chat.completion', choices: [choice], usage: usageOf(fields, events.length) }
}

// The tokens one by one; what ends the stream goes with the last of them.
function streamed ({ events, lastEvent }: Completion, frame: object, fields: Fields, timing: Pick<Answer, 'firstMs' | 'gapMs'>): Answer {
  const withUsage = isObject(fields['stream_options']) && fields['stream_options']['include_usage'] === true
  // Who asks for the usage finds the field in each chunk, and a number in the last one.
  const start = JSON.stringify({ ...frame, object: 'chat.completion.chunk', ...(withUsage ? { usage: null } : {}) }).slice(0, -1)
  const head = `data: ${start},"choices":[`
  const usage = withUsage
    ? `data: ${JSON.stringify({ ...frame, object: 'chat.completion.chunk', choices: [], usage: usageOf(fields, events.length) })}\n\n`
    : ''
  const last = events.length - 1
  const chunk = (index: number): string => head + events[index]! + (index === last ? `${head}${lastEvent}${usage}data: [DONE]\n\n` : '')
  return { contentType: 'text/event-stream; charset=utf-8', count: events.length, chunk, ...timing }
}

function usageOf (fields: Fields, completion: number): object {
  const prompt = Math.ceil(JSON.stringify(fields['messages']).length / 4)
  return { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion }
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
