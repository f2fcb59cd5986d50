import { setTimeout as delay } from 'node:timers/promises'
import { ChorusError } from '../../core/errors.js'
import { Scope } from '../../core/scope.js'
import { OpenAiConnection, type OpenAiConnectionOptions } from '../openai-connection.js'
import type { Asr, AsrRequest, SpeechFile, Transcript } from '../types.js'
import { isRecord, messageIn, parseJson, type HttpAnswer } from '../wire/http-connection.js'
import { formatMultipart, type FormFile, type Multipart } from './multipart.js'

export interface OpenAiAsrOptions extends OpenAiConnectionOptions {
  readonly model: string
  /** For one utterance, a second try included. */
  readonly timeoutMs: number
  readonly maxAnswerBytes: number
}

/** What came of one request; `againMs`: after that pause it may be made once more. */
type Attempt =
  | { readonly kind: 'words', readonly transcript: Transcript }
  | { readonly kind: 'failed', readonly error: unknown, readonly againMs: number | undefined }

/** Where a server that is overloaded does not say how long it wants to be left alone. */
const PAUSE_MS = 500
// The server had closed a connection that looked alive from here. One that cannot be opened at all
// is another matter: the next try would fail as well.
const brokenCodes: readonly unknown[] = ['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE']

/** Any server that speaks OpenAI's `/audio/transcriptions`. */
export class OpenAiAsr implements Asr {
  readonly name = 'asr/openai'
  readonly #options: OpenAiAsrOptions
  readonly #connection: OpenAiConnection

  constructor (options: OpenAiAsrOptions) {
    this.#options = options
    this.#connection = new OpenAiConnection(this.name, options)
  }

  async recognise (request: AsrRequest): Promise<Transcript> {
    const { timeoutMs } = this.#options
    const exchange = new Scope(request.signal)
    const endsAt = performance.now() + timeoutMs
    let isLate = false
    const timer = setTimeout(() => {
      isLate = true
      void exchange.close()
    }, timeoutMs)
    try {
      return await this.#transcribe(this.#formOf(request), exchange.signal, endsAt)
    } catch (error) {
      if (request.signal.aborted) throw request.signal.reason
      if (isLate) throw new ChorusError('CHORUS_PROVIDER_TIMEOUT', [this.name, timeoutMs])
      throw this.#connection.fault(error)
    } finally {
      clearTimeout(timer)
      await exchange.close()
    }
  }

  warm (): Promise<void> { return this.#connection.warm() }
  close (): Promise<void> { return this.#connection.close() }

  #formOf ({ file, language }: AsrRequest): Multipart {
    const told = language === '' ? {} : { language }
    return formatMultipart({ model: this.#options.model, response_format: 'json', ...told }, formFile(file))
  }

  async #transcribe (form: Multipart, signal: AbortSignal, endsAt: number): Promise<Transcript> {
    const first = await this.#attempt(form, signal)
    if (first.kind === 'words') return first.transcript
    if (first.againMs === undefined || performance.now() + first.againMs >= endsAt) throw first.error
    await delay(first.againMs, undefined, { signal })
    const second = await this.#attempt(form, signal)
    if (second.kind === 'words') return second.transcript
    throw second.error
  }

  async #attempt (form: Multipart, signal: AbortSignal): Promise<Attempt> {
    if (signal.aborted) throw signal.reason
    let answer: HttpAnswer
    try {
      answer = await this.#connection.post('/audio/transcriptions', form, signal)
    } catch (error) {
      return { kind: 'failed', error, againMs: isBroken(error) && !signal.aborted ? 0 : undefined }
    }
    const body = await this.#read(answer)
    const { status } = answer
    if (status >= 200 && status < 300) return { kind: 'words', transcript: this.#transcriptIn(answer.header('content-type'), body) }
    const againMs = status === 429 || status >= 500 ? pauseWanted(answer) : undefined
    return { kind: 'failed', error: this.#connection.refusal(status, messageIn(body)), againMs }
  }

  async #read (answer: HttpAnswer): Promise<string> {
    const { maxAnswerBytes } = this.#options
    const chunks: Uint8Array[] = []
    let bytes = 0
    for await (const chunk of answer.body) {
      bytes += chunk.length
      // Leaving the loop closes the connection, with whatever else it holds.
      if (bytes > maxAnswerBytes) throw this.#connection.rubbish(`an answer of more than ${maxAnswerBytes} bytes`)
      chunks.push(chunk)
    }
    return new TextDecoder().decode(Buffer.concat(chunks))
  }

  // Some servers send bare text whatever was asked for; others declare their JSON as that.
  #transcriptIn (contentType: string, body: string): Transcript {
    const trimmed = body.trim()
    if (/^text\/plain\b/i.test(contentType) && !trimmed.startsWith('{')) return { text: trimmed, language: undefined }
    const answer = parseJson(trimmed)
    if (answer === undefined) throw this.#connection.rubbish(/json/i.test(contentType) ? 'broken JSON' : contentType || 'an answer without a type')
    if (!isRecord(answer) || typeof answer.text !== 'string') throw this.#connection.rubbish('an answer without text')
    return { text: answer.text.trim(), language: typeof answer.language === 'string' ? answer.language : undefined }
  }
}

function formFile ({ format, bytes }: SpeechFile): FormFile {
  return format === 'wav'
    ? { name: 'speech.wav', contentType: 'audio/wav', bytes }
    : { name: 'speech.ogg', contentType: 'audio/ogg', bytes }
}

function isBroken (error: unknown): boolean {
  return error instanceof Error && 'code' in error && brokenCodes.includes(error.code)
}

/** RFC 9110, 10.2.3: seconds or a date. */
function pauseWanted (answer: HttpAnswer): number {
  const text = answer.header('retry-after').trim()
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000
  const atMs = Date.parse(text)
  return Number.isNaN(atMs) ? PAUSE_MS : Math.max(0, atMs - Date.now())
}
