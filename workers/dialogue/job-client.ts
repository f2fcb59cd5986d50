import type { MessagePort } from 'node:worker_threads'
import { ChorusError } from '../../src/core/errors.js'
import type { SpeechJobs } from '../../src/providers/speech-jobs.js'
import type { PcmChunk } from '../../src/providers/types.js'
import type { JobAnswer, JobCancel, JobRequest } from '../../src/ring/worker-messages.js'

interface Pending { readonly resolve: (pcm: PcmChunk) => void, readonly reject: (error: unknown) => void }

/** Asks the gateway to have an inference worker speak; whole jobs, so a message port will do. */
export class JobClient implements SpeechJobs {
  readonly #port: MessagePort
  readonly #pending = new Map<number, Pending>()
  #lastId = 0

  constructor (port: MessagePort) {
    this.#port = port
    port.on('message', (answer: JobAnswer) => { this.#onAnswer(answer) })
  }

  speak (engine: 'flite' | 'espeak', text: string, language: string, signal: AbortSignal): Promise<PcmChunk> {
    const id = ++this.#lastId
    return new Promise((resolve, reject) => {
      if (signal.aborted) { reject(signal.reason as Error); return }
      const abort = (): void => {
        this.#pending.delete(id)
        this.#port.postMessage({ id, job: undefined } satisfies JobCancel)
        reject(signal.reason as Error)
      }
      const settle = (): void => { signal.removeEventListener('abort', abort) }
      this.#pending.set(id, { resolve: pcm => { settle(); resolve(pcm) }, reject: error => { settle(); reject(error as Error) } })
      signal.addEventListener('abort', abort, { once: true })
      this.#port.postMessage({ id, job: { kind: 'speech', engine, text, language } } satisfies JobRequest)
    })
  }

  #onAnswer ({ id, result }: JobAnswer): void {
    const pending = this.#pending.get(id)
    if (pending === undefined) return // it was cancelled meanwhile
    this.#pending.delete(id)
    if (result.kind === 'pcm') pending.resolve({ samples: result.samples, sampleRateHz: result.sampleRateHz, made: result.times })
    else if (result.kind === 'error') pending.reject(new ChorusError(result.error.code, result.error.args))
    else pending.reject(new TypeError(`a speech job was answered with ${result.kind}`))
  }
}
