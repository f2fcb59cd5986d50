import { Agent, type Dispatcher } from 'undici'
import { type Faults } from './faults.js'

/** An answer of any status; `body` must be read to its end or left, which closes the connection. */
export interface HttpAnswer {
  readonly status: number
  /** Empty where it is not there. */
  header (name: string): string
  readonly body: AsyncIterable<Uint8Array>
}

export interface HttpRequest {
  readonly method?: 'GET' | 'POST'
  readonly headers?: Readonly<Record<string, string>>
  /** An object is sent as JSON. */
  readonly body?: Uint8Array | string | object
  readonly signal: AbortSignal
}

export const CONNECT_TIMEOUT_MS = 5_000
// Guards of last resort for requests that nobody watches; a turn's own deadlines are far shorter.
export const SILENCE_TIMEOUT_MS = 60_000
// Longer than the pause between two turns of a conversation, so the second one finds it warm. Where
// the server announces less (`Keep-Alive: timeout=5`), undici obeys that.
const KEEP_ALIVE_MS = 60_000
const WARM_TIMEOUT_MS = 2_000
const MOST_ANSWER_BYTES = 4_194_304

/** Connections to one vendor that are kept open. */
export function keepAliveAgent (): Agent {
  return new Agent({
    connect: { timeout: CONNECT_TIMEOUT_MS },
    headersTimeout: SILENCE_TIMEOUT_MS,
    bodyTimeout: SILENCE_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_MS
  })
}

/** HTTP with one vendor, over connections that stay warm; what goes wrong is a ChorusError. */
export class HttpConnection {
  readonly faults: Faults
  readonly #agent = keepAliveAgent()
  readonly #warmAt: string

  /** @param warmAt any address of the vendor */
  constructor (faults: Faults, warmAt: string) {
    this.faults = faults
    this.#warmAt = warmAt
  }

  /**
   * @returns an answer of any status
   * @throws CHORUS_PROVIDER_BROKEN; the signal's reason when that aborts
   */
  async request (address: string, { method = 'POST', headers = {}, body, signal }: HttpRequest): Promise<HttpAnswer> {
    const url = new URL(address)
    const isJson = typeof body === 'object' && !(body instanceof Uint8Array)
    let answer: Dispatcher.ResponseData
    try {
      answer = await this.#agent.request({
        origin: url.origin,
        path: url.pathname + url.search,
        method,
        headers: { ...isJson ? { 'content-type': 'application/json' } : {}, ...headers },
        body: isJson ? JSON.stringify(body) : body ?? null,
        signal
      })
    } catch (error) {
      if (signal.aborted) throw signal.reason
      throw this.faults.fault(error)
    }
    const received = answer.headers
    return { status: answer.statusCode, header: name => String(received[name] ?? ''), body: answer.body }
  }

  /**
   * An answer whose status is a success.
   * @throws CHORUS_PROVIDER_REFUSED with what the vendor said, and what `request` throws
   */
  async expect (address: string, request: HttpRequest): Promise<HttpAnswer> {
    const answer = await this.request(address, request)
    if (answer.status >= 200 && answer.status < 300) return answer
    throw this.faults.refusal(answer.status, messageIn(await this.text(answer, request.signal)))
  }

  /**
   * The JSON object of a successful answer.
   * @throws CHORUS_PROVIDER_RUBBISH where it is none, and what `expect` throws
   */
  async json (address: string, request: HttpRequest): Promise<Readonly<Record<string, unknown>>> {
    const answer = await this.expect(address, request)
    const value = parseJson(await this.text(answer, request.signal))
    if (!isRecord(value)) throw this.faults.rubbish(`an answer that is no JSON object (${answer.header('content-type') || 'without a type'})`)
    return value
  }

  /**
   * @throws CHORUS_PROVIDER_RUBBISH when it is too long; CHORUS_PROVIDER_BROKEN; the signal's own
   */
  async bytes (answer: HttpAnswer, signal: AbortSignal, mostBytes = MOST_ANSWER_BYTES): Promise<Buffer> {
    const chunks: Uint8Array[] = []
    let count = 0
    try {
      for await (const chunk of answer.body) {
        count += chunk.length
        // Leaving the loop closes the connection, with whatever else it holds.
        if (count > mostBytes) throw this.faults.rubbish(`an answer of more than ${mostBytes} bytes`)
        chunks.push(chunk)
      }
    } catch (error) {
      if (signal.aborted) throw signal.reason
      throw this.faults.fault(error)
    }
    return Buffer.concat(chunks)
  }

  async text (answer: HttpAnswer, signal: AbortSignal, mostBytes = MOST_ANSWER_BYTES): Promise<string> {
    return new TextDecoder().decode(await this.bytes(answer, signal, mostBytes))
  }

  /** Connects, and does the TLS handshake; what the server answers does not matter. */
  async warm (): Promise<void> {
    const url = new URL(this.#warmAt)
    await this.#agent.request({ origin: url.origin, path: '/', method: 'HEAD', signal: AbortSignal.timeout(WARM_TIMEOUT_MS) })
      .then(({ body }) => body.dump()).catch(ignoreColdServer)
  }

  /** Ends what is still running. */
  async close (): Promise<void> {
    if (!this.#agent.destroyed) await this.#agent.destroy()
  }
}

/** What an answer with an error status says, as most vendors write it. */
export function messageIn (body: string): string {
  const json = parseJson(body)
  if (!isRecord(json)) return body
  const { error, message, detail, msg } = json
  const text = isRecord(error) ? error['message'] : error ?? message ?? detail ?? msg
  return typeof text === 'string' ? text : body
}

export function parseJson (text: string): unknown {
  try { return JSON.parse(text) } catch { return undefined }
}

export function isRecord (value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

// The first real request will say what is wrong, to somebody who waits for it.
function ignoreColdServer (_error: unknown): void {}
