import type { MessagePort } from 'node:worker_threads'
import { ChorusError } from '../core/errors.js'
import type { RecognitionAnswer, RecognitionCancel, RecognitionRequest, RemoteSpeech } from '../ring/worker-messages.js'

type Words = Extract<RecognitionAnswer['result'], { kind: 'text' }>

interface Pending {
  readonly resolve: (words: Words) => void
  readonly reject: (error: Error) => void
  readonly signal: AbortSignal
  readonly cancel: () => void
}

/** The gateway's end of a dialogue worker's `recognition` port. */
export class RecognitionLink {
  readonly #port: MessagePort
  readonly #pending = new Map<number, Pending>()
  #lastId = 0

  constructor (port: MessagePort) {
    this.#port = port
    port.on('message', (answer: RecognitionAnswer) => { this.#onAnswer(answer) })
    port.once('close', () => { this.#onClosed() })
  }

  /** Requests that are not answered yet. */
  get pending (): number { return this.#pending.size }

  /**
   * An abort is passed on, and the answer is waited for all the same: until then the worker may
   * read the speech.
   */
  ask (speech: RemoteSpeech, language: string, signal: AbortSignal): Promise<Words> {
    if (signal.aborted) return Promise.reject(signal.reason as Error)
    const id = ++this.#lastId
    return new Promise((resolve, reject) => {
      const cancel = (): void => { this.#port.postMessage({ id, speech: undefined } satisfies RecognitionCancel) }
      this.#pending.set(id, { resolve, reject, signal, cancel })
      signal.addEventListener('abort', cancel, { once: true })
      this.#port.postMessage({ id, speech, language } satisfies RecognitionRequest, speech.kind === 'file' ? [speech.bytes.buffer] : [])
    })
  }

  #onAnswer ({ id, result }: RecognitionAnswer): void {
    const pending = this.#settle(id)
    if (result.kind === 'text') pending?.resolve(result)
    else pending?.reject(new ChorusError(result.error.code, result.error.args))
  }

  #onClosed (): void {
    for (const id of [...this.#pending.keys()]) this.#settle(id)?.reject(new ChorusError('CHORUS_STOPPING'))
  }

  #settle (id: number): Pending | undefined {
    const pending = this.#pending.get(id)
    pending?.signal.removeEventListener('abort', pending.cancel)
    this.#pending.delete(id)
    return pending
  }
}
