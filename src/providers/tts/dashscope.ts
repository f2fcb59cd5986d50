import { randomUUID } from 'node:crypto'
import type { Language, PcmChunk } from '../types.js'
import { dashScopeHeaders, parseTaskEvent, taskOrder } from '../wire/dashscope-task.js'
import { Faults } from '../wire/faults.js'
import { SocketConnection } from '../wire/socket-connection.js'
import { decodeSound } from './decode-sound.js'
import { PcmDecoder } from './pcm-decoder.js'
import { nextMessage, type SpeechSession, type VoiceProtocol } from './socket-voice.js'

export interface DashScopeOptions {
  readonly url: string
  readonly apiKey: string
  readonly model: string
  readonly voice: string
  readonly sampleRateHz: number
  readonly volume: number
  readonly rate: number
  readonly pitch: number
}

// Only the third generation takes a hint, and none but these.
const takesHints = /^cosyvoice-v3/
const hints: ReadonlySet<Language> = new Set(['zh', 'en', 'fr', 'de', 'ja', 'ko', 'ru'])

/** CosyVoice on DashScope: one task after the other on a connection. */
export class DashScopeProtocol implements VoiceProtocol {
  readonly faults: Faults
  readonly #options: DashScopeOptions

  constructor (options: DashScopeOptions) {
    this.#options = options
    this.faults = new Faults('tts/dashscope', [options.apiKey])
  }

  open (signal: AbortSignal): Promise<SocketConnection> {
    const { url, apiKey } = this.#options
    return SocketConnection.open(this.faults, url, { headers: dashScopeHeaders(apiKey), signal })
  }

  async begin (socket: SocketConnection, language: Language): Promise<SpeechSession> {
    const { model, voice, sampleRateHz, volume, rate, pitch } = this.#options
    const session = new DashScopeSession(socket, this.faults, sampleRateHz)
    await session.start({
      task_group: 'audio',
      task: 'tts',
      function: 'SpeechSynthesizer',
      model,
      parameters: {
        text_type: 'PlainText',
        voice,
        format: 'pcm',
        sample_rate: sampleRateHz,
        volume,
        rate,
        pitch,
        ...(takesHints.test(model) && hints.has(language) ? { language_hints: [language] } : {})
      },
      input: {}
    })
    return session
  }

  async close (): Promise<void> {}
}

class DashScopeSession implements SpeechSession {
  readonly #socket: SocketConnection
  readonly #faults: Faults
  readonly #task = randomUUID()
  readonly #decoder: PcmDecoder

  constructor (socket: SocketConnection, faults: Faults, sampleRateHz: number) {
    this.#socket = socket
    this.#faults = faults
    this.#decoder = new PcmDecoder(sampleRateHz)
  }

  async start (task: object): Promise<void> {
    this.#socket.send(taskOrder('run-task', this.#task, task))
    for (;;) {
      const message = await nextMessage(this.#socket, this.#faults)
      if (typeof message !== 'string') throw this.#faults.rubbish('sound before the start')
      if (parseTaskEvent(this.#faults, message, this.#task)?.name === 'task-started') return
    }
  }

  say (text: string): void { this.#socket.send(taskOrder('continue-task', this.#task, { input: { text } })) }
  finish (): void { this.#socket.send(taskOrder('finish-task', this.#task, { input: {} })) }

  async * chunks (): AsyncGenerator<PcmChunk, void, void> {
    for (;;) {
      const message = await nextMessage(this.#socket, this.#faults)
      if (typeof message === 'string') {
        if (parseTaskEvent(this.#faults, message, this.#task)?.name === 'task-finished') return
        continue
      }
      const chunk = decodeSound(this.#faults, this.#decoder, message)
      if (chunk !== undefined) yield chunk
    }
  }
}
