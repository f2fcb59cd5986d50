import { Scope } from '../../core/scope.js'
import { OpenAiConnection, type OpenAiConnectionOptions } from '../openai-connection.js'
import type { Vision, VisionRequest } from '../types.js'

export interface OpenAiVisionOptions extends OpenAiConnectionOptions {
  readonly model: string
  readonly maxTokens: number
}

const SYSTEM_PROMPT = 'You see what the camera of a voice assistant sees. Answer in one to three short sentences of plain words, in the language of the question: they are spoken aloud.'

/** Any server that speaks OpenAI's chat completions with pictures in them. */
export class OpenAiVision implements Vision {
  readonly name = 'vision/openai'
  readonly #options: OpenAiVisionOptions
  readonly #connection: OpenAiConnection

  constructor (options: OpenAiVisionOptions) {
    this.#options = options
    this.#connection = new OpenAiConnection(this.name, options)
  }

  async explain ({ question, image, signal }: VisionRequest): Promise<string> {
    if (signal.aborted) throw signal.reason
    await using exchange = new Scope(signal)
    const { model, maxTokens } = this.#options
    const url = `data:${image.type};base64,${Buffer.from(image.bytes.buffer, image.bytes.byteOffset, image.bytes.length).toString('base64')}`
    try {
      const completion: unknown = await this.#connection.client.chat.completions.create({
        model,
        max_tokens: maxTokens,
        messages: [
          { role: 'system', content: SYSTEM_PROMPT },
          { role: 'user', content: [{ type: 'text', text: question }, { type: 'image_url', image_url: { url } }] }
        ]
      }, { signal: exchange.signal })
      return this.#textOf(completion)
    } catch (error) {
      if (signal.aborted) throw signal.reason
      throw this.#connection.fault(error)
    }
  }

  close (): Promise<void> { return this.#connection.close() }

  #textOf (completion: unknown): string {
    const choices = isRecord(completion) ? completion.choices : undefined
    const choice: unknown = Array.isArray(choices) ? choices[0] : undefined
    const message = isRecord(choice) ? choice.message : undefined
    const content = isRecord(message) ? message.content : undefined
    if (typeof content !== 'string') throw this.#connection.rubbish('an answer without text')
    return withoutThoughts(content).trim()
  }
}

/** What some models write before they answer. */
function withoutThoughts (text: string): string { return text.replace(/^\s*<think>.*?(<\/think>|$)/s, '') }

function isRecord (value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
