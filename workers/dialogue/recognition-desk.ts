import type { MessagePort } from 'node:worker_threads'
import { ChorusError, describeError, type ErrorRecord } from '../../src/core/errors.js'
import type { Asr, SpeechFile } from '../../src/providers/types.js'
import { microseconds } from '../../src/ring/microseconds.js'
import type { UtteranceArena } from '../../src/ring/utterance-arena.js'
import type { RecognitionAnswer, RecognitionCancel, RecognitionRequest, RemoteSpeech } from '../../src/ring/worker-messages.js'
import { makeWavFile } from './wav-file.js'

/** Takes utterances from the gateway to a recognition service and its words back. */
export class RecognitionDesk {
  readonly #asr: Asr
  readonly #port: MessagePort
  readonly #arenas: readonly UtteranceArena[]
  readonly #running = new Map<number, { readonly controller: AbortController, readonly done: Promise<void> }>()

  constructor (asr: Asr, port: MessagePort, arenas: readonly UtteranceArena[]) {
    this.#asr = asr
    this.#port = port
    this.#arenas = arenas
    port.on('message', (message: RecognitionRequest | RecognitionCancel) => { this.#onMessage(message) })
  }

  /** Gives up what is under way; each request is answered all the same. */
  async close (): Promise<void> {
    const running = [...this.#running.values()]
    for (const { controller } of running) controller.abort(new ChorusError('CHORUS_STOPPING'))
    await Promise.all(running.map(({ done }) => done))
  }

  #onMessage (message: RecognitionRequest | RecognitionCancel): void {
    if (message.speech === undefined) {
      this.#running.get(message.id)?.controller.abort(new ChorusError('CHORUS_STOPPING'))
      return
    }
    const controller = new AbortController()
    this.#running.set(message.id, { controller, done: this.#serve(message, controller.signal) })
  }

  /** Never rejects. */
  async #serve ({ id, speech, language }: RecognitionRequest, signal: AbortSignal): Promise<void> {
    const result = await this.#recognise(speech, language, signal)
      .catch((error: unknown) => ({ kind: 'error', error: recordOf(error, this.#asr.name) }) as const)
    this.#running.delete(id)
    this.#port.postMessage({ id, result } satisfies RecognitionAnswer)
  }

  async #recognise (speech: RemoteSpeech, language: string, signal: AbortSignal): Promise<RecognitionAnswer['result']> {
    const file = this.#fileOf(speech)
    const begunAt = microseconds()
    const { text } = await this.#asr.recognise({ file, language, signal })
    return { kind: 'text', text, times: { begunAt, endedAt: microseconds() } }
  }

  #fileOf (speech: RemoteSpeech): SpeechFile {
    if (speech.kind === 'file') return { format: 'opus', bytes: speech.bytes }
    const { bytes, pcm } = makeWavFile(speech.samples)
    this.#arenas[speech.arena]!.readInto(speech.pages, pcm)
    return { format: 'wav', bytes }
  }
}

function recordOf (error: unknown, name: string): ErrorRecord {
  return error instanceof ChorusError ? error.toRecord() : { code: 'CHORUS_PROVIDER_BROKEN', args: [name, describeError(error)] }
}
