import { Scope } from '../../core/scope.js'
import { OpenAiConnection, type OpenAiConnectionOptions } from '../openai-connection.js'
import type { PcmChunk, SpeechRequest, Tts } from '../types.js'
import { PcmDecoder } from './pcm-decoder.js'

export interface OpenAiTtsOptions extends OpenAiConnectionOptions {
  readonly model: string
  readonly voice: string
  /** Of the server's raw PCM, which does not say it itself. */
  readonly sampleRateHz?: number
  readonly speed?: number
  /** Fields of this server alone, added to the request. */
  readonly extraBody?: Readonly<Record<string, unknown>>
}

const DEFAULT_SAMPLE_RATE_HZ = 24_000
// An error page or a compressed file, played as PCM, is loud noise in somebody's bedroom.
const notPcm = /json|html|text|xml|mpeg|mp3|mp4|aac|ogg|opus|flac|webm/i

/** Any server that speaks OpenAI's `/audio/speech`. */
export class OpenAiTts implements Tts {
  readonly name = 'tts/openai'
  readonly #options: OpenAiTtsOptions
  readonly #connection: OpenAiConnection

  constructor (options: OpenAiTtsOptions) {
    this.#options = options
    this.#connection = new OpenAiConnection(this.name, options)
  }

  async * synthesise (request: SpeechRequest): AsyncGenerator<PcmChunk, void, void> {
    if (request.signal.aborted) return
    await using exchange = new Scope(request.signal) // closes what a consumer leaves half read
    try {
      yield * this.#chunks(request.text, exchange.signal)
    } catch (error) {
      if (!request.signal.aborted) throw this.#connection.fault(error)
    }
  }

  warm (): Promise<void> { return this.#connection.warm() }
  close (): Promise<void> { return this.#connection.close() }

  async * #chunks (text: string, signal: AbortSignal): AsyncGenerator<PcmChunk, void, void> {
    const { model, voice, speed, extraBody } = this.#options
    const response = await this.#connection.client.audio.speech.create({
      model,
      voice,
      input: text,
      response_format: 'pcm',
      ...(speed === undefined ? {} : { speed }),
      ...extraBody
    }, { signal })
    const type = response.headers.get('content-type') ?? ''
    if (notPcm.test(type) || response.body === null) throw this.#connection.rubbish(type)
    const decoder = new PcmDecoder(this.#rateIn(type))
    let chunks = 0
    for await (const bytes of response.body) {
      const chunk = this.#decode(decoder, bytes)
      if (signal.aborted) return
      if (chunk === undefined) continue
      chunks++
      yield chunk
    }
    if (chunks === 0) throw this.#connection.rubbish('an answer without sound')
  }

  #rateIn (type: string): number {
    const stated = Number(/\brate=(\d{4,6})\b/i.exec(type)?.[1] ?? 0)
    return stated > 0 ? stated : this.#options.sampleRateHz ?? DEFAULT_SAMPLE_RATE_HZ
  }

  #decode (decoder: PcmDecoder, bytes: Uint8Array): PcmChunk | undefined {
    try {
      return decoder.push(bytes)
    } catch (error) {
      throw this.#connection.rubbish(error instanceof Error ? error.message : String(error), error)
    }
  }
}
