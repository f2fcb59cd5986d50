import { randomUUID } from 'node:crypto'
import type { Language, PcmChunk } from '../types.js'
import { AliyunToken, isTokenRefusal, type AliyunTokenOptions } from '../wire/aliyun-token.js'
import { Faults } from '../wire/faults.js'
import { isRecord, parseJson } from '../wire/http-connection.js'
import { SocketConnection } from '../wire/socket-connection.js'
import { voiceParameters, type AliyunVoice } from './aliyun.js'
import { decodeSound } from './decode-sound.js'
import { PcmDecoder } from './pcm-decoder.js'
import { nextMessage, type SpeechSession, type VoiceProtocol } from './socket-voice.js'

export interface AliyunFlowingOptions extends AliyunVoice, AliyunTokenOptions {
  readonly url: string
}

type EventName = 'SynthesisStarted' | 'SynthesisCompleted' | 'other'

const NAMESPACE = 'FlowingSpeechSynthesizer'

/** Aliyun NLS that takes text as it comes. The voice decides about the language. */
export class AliyunFlowingProtocol implements VoiceProtocol {
  readonly faults: Faults
  readonly #options: AliyunFlowingOptions
  readonly #token: AliyunToken
  /** What each connection was let in with. */
  readonly #tokens = new WeakMap<SocketConnection, string>()

  constructor (options: AliyunFlowingOptions) {
    this.#options = options
    this.faults = new Faults('tts/aliyunFlowing', [options.appKey, options.token, options.accessKeySecret])
    this.#token = new AliyunToken(this.faults, options)
  }

  open (signal: AbortSignal): Promise<SocketConnection> {
    return this.#token.use(signal, async token => {
      const socket = await SocketConnection.open(this.faults, this.#options.url, { headers: { 'X-NLS-Token': token }, signal })
      this.#tokens.set(socket, token)
      return socket
    })
  }

  async begin (socket: SocketConnection, _language: Language): Promise<SpeechSession> {
    const session = new AliyunFlowingSession(socket, this.faults, this.#options)
    try {
      await session.start()
    } catch (error) {
      if (isTokenRefusal(error)) this.#token.reject(this.#tokens.get(socket) ?? '')
      throw error
    }
    return session
  }

  close (): Promise<void> { return this.#token.close() }
}

class AliyunFlowingSession implements SpeechSession {
  readonly #socket: SocketConnection
  readonly #faults: Faults
  readonly #voice: AliyunVoice
  readonly #task = hexId()
  readonly #decoder: PcmDecoder

  constructor (socket: SocketConnection, faults: Faults, voice: AliyunVoice) {
    this.#socket = socket
    this.#faults = faults
    this.#voice = voice
    this.#decoder = new PcmDecoder(voice.sampleRateHz)
  }

  async start (): Promise<void> {
    this.#send('StartSynthesis', { format: 'pcm', ...voiceParameters(this.#voice), enable_subtitle: false })
    for (;;) {
      const message = await nextMessage(this.#socket, this.#faults)
      if (typeof message !== 'string') throw this.#faults.rubbish('sound before the start')
      if (this.#eventIn(message) === 'SynthesisStarted') return
    }
  }

  say (text: string): void { this.#send('RunSynthesis', { text }) }
  finish (): void { this.#send('StopSynthesis') }

  async * chunks (): AsyncGenerator<PcmChunk, void, void> {
    for (;;) {
      const message = await nextMessage(this.#socket, this.#faults)
      if (typeof message === 'string') {
        if (this.#eventIn(message) === 'SynthesisCompleted') return
        continue
      }
      const chunk = decodeSound(this.#faults, this.#decoder, message)
      if (chunk !== undefined) yield chunk
    }
  }

  #send (name: string, payload?: object): void {
    const header = { message_id: hexId(), task_id: this.#task, namespace: NAMESPACE, name, appkey: this.#voice.appKey }
    this.#socket.send(JSON.stringify(payload === undefined ? { header } : { header, payload }))
  }

  /** @throws CHORUS_PROVIDER_REFUSED for `TaskFailed` */
  #eventIn (message: string): EventName {
    const event = parseJson(message)
    const header = isRecord(event) ? event['header'] : undefined
    if (!isRecord(header) || typeof header['name'] !== 'string') throw this.#faults.rubbish('a message without a name')
    const { name, status, status_text: text, status_message: words } = header
    // One of a task that has failed before may be late.
    if (header['task_id'] !== undefined && header['task_id'] !== '' && header['task_id'] !== this.#task) return 'other'
    if (name === 'TaskFailed') throw this.#faults.refusal(typeof status === 'number' ? status : 400, String(text ?? words ?? name))
    return name === 'SynthesisStarted' || name === 'SynthesisCompleted' ? name : 'other'
  }
}

function hexId (): string { return randomUUID().replaceAll('-', '') }
