import type { PcmChunk, SpeechRequest, Tts } from '../types.js'
import { eventsOf } from '../wire/event-lines.js'
import { Faults } from '../wire/faults.js'
import { HttpConnection, isRecord, messageIn, parseJson, type HttpAnswer } from '../wire/http-connection.js'
import { decodeSound } from './decode-sound.js'
import { parsePairs } from './pairs.js'
import { PcmDecoder } from './pcm-decoder.js'
import { speechExchange } from './speech-exchange.js'

export interface MiniMaxOptions {
  readonly url: string
  readonly groupId: string
  readonly apiKey: string
  readonly model: string
  readonly voice: string
  /** `voice|weight`: in place of the one. */
  readonly mixedVoices: readonly string[]
  /** `处理/(chu3)(li3)` */
  readonly pronunciations: readonly string[]
  readonly sampleRateHz: number
  readonly speed: number
  readonly volume: number
  readonly pitch: number
  readonly emotion: string
}

// Of `data.status`: 2 comes last, and would bring all of the sound once more.
const PART = 1
/** In their words, as `language_boost` takes them. */
const languages: Readonly<Record<string, string>> = {
  zh: 'Chinese',
  yue: 'Chinese,Yue',
  en: 'English',
  ar: 'Arabic',
  ru: 'Russian',
  es: 'Spanish',
  fr: 'French',
  pt: 'Portuguese',
  de: 'German',
  tr: 'Turkish',
  nl: 'Dutch',
  uk: 'Ukrainian',
  vi: 'Vietnamese',
  id: 'Indonesian',
  ja: 'Japanese',
  it: 'Italian',
  ko: 'Korean',
  th: 'Thai',
  pl: 'Polish',
  ro: 'Romanian',
  el: 'Greek',
  cs: 'Czech',
  fi: 'Finnish',
  hi: 'Hindi'
}

/** MiniMax over HTTP: events with PCM in hexadecimal digits. */
export class MiniMaxTts implements Tts {
  readonly name = 'tts/minimax'
  readonly #options: MiniMaxOptions
  readonly #faults: Faults
  readonly #http: HttpConnection
  readonly #address: string

  constructor (options: MiniMaxOptions) {
    this.#options = options
    this.#faults = new Faults(this.name, [options.apiKey])
    this.#http = new HttpConnection(this.#faults, options.url)
    const address = new URL(options.url)
    if (options.groupId !== '') address.searchParams.set('GroupId', options.groupId)
    this.#address = address.href
  }

  synthesise (request: SpeechRequest): AsyncGenerator<PcmChunk, void, void> {
    return speechExchange(request.signal, this.#faults, signal => this.#chunks({ ...request, signal }))
  }

  warm (): Promise<void> { return this.#http.warm() }
  close (): Promise<void> { return this.#http.close() }

  async * #chunks (request: SpeechRequest): AsyncGenerator<PcmChunk, void, void> {
    const { apiKey, sampleRateHz } = this.#options
    const { signal } = request
    const answer = await this.#http.expect(this.#address, { headers: { authorization: `Bearer ${apiKey}` }, body: this.#body(request), signal })
    if (!/^text\/event-stream/i.test(answer.header('content-type'))) throw await this.#failure(answer, signal)
    const decoder = new PcmDecoder(sampleRateHz)
    for await (const { data } of eventsOf(answer.body)) {
      const chunk = decodeSound(this.#faults, decoder, this.#soundIn(data))
      if (chunk !== undefined) yield chunk
    }
  }

  #body ({ text, language }: SpeechRequest): object {
    const { model, voice, mixedVoices, pronunciations, sampleRateHz, speed, volume, pitch, emotion } = this.#options
    const weights = parsePairs(mixedVoices).map(([name, weight]) => ({ voice_id: name, weight: Number(weight) }))
    const voiceId = weights.length === 0 ? voice : '' // they want none beside weights
    return {
      model,
      text,
      stream: true,
      stream_options: { exclude_aggregated_audio: true },
      language_boost: Object.hasOwn(languages, language) ? languages[language] : 'auto',
      ...(weights.length === 0 ? {} : { timbre_weights: weights }),
      ...(pronunciations.length === 0 ? {} : { pronunciation_dict: { tone: pronunciations } }),
      voice_setting: { voice_id: voiceId, speed, vol: volume, pitch, ...(emotion === '' ? {} : { emotion }) },
      audio_setting: { sample_rate: sampleRateHz, format: 'pcm', channel: 1 }
    }
  }

  #soundIn (data: string): Uint8Array {
    const event = this.#checked(parseJson(data))
    const sound = event['data']
    if (!isRecord(sound) || sound['status'] !== PART) return new Uint8Array(0)
    const { audio } = sound
    const digits = typeof audio === 'string' ? audio : ''
    if (digits.length % 2 === 1 || /[^0-9a-f]/i.test(digits)) throw this.#faults.rubbish('sound that is not hexadecimal')
    return Buffer.from(digits, 'hex')
  }

  /** What they refuse comes as JSON with status 200. */
  async #failure (answer: HttpAnswer, signal: AbortSignal): Promise<Error> {
    const text = await this.#http.text(answer, signal)
    this.#checked(parseJson(text))
    return this.#faults.rubbish(`no stream of events: ${messageIn(text)}`)
  }

  /** @throws CHORUS_PROVIDER_REFUSED where `base_resp` tells of a failure */
  #checked (answer: unknown): Readonly<Record<string, unknown>> {
    if (!isRecord(answer)) throw this.#faults.rubbish('an answer that is no JSON object')
    const state = answer['base_resp']
    const code = isRecord(state) ? state['status_code'] : undefined
    if (typeof code === 'number' && code !== 0) throw this.#faults.refusal(code, isRecord(state) ? String(state['status_msg'] ?? '') : '')
    return answer
  }
}
