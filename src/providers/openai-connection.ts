import { APIConnectionError, APIError, OpenAI } from 'openai'
import { Agent } from 'undici'
import { ChorusError } from '../core/errors.js'
import { fetchOver } from './undici-fetch.js'

export interface OpenAiConnectionOptions {
  /** Up to and including the version: `https://api.openai.com/v1`. */
  readonly baseUrl: string
  /** Empty: no `Authorization` header is sent, as local servers like it. */
  readonly apiKey: string
  readonly headers?: Readonly<Record<string, string>>
}

/** An answer of any status; `body` must be read to its end or left, which closes the connection. */
export interface HttpAnswer {
  readonly status: number
  /** Empty where it is not there. */
  header (name: string): string
  readonly body: AsyncIterable<Uint8Array>
}

const CONNECT_TIMEOUT_MS = 5_000
// Guards of last resort for requests that nobody watches; a turn's own deadlines are far shorter.
const SILENCE_TIMEOUT_MS = 60_000
// Longer than the pause between two turns of a conversation, so the second one finds it warm. Where
// the server announces less (`Keep-Alive: timeout=5`), undici obeys that.
const KEEP_ALIVE_MS = 60_000
const WARM_TIMEOUT_MS = 2_000
const MAX_MESSAGE_LENGTH = 200

/** A keep-alive pool to one OpenAI-compatible server, and its failures in our words. */
export class OpenAiConnection {
  readonly client: OpenAI
  readonly #name: string
  readonly #options: OpenAiConnectionOptions
  readonly #apiKey: string
  readonly #agent = new Agent({
    connect: { timeout: CONNECT_TIMEOUT_MS },
    headersTimeout: SILENCE_TIMEOUT_MS,
    bodyTimeout: SILENCE_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_MS
  })

  constructor (name: string, options: OpenAiConnectionOptions) {
    this.#name = name
    this.#options = options
    this.#apiKey = options.apiKey
    this.client = new OpenAI({
      baseURL: options.baseUrl,
      apiKey: options.apiKey === '' ? 'none' : options.apiKey, // the package insists on one; see the headers
      // What is left out here, the package would take from the environment.
      adminAPIKey: null,
      organization: null,
      project: null,
      webhookSecret: null,
      logLevel: 'off', // its log quotes what people said
      maxRetries: 0, // a retry is the turn's decision, which has a deadline to keep
      timeout: SILENCE_TIMEOUT_MS,
      defaultHeaders: { ...options.headers, ...(options.apiKey === '' ? { authorization: null } : {}) },
      // Not Node's own fetch: that one is a different undici and refuses our agent.
      fetch: fetchOver(this.#agent)
    })
  }

  /** Connects, and does the TLS handshake; what the server answers does not matter. */
  async warm (): Promise<void> {
    await this.client.models.list({ signal: AbortSignal.timeout(WARM_TIMEOUT_MS) }).catch(ignoreColdServer)
  }

  /**
   * Sends a body that the package cannot make, over the same connections. Rejects with undici's own
   * error as long as there is no answer.
   */
  async post (path: string, { contentType, body }: { contentType: string, body: Uint8Array }, signal: AbortSignal): Promise<HttpAnswer> {
    const url = new URL(this.#options.baseUrl.replace(/\/+$/, '') + path)
    const authorization = this.#apiKey === '' ? {} : { authorization: `Bearer ${this.#apiKey}` }
    const { statusCode, headers, body: answer } = await this.#agent.request({
      origin: url.origin,
      path: url.pathname + url.search,
      method: 'POST',
      headers: { ...this.#options.headers, ...authorization, 'content-type': contentType },
      body,
      signal
    })
    return { status: statusCode, header: name => String(headers[name] ?? ''), body: answer }
  }

  /** Ends what is still running. */
  async close (): Promise<void> {
    if (!this.#agent.destroyed) await this.#agent.destroy()
  }

  /** Any failure of a request, once, as an error of ours. */
  fault (error: unknown): ChorusError {
    if (error instanceof ChorusError) return error
    if (error instanceof APIError && !(error instanceof APIConnectionError)) return this.#packageRefusal(error)
    if (error instanceof SyntaxError) return this.rubbish('broken JSON', error)
    return new ChorusError('CHORUS_PROVIDER_BROKEN', [this.#name, this.#oneLine(rootMessage(error))], { cause: error })
  }

  rubbish (what: string, cause?: unknown): ChorusError {
    return new ChorusError('CHORUS_PROVIDER_RUBBISH', [this.#name, this.#oneLine(what)], cause === undefined ? undefined : { cause })
  }

  refusal (status: number, message: string): ChorusError {
    return new ChorusError('CHORUS_PROVIDER_REFUSED', [this.#name, status, this.#oneLine(message)])
  }

  // An error inside a stream that began with 200 has no status of its own. The error of the package
  // is no cause of ours: it holds the headers, and may quote the key.
  #packageRefusal (error: APIError): ChorusError {
    const status = (error.status as number | undefined) ?? 200
    return this.refusal(status, error.message.replace(new RegExp(`^${status} `), ''))
  }

  #oneLine (text: string): string {
    const line = (this.#apiKey === '' ? text : text.replaceAll(this.#apiKey, '***')).replace(/\s+/g, ' ').trim()
    return line.length > MAX_MESSAGE_LENGTH ? `${line.slice(0, MAX_MESSAGE_LENGTH - 1)}…` : line
  }
}

// "fetch failed" and "terminated" say nothing; what they wrap does.
function rootMessage (error: unknown): string {
  let root = error
  while (root instanceof Error && root.cause instanceof Error) root = root.cause
  if (root instanceof AggregateError && root.errors[0] instanceof Error) root = root.errors[0]
  return root instanceof Error ? root.message : String(root)
}

// The first real request will say what is wrong, to somebody who waits for it.
function ignoreColdServer (_error: unknown): void {}
