import { createHmac, randomUUID } from 'node:crypto'
import { ChorusError } from '../../core/errors.js'
import { Scope } from '../../core/scope.js'
import { HttpConnection, isRecord } from './http-connection.js'
import type { Faults } from './faults.js'
import { unlessAborted } from './unless-aborted.js'

export interface AliyunTokenOptions {
  /** Where this is set it is used as it is, and never refreshed. */
  readonly token: string
  readonly accessKeyId: string
  readonly accessKeySecret: string
  /** Address of the service that makes tokens. */
  readonly tokenUrl: string
  /** A token that ends sooner than this is replaced while it still serves. */
  readonly tokenRefreshMs: number
}

interface Made { readonly token: string, readonly endsAtMs: number }

// 40000001 is also said for a token that is broken or of another region.
const tokenRefusals: ReadonlySet<unknown> = new Set([401, 403, 40_000_001])
const REGION = 'cn-shanghai'

/**
 * What lets us into Aliyun's speech services (NLS): made from an access key, good for a day or so,
 * and shared by all requests. Refreshed in the background before it ends.
 */
export class AliyunToken {
  readonly #options: AliyunTokenOptions
  readonly #faults: Faults
  readonly #http: HttpConnection
  readonly #scope = new Scope()
  readonly #now: () => number
  #made: Made | undefined
  #making: Promise<Made> | undefined

  /** @param now wall clock, which the end of a token is told in */
  constructor (faults: Faults, options: AliyunTokenOptions, now: () => number = Date.now) {
    this.#options = options
    this.#faults = faults
    this.#http = new HttpConnection(faults, options.tokenUrl)
    this.#now = now
  }

  /**
   * A token that is good now.
   * @throws CHORUS_PROVIDER_REFUSED, CHORUS_PROVIDER_RUBBISH, CHORUS_PROVIDER_BROKEN; the signal's
   * reason when that aborts, which does not end the request that others wait for
   */
  async get (signal: AbortSignal): Promise<string> {
    if (this.#options.token !== '') return this.#options.token
    const leftMs = this.#made === undefined ? 0 : this.#made.endsAtMs - this.#now()
    if (leftMs < this.#options.tokenRefreshMs) void this.#make()
    if (this.#made !== undefined && leftMs > 0) return this.#made.token
    return (await unlessAborted(this.#make(), signal)).token
  }

  /**
   * What `act` gives for a token; where the service does not take one that served before, what it
   * gives for a new one.
   * @throws what `get` and `act` throw
   */
  async use<T> (signal: AbortSignal, act: (token: string) => Promise<T>): Promise<T> {
    const before = this.#made?.token
    const token = await this.get(signal)
    try {
      return await act(token)
    } catch (error) {
      if (!isTokenRefusal(error)) throw error
      this.reject(token)
      if (token !== before) throw error // another new one would not be better
    }
    return await act(await this.get(signal))
  }

  /** Says that the service does not take that one, so that no one uses it any more. */
  reject (token: string): void {
    if (this.#made?.token === token) this.#made = undefined
  }

  async warm (): Promise<void> {
    await this.get(this.#scope.signal).catch(ignoreFailure)
  }

  async close (): Promise<void> {
    await this.#scope.close()
    await this.#http.close()
  }

  /** One request, however many wait for it: the vendor limits them. */
  #make (): Promise<Made> {
    if (this.#making !== undefined) return this.#making
    const making = this.#request().then(made => {
      this.#faults.hide(made.token)
      this.#made = made
      return made
    }, (error: unknown) => {
      throw this.#faults.fault(error) // our own end is one, too
    }).finally(() => { this.#making = undefined })
    making.catch(ignoreFailure) // nobody may be waiting
    this.#making = making
    return making
  }

  async #request (): Promise<Made> {
    const { accessKeyId, accessKeySecret, tokenUrl } = this.#options
    const query = signedQuery({
      AccessKeyId: accessKeyId,
      Action: 'CreateToken',
      Format: 'JSON',
      RegionId: REGION,
      SignatureMethod: 'HMAC-SHA1',
      SignatureNonce: randomUUID(),
      SignatureVersion: '1.0',
      Timestamp: `${new Date(this.#now()).toISOString().slice(0, 19)}Z`,
      Version: '2019-02-28'
    }, accessKeySecret)
    const { Token: token, ErrMsg: problem } = await this.#http.json(`${tokenUrl}?${query}`, { method: 'GET', signal: this.#scope.signal })
    if (isRecord(token) && typeof token['Id'] === 'string' && typeof token['ExpireTime'] === 'number') {
      return { token: token['Id'], endsAtMs: token['ExpireTime'] * 1000 }
    }
    if (typeof problem === 'string' && problem !== '') throw this.#faults.refusal(400, problem)
    throw this.#faults.rubbish('an answer without a token')
  }
}

/** Is it the token that the service does not like? By HTTP, or by a code of its own. */
export function isTokenRefusal (error: unknown): boolean {
  return error instanceof ChorusError && error.code === 'CHORUS_PROVIDER_REFUSED' && tokenRefusals.has(error.args[1])
}

/** A query with its signature, as Aliyun's RPC services want it (version 1.0, HMAC-SHA1). */
export function signedQuery (parameters: Readonly<Record<string, string>>, secret: string): string {
  const query = Object.keys(parameters).sort().map(name => `${percentEncode(name)}=${percentEncode(parameters[name]!)}`).join('&')
  const signature = createHmac('sha1', `${secret}&`).update(`GET&%2F&${percentEncode(query)}`).digest('base64')
  return `Signature=${percentEncode(signature)}&${query}`
}

/** RFC 3986, where JavaScript leaves a few more characters alone. */
function percentEncode (text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, character => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
}

// Whoever needs the token next asks again, and hears why there is none.
function ignoreFailure (_error: unknown): void {}
