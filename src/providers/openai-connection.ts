import { APIConnectionError, APIError, OpenAI } from 'openai'
import { type ChorusError } from '../core/errors.js'
import { fetchOver } from './undici-fetch.js'
import { Faults } from './wire/faults.js'
import { keepAliveAgent, SILENCE_TIMEOUT_MS, type HttpAnswer } from './wire/http-connection.js'

export interface OpenAiConnectionOptions {
  /** Up to and including the version: `https://api.openai.com/v1`. */
  readonly baseUrl: string
  /** Empty: no `Authorization` header is sent, as local servers like it. */
  readonly apiKey: string
  readonly headers?: Readonly<Record<string, string>>
}

const WARM_TIMEOUT_MS = 2_000

/** A keep-alive pool to one OpenAI-compatible server, and its failures in our words. */
export class OpenAiConnection {
  readonly client: OpenAI
  readonly #faults: Faults
  readonly #options: OpenAiConnectionOptions
  readonly #apiKey: string
  readonly #agent = keepAliveAgent()

  constructor (name: string, options: OpenAiConnectionOptions) {
    this.#faults = new Faults(name, [options.apiKey])
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
    if (error instanceof APIError && !(error instanceof APIConnectionError)) return this.#packageRefusal(error)
    return this.#faults.fault(error)
  }

  rubbish (what: string, cause?: unknown): ChorusError { return this.#faults.rubbish(what, cause) }
  refusal (status: number, message: string): ChorusError { return this.#faults.refusal(status, message) }

  // An error inside a stream that began with 200 has no status of its own. The error of the package
  // is no cause of ours: it holds the headers, and may quote the key.
  #packageRefusal (error: APIError): ChorusError {
    const status = (error.status as number | undefined) ?? 200
    return this.refusal(status, error.message.replace(new RegExp(`^${status} `), ''))
  }
}

// The first real request will say what is wrong, to somebody who waits for it.
function ignoreColdServer (_error: unknown): void {}
