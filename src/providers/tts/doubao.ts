import { randomUUID } from 'node:crypto'
import type { PcmChunk, SpeechRequest, Tts } from '../types.js'
import { Faults } from '../wire/faults.js'
import { HttpConnection, isRecord, messageIn, parseJson, type HttpAnswer } from '../wire/http-connection.js'
import { Base64Field } from './base64-field.js'
import { decodeSound } from './decode-sound.js'
import { PcmDecoder } from './pcm-decoder.js'
import { speechExchange } from './speech-exchange.js'
import { explicitLanguage } from './volcano-language.js'

export interface DoubaoOptions {
  readonly url: string
  readonly appId: string
  readonly accessToken: string
  /** What stands before the token: `Bearer;`. */
  readonly authorization: string
  readonly cluster: string
  readonly voice: string
  readonly sampleRateHz: number
  readonly speedRatio: number
  readonly volumeRatio: number
  readonly pitchRatio: number
}

const SUCCESS = 3000

/** Volcano's voices over HTTP, version 1: one JSON for each sentence, with PCM in base64. */
export class DoubaoTts implements Tts {
  readonly name = 'tts/doubao'
  readonly #options: DoubaoOptions
  readonly #faults: Faults
  readonly #http: HttpConnection

  constructor (options: DoubaoOptions) {
    this.#options = options
    this.#faults = new Faults(this.name, [options.accessToken])
    this.#http = new HttpConnection(this.#faults, options.url)
  }

  synthesise (request: SpeechRequest): AsyncGenerator<PcmChunk, void, void> {
    return speechExchange(request.signal, this.#faults, signal => this.#chunks({ ...request, signal }))
  }

  warm (): Promise<void> { return this.#http.warm() }
  close (): Promise<void> { return this.#http.close() }

  async * #chunks (request: SpeechRequest): AsyncGenerator<PcmChunk, void, void> {
    const { url, accessToken, authorization, sampleRateHz } = this.#options
    const { signal } = request
    const headers = { authorization: authorization + accessToken }
    const answer = await this.#http.request(url, { headers, body: this.#body(request), signal })
    if (answer.status !== 200) throw this.#refusal(await this.#http.text(answer, signal), answer.status)
    const decoder = new PcmDecoder(sampleRateHz)
    for await (const bytes of this.#sound(answer)) {
      const chunk = decodeSound(this.#faults, decoder, bytes)
      if (chunk !== undefined) yield chunk
    }
  }

  #body ({ text, language }: SpeechRequest): object {
    const { appId, cluster, voice, sampleRateHz, speedRatio, volumeRatio, pitchRatio } = this.#options
    const explicit = explicitLanguage(language)
    return {
      // Their documents want any text for this token: the one that counts is in the header.
      app: { appid: appId, token: 'access_token', cluster },
      user: { uid: 'chorus' },
      audio: {
        voice_type: voice,
        encoding: 'pcm',
        rate: sampleRateHz,
        speed_ratio: speedRatio,
        volume_ratio: volumeRatio,
        pitch_ratio: pitchRatio,
        ...(explicit === undefined ? {} : { explicit_language: explicit })
      },
      request: { reqid: randomUUID(), text, text_type: 'plain', operation: 'query' }
    }
  }

  /** The bytes of `data` as they arrive. */
  async * #sound (answer: HttpAnswer): AsyncGenerator<Uint8Array, void, void> {
    const field = new Base64Field('data')
    const utf8 = new TextDecoder()
    for await (const bytes of answer.body) {
      const sound = this.#read(field, utf8.decode(bytes, { stream: true }))
      if (sound.length > 0) yield sound
    }
    if (!field.hasBegun) throw this.#refusal(field.head, undefined)
    if (!field.isComplete) throw this.#faults.rubbish('an answer that is cut off')
  }

  #read (field: Base64Field, text: string): Buffer {
    const hadBegun = field.hasBegun
    let sound: Buffer
    try {
      sound = field.push(text)
    } catch (error) {
      throw this.#faults.rubbish(error instanceof Error ? error.message : String(error), error)
    }
    const code = hadBegun || !field.hasBegun ? undefined : /"code"\s*:\s*(\d+)/.exec(field.head)?.[1]
    // An error may have an empty `data`.
    if (code !== undefined && Number(code) !== SUCCESS) throw this.#refusal(`${field.head}"data":""}`, undefined)
    return sound
  }

  /** @param status of HTTP, where that tells of a failure */
  #refusal (body: string, status: number | undefined): Error {
    const answer = parseJson(body)
    const code = isRecord(answer) && typeof answer['code'] === 'number' ? answer['code'] : status
    return code === undefined || code === SUCCESS ? this.#faults.rubbish('an answer without sound') : this.#faults.refusal(code, messageIn(body))
  }
}
