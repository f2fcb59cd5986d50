import { ChorusError } from '../../core/errors.js'
import type { Language, PcmChunk, SpeechRequest, Tts } from '../types.js'
import type { Faults } from '../wire/faults.js'
import type { SocketConnection, SocketMessage } from '../wire/socket-connection.js'
import { SocketPool } from '../wire/socket-pool.js'
import { speechExchange } from './speech-exchange.js'

/** What is spoken in one go: text goes in while sound comes out. */
export interface SpeechSession {
  /** More of the text: a sentence, or as little as a delta of a language model. */
  say (text: string): void
  /** That was all of the text. */
  finish (): void
  /**
   * Sound as it is produced. Ends when all of the text was spoken; the connection is good for the
   * next session then.
   * @throws CHORUS_PROVIDER_REFUSED, CHORUS_PROVIDER_RUBBISH, CHORUS_PROVIDER_BROKEN
   */
  chunks (): AsyncIterable<PcmChunk>
}

/** How one vendor speaks over a WebSocket. */
export interface VoiceProtocol {
  readonly faults: Faults
  /** A connection on which sessions can begin, one after the other; the signal closes it. */
  open (signal: AbortSignal): Promise<SocketConnection>
  /** Resolves when the vendor takes text. */
  begin (socket: SocketConnection, language: Language): Promise<SpeechSession>
  /** Ends what is not in a connection. */
  close (): Promise<void>
}

/** A voice over a WebSocket: a session for each sentence, on a connection that stays open. */
export class SocketVoice implements Tts {
  readonly name: string
  readonly #protocol: VoiceProtocol
  readonly #pool: SocketPool

  /** @param idleMs how long a connection waits for the next sentence */
  constructor (protocol: VoiceProtocol, idleMs: number) {
    this.name = protocol.faults.name
    this.#protocol = protocol
    this.#pool = new SocketPool(signal => protocol.open(signal), idleMs)
  }

  synthesise (request: SpeechRequest): AsyncGenerator<PcmChunk, void, void> {
    return speechExchange(request.signal, this.#protocol.faults, signal => this.#speak(request, signal))
  }

  warm (): Promise<void> { return this.#pool.warm() }

  async close (): Promise<void> {
    await this.#pool.close()
    await this.#protocol.close()
  }

  async * #speak ({ text, language }: SpeechRequest, signal: AbortSignal): AsyncGenerator<PcmChunk, void, void> {
    for (;;) {
      await using lease = await this.#pool.take(signal)
      let isHeard = false
      try {
        const session = await this.#protocol.begin(lease.socket, language)
        session.say(text)
        session.finish()
        for await (const chunk of session.chunks()) {
          isHeard = true
          yield chunk
        }
        lease.keep()
        return
      } catch (error) {
        // A connection that waited may have been left just now; then nothing was lost, and a new
        // one serves.
        const isStale = lease.isReused && !isHeard && error instanceof ChorusError && error.code === 'CHORUS_PROVIDER_BROKEN'
        if (!isStale || signal.aborted) throw error
      }
    }
  }
}

/**
 * The next message of a session.
 * @throws CHORUS_PROVIDER_BROKEN, also when the connection was closed from here
 */
export async function nextMessage (socket: SocketConnection, faults: Faults): Promise<SocketMessage> {
  const message = await socket.next()
  if (message === undefined) throw faults.broken('closed')
  return message
}
