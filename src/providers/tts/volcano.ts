import { randomUUID } from 'node:crypto'
import type { Language, PcmChunk } from '../types.js'
import { Faults } from '../wire/faults.js'
import { isRecord, messageIn, parseJson } from '../wire/http-connection.js'
import { SocketConnection } from '../wire/socket-connection.js'
import { parseVolcanoFrame, SERVER_ERROR, volcanoEvent, type VolcanoFrame } from '../wire/volcano-frames.js'
import { decodeSound } from './decode-sound.js'
import { parsePairs } from './pairs.js'
import { PcmDecoder } from './pcm-decoder.js'
import { nextMessage, type SpeechSession, type VoiceProtocol } from './socket-voice.js'
import { explicitLanguage } from './volcano-language.js'

export interface VolcanoOptions {
  readonly url: string
  readonly appId: string
  readonly accessToken: string
  readonly resourceId: string
  readonly voice: string
  /** `voice|share`: in place of the one. */
  readonly mixedVoices: readonly string[]
  /** Empty: what the service takes. */
  readonly model: string
  readonly sampleRateHz: number
  readonly speechRate: number
  readonly loudnessRate: number
  readonly pitch: number
  readonly emotion: string
  /** May the service keep what it said? */
  readonly cache: boolean
}

const START_CONNECTION = 1
const CONNECTION_STARTED = 50
const START_SESSION = 100
const FINISH_SESSION = 102
const SESSION_STARTED = 150
const SESSION_FINISHED = 152
const TASK_REQUEST = 200
const TTS_RESPONSE = 352
const failures: ReadonlySet<number | undefined> = new Set([51, 153]) // of the connection, of a session
/** Called so where voices are mixed. */
const MIXED_VOICE = 'custom_mix_bigtts'
const NAMESPACE = 'BidirectionalTTS'

/** Volcano's bidirectional stream: text goes in as it comes, on a connection for many sessions. */
export class VolcanoProtocol implements VoiceProtocol {
  readonly faults: Faults
  readonly #options: VolcanoOptions

  constructor (options: VolcanoOptions) {
    this.#options = options
    this.faults = new Faults('tts/volcano', [options.accessToken])
  }

  async open (signal: AbortSignal): Promise<SocketConnection> {
    const { url, appId, accessToken, resourceId } = this.#options
    const headers = {
      'X-Api-App-Key': appId,
      'X-Api-Access-Key': accessToken,
      'X-Api-Resource-Id': resourceId,
      'X-Api-Connect-Id': randomUUID(),
      'X-Api-Request-Id': randomUUID() // some versions of their documents want this one
    }
    const socket = await SocketConnection.open(this.faults, url, { headers, signal })
    socket.send(volcanoEvent(START_CONNECTION, undefined, {}))
    await expectEvent(socket, this.faults, CONNECTION_STARTED)
    return socket
  }

  async begin (socket: SocketConnection, language: Language): Promise<SpeechSession> {
    const session = randomUUID()
    socket.send(volcanoEvent(START_SESSION, session, {
      user: { uid: session },
      event: START_SESSION,
      namespace: NAMESPACE,
      req_params: this.#parameters(language)
    }))
    await expectEvent(socket, this.faults, SESSION_STARTED, session)
    return new VolcanoSession(socket, this.faults, session, this.#options.sampleRateHz)
  }

  async close (): Promise<void> {}

  #parameters (language: Language): object {
    const { voice, mixedVoices, model, sampleRateHz, speechRate, loudnessRate, emotion } = this.#options
    const speakers = parsePairs(mixedVoices).map(([name, share]) => ({ source_speaker: name, mix_factor: Number(share) }))
    return {
      ...(model === '' ? {} : { model }),
      ...(speakers.length === 0 ? { speaker: voice } : { speaker: MIXED_VOICE, mix_speaker: { speakers } }),
      audio_params: {
        format: 'pcm',
        sample_rate: sampleRateHz,
        speech_rate: speechRate,
        loudness_rate: loudnessRate,
        ...(emotion === '' ? {} : { emotion })
      },
      additions: JSON.stringify(this.#additions(language)) // they want JSON in JSON
    }
  }

  #additions (language: Language): object {
    const { pitch, cache } = this.#options
    const explicit = explicitLanguage(language)
    return {
      ...(pitch === 0 ? {} : { post_process: { pitch } }),
      ...(cache ? { cache_config: { text_type: 1, use_cache: true } } : {}),
      ...(explicit === undefined ? {} : { explicit_language: explicit })
    }
  }
}

class VolcanoSession implements SpeechSession {
  readonly #socket: SocketConnection
  readonly #faults: Faults
  readonly #id: string
  readonly #decoder: PcmDecoder

  constructor (socket: SocketConnection, faults: Faults, id: string, sampleRateHz: number) {
    this.#socket = socket
    this.#faults = faults
    this.#id = id
    this.#decoder = new PcmDecoder(sampleRateHz)
  }

  say (text: string): void {
    this.#socket.send(volcanoEvent(TASK_REQUEST, this.#id, {
      user: { uid: this.#id },
      event: TASK_REQUEST,
      namespace: NAMESPACE,
      req_params: { text }
    }))
  }

  finish (): void { this.#socket.send(volcanoEvent(FINISH_SESSION, this.#id, {})) }

  async * chunks (): AsyncGenerator<PcmChunk, void, void> {
    for (;;) {
      const { event, payload } = await nextFrame(this.#socket, this.#faults)
      if (event === SESSION_FINISHED) return
      if (event !== TTS_RESPONSE) continue // where sentences begin and end
      const chunk = decodeSound(this.#faults, this.#decoder, payload)
      if (chunk !== undefined) yield chunk
    }
  }
}

async function expectEvent (socket: SocketConnection, faults: Faults, event: number, id?: string): Promise<void> {
  const frame = await nextFrame(socket, faults)
  if (frame.event !== event || (id !== undefined && frame.id !== id)) throw faults.rubbish(`event ${frame.event} in place of ${event}`)
}

/** @throws CHORUS_PROVIDER_REFUSED where it says that something failed */
async function nextFrame (socket: SocketConnection, faults: Faults): Promise<VolcanoFrame> {
  const message = await nextMessage(socket, faults)
  if (typeof message === 'string') throw failure(faults, message) // only errors come as text
  const frame = parse(message, faults)
  if (frame.kind !== SERVER_ERROR && !failures.has(frame.event)) return frame
  throw failure(faults, frame.payload.toString(), frame.code ?? 400)
}

/** @param code where it stands beside what was said, or is not known */
function failure (faults: Faults, said: string, code?: number): Error {
  const details = parseJson(said)
  const stated = isRecord(details) ? Number(details['status_code'] ?? details['code']) : NaN
  const number = Number.isSafeInteger(stated) ? stated : code
  return number === undefined ? faults.rubbish(`a message of text: ${said}`) : faults.refusal(number, messageIn(said))
}

function parse (message: Buffer, faults: Faults): VolcanoFrame {
  try {
    return parseVolcanoFrame(message)
  } catch (error) {
    throw faults.rubbish(error instanceof Error ? error.message : String(error), error)
  }
}
