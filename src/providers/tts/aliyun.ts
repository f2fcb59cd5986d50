import type { PcmChunk, SpeechRequest, Tts } from '../types.js'
import { AliyunToken, type AliyunTokenOptions } from '../wire/aliyun-token.js'
import { Faults } from '../wire/faults.js'
import { HttpConnection, isRecord, messageIn, parseJson, type HttpAnswer } from '../wire/http-connection.js'
import { decodeSound } from './decode-sound.js'
import { PcmDecoder } from './pcm-decoder.js'
import { speechExchange } from './speech-exchange.js'

/** What both of Aliyun's voices are asked for. */
export interface AliyunVoice {
  readonly appKey: string
  readonly voice: string
  readonly sampleRateHz: number
  readonly volume: number
  readonly speechRate: number
  readonly pitchRate: number
}

export interface AliyunOptions extends AliyunVoice, AliyunTokenOptions {
  readonly url: string
}

/** Aliyun NLS over HTTP: PCM while it is made. The voice decides about the language. */
export class AliyunTts implements Tts {
  readonly name = 'tts/aliyun'
  readonly #options: AliyunOptions
  readonly #faults: Faults
  readonly #http: HttpConnection
  readonly #token: AliyunToken

  constructor (options: AliyunOptions) {
    this.#options = options
    this.#faults = new Faults(this.name, [options.appKey, options.token, options.accessKeySecret])
    this.#http = new HttpConnection(this.#faults, options.url)
    this.#token = new AliyunToken(this.#faults, options)
  }

  synthesise ({ text, signal }: SpeechRequest): AsyncGenerator<PcmChunk, void, void> {
    return speechExchange(signal, this.#faults, signal => this.#chunks(text, signal))
  }

  async warm (): Promise<void> {
    await Promise.all([this.#http.warm(), this.#token.warm()])
  }

  async close (): Promise<void> {
    await Promise.all([this.#http.close(), this.#token.close()])
  }

  async * #chunks (text: string, signal: AbortSignal): AsyncGenerator<PcmChunk, void, void> {
    const answer = await this.#token.use(signal, token => this.#ask(token, text, signal))
    const decoder = new PcmDecoder(this.#options.sampleRateHz)
    for await (const bytes of answer.body) {
      const chunk = decodeSound(this.#faults, decoder, bytes)
      if (chunk !== undefined) yield chunk
    }
  }

  /** An answer that is sound. Their documents call PCM `audio/mpeg`, too. */
  async #ask (token: string, text: string, signal: AbortSignal): Promise<HttpAnswer> {
    const { url, appKey } = this.#options
    const body = { appkey: appKey, token, text, format: 'pcm', ...voiceParameters(this.#options) }
    const answer = await this.#http.request(url, { body, signal })
    const type = answer.header('content-type')
    if (answer.status === 200 && /^(audio\/|application\/octet-stream)/i.test(type)) return answer
    const said = await this.#http.text(answer, signal)
    const problem = parseJson(said)
    const code = isRecord(problem) && typeof problem['status'] === 'number' ? problem['status'] : answer.status
    throw code === 200 ? this.#faults.rubbish(type || 'an answer without a type') : this.#faults.refusal(code, messageIn(said))
  }
}

export function voiceParameters ({ voice, sampleRateHz, volume, speechRate, pitchRate }: AliyunVoice): object {
  return { voice, sample_rate: sampleRateHz, volume, speech_rate: speechRate, pitch_rate: pitchRate }
}
