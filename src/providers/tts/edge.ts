import { randomBytes, randomUUID } from 'node:crypto'
import { ChorusError } from '../../core/errors.js'
import type { Language, PcmChunk } from '../types.js'
import { Faults } from '../wire/faults.js'
import { SocketConnection } from '../wire/socket-connection.js'
import { decodeSound } from './decode-sound.js'
import { edgeMessage, parseEdgeMessage, ssmlOf, type EdgeMessage, type Prosody } from './edge/edge-messages.js'
import { edgeToken } from './edge/edge-token.js'
import { Mp3Decoder } from './mp3-decoder.js'
import { parsePairs } from './pairs.js'
import { nextMessage, type SpeechSession, type VoiceProtocol } from './socket-voice.js'

export interface EdgeOptions extends Prosody {
  readonly url: string
  /** `language|voice` */
  readonly voices: readonly string[]
  readonly clientToken: string
  /** Of the browser that we are taken for: `143.0.3650.75`. */
  readonly browserVersion: string
}

const EXTENSION = 'chrome-extension://jdiccldimpdaibmpdkjnbmckianbafold'
// The only kinds of sound that this door has are MP3, WebM and Ogg of Opus at 24 kHz.
const SOUND = 'audio-24khz-48kbitrate-mono-mp3'
// A clock that is closer than this to theirs is not why they refuse.
const LEAST_SKEW_MS = 30_000

/**
 * The service that Microsoft Edge reads pages aloud with. Nobody has documented it: this is what
 * the browser does. It takes whole texts only.
 */
export class EdgeProtocol implements VoiceProtocol {
  readonly faults = new Faults('tts/edge')
  readonly #options: EdgeOptions
  readonly #now: () => number
  readonly #voices: ReadonlyMap<Language, string>
  /** Theirs minus ours. */
  #skewMs = 0

  constructor (options: EdgeOptions, now: () => number = Date.now) {
    this.#options = options
    this.#voices = new Map(parsePairs(options.voices))
    this.#now = now
  }

  /** Where the service refuses our clock, with its own. */
  async open (signal: AbortSignal): Promise<SocketConnection> {
    let theirDate = ''
    const connect = (): Promise<SocketConnection> => this.#connect(signal, headers => { theirDate = String(headers['date'] ?? '') })
    const socket = await connect().catch(async (error: unknown) => {
      const skewMs = Date.parse(theirDate) - this.#now()
      const isClockWrong = error instanceof ChorusError && error.args[1] === 403 && Math.abs(skewMs - this.#skewMs) > LEAST_SKEW_MS
      if (!isClockWrong) throw error
      this.#skewMs = skewMs
      return await connect()
    })
    socket.send(this.#config())
    return socket
  }

  begin (socket: SocketConnection, language: Language): Promise<SpeechSession> {
    const voice = this.#voices.get(language) ?? this.#options.voice
    return Promise.resolve(new EdgeSession(socket, this.faults, { ...this.#options, voice }, this.#now))
  }

  async close (): Promise<void> {}

  #connect (signal: AbortSignal, onRefusal: (headers: Readonly<Record<string, unknown>>) => void): Promise<SocketConnection> {
    const { url, clientToken, browserVersion } = this.#options
    const address = new URL(url)
    address.searchParams.set('TrustedClientToken', clientToken)
    address.searchParams.set('ConnectionId', hexId())
    address.searchParams.set('Sec-MS-GEC', edgeToken(this.#now() + this.#skewMs, clientToken))
    address.searchParams.set('Sec-MS-GEC-Version', `1-${browserVersion}`)
    return SocketConnection.open(this.faults, address.href, { headers: browserHeaders(browserVersion), signal, onRefusal })
  }

  #config (): string {
    const headers = { 'X-Timestamp': timestamp(this.#now()), 'Content-Type': 'application/json; charset=utf-8', Path: 'speech.config' }
    const metadataoptions = { sentenceBoundaryEnabled: 'false', wordBoundaryEnabled: 'false' }
    return edgeMessage(headers, JSON.stringify({ context: { synthesis: { audio: { metadataoptions, outputFormat: SOUND } } } }))
  }
}

class EdgeSession implements SpeechSession {
  readonly #socket: SocketConnection
  readonly #faults: Faults
  readonly #prosody: Prosody
  readonly #now: () => number
  readonly #requestId = hexId()
  #text = ''

  constructor (socket: SocketConnection, faults: Faults, prosody: Prosody, now: () => number) {
    this.#socket = socket
    this.#faults = faults
    this.#prosody = prosody
    this.#now = now
  }

  say (text: string): void { this.#text += text }

  finish (): void {
    const headers = {
      'X-RequestId': this.#requestId,
      'Content-Type': 'application/ssml+xml',
      'X-Timestamp': `${timestamp(this.#now())}Z`, // the browser says it so, with both
      Path: 'ssml'
    }
    this.#socket.send(edgeMessage(headers, ssmlOf(this.#text, this.#prosody)))
  }

  async * chunks (): AsyncGenerator<PcmChunk, void, void> {
    const decoder = await Mp3Decoder.open() // while they are at work on the text
    try {
      for (;;) {
        const { headers, body } = this.#parse(await nextMessage(this.#socket, this.#faults))
        if (headers.get('x-requestid') !== this.#requestId) continue
        const path = headers.get('path')
        if (path === 'turn.end') return
        const chunk = path === 'audio' ? decodeSound(this.#faults, decoder, body) : undefined
        if (chunk !== undefined) yield chunk
      }
    } finally {
      decoder.close()
    }
  }

  #parse (message: string | Buffer): EdgeMessage {
    try {
      return parseEdgeMessage(message)
    } catch (error) {
      throw this.#faults.rubbish(error instanceof Error ? error.message : String(error), error)
    }
  }
}

function browserHeaders (version: string): Readonly<Record<string, string>> {
  const chrome = `${version.split('.', 1)[0]!}.0.0.0`
  return {
    Pragma: 'no-cache',
    'Cache-Control': 'no-cache',
    Origin: EXTENSION,
    'User-Agent': `Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${chrome} Safari/537.36 Edg/${chrome}`,
    'Accept-Language': 'en-US,en;q=0.9',
    Cookie: `muid=${randomBytes(16).toString('hex').toUpperCase()};` // names a browser; any will do
  }
}

function hexId (): string { return randomUUID().replaceAll('-', '') }

/** `Mon Nov 23 2026 12:00:00 GMT+0000 (Coordinated Universal Time)`, as JavaScript prints dates. */
function timestamp (nowMs: number): string {
  const [day, date, month, year, time] = new Date(nowMs).toUTCString().replace(',', '').split(' ')
  return `${day} ${month} ${date} ${year} ${time} GMT+0000 (Coordinated Universal Time)`
}
