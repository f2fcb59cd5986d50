import { createCipheriv, createDecipheriv, createHmac, pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { parseObject } from './ota.js'

const ALGORITHM = 'aes-256-gcm'
const IV_BYTES = 12
const TAG_BYTES = 16
const KEY_BYTES = 32
// Both are those of the replaced server: either side's tokens verify on the other.
const ROUNDS = 100_000
const SALT = 'fixed_salt_placeholder'
const LIFETIME_S = 3600
/** Of a token that anybody would make: longer ones are not looked at. */
const MAX_TOKEN_LENGTH = 2048
const HEADER = encode(JSON.stringify({ alg: 'HS256', typ: 'JWT' }))

/**
 * Tokens for uploads of pictures: a JWT, signed with HS256, whose payload is an encrypted
 * Device-Id and time of expiry.
 *
 * ```
 * header.payload.signature      payload = {"data": base64url(iv 12 | ciphertext | tag 16)}
 *                               plaintext = {"device_id": "…", "exp": seconds}
 * ```
 */
export class VisionTokens {
  readonly #signingKey: string
  readonly #cipherKey: Buffer

  /** Derives the key of the cipher, which takes some 30 ms of another thread. */
  static async create (authKey: string): Promise<VisionTokens> {
    return new VisionTokens(authKey, await promisify(pbkdf2)(authKey, SALT, ROUNDS, KEY_BYTES, 'sha256'))
  }

  constructor (signingKey: string, cipherKey: Buffer) {
    this.#signingKey = signingKey
    this.#cipherKey = cipherKey
  }

  sign (deviceId: string, nowMs: number): string {
    const iv = randomBytes(IV_BYTES)
    const cipher = createCipheriv(ALGORITHM, this.#cipherKey, iv)
    const plain = JSON.stringify({ device_id: deviceId, exp: nowMs / 1000 + LIFETIME_S })
    const sealed = Buffer.concat([iv, cipher.update(plain, 'utf8'), cipher.final(), cipher.getAuthTag()])
    // With padding: Python's decoder insists on it.
    const data = sealed.toString('base64').replaceAll('+', '-').replaceAll('/', '_')
    const signed = `${HEADER}.${encode(JSON.stringify({ data }))}`
    return `${signed}.${this.#signatureOf(signed).toString('base64url')}`
  }

  /** @returns the Device-Id that the token was made for; undefined for one that is not valid */
  verify (token: string, nowMs: number): string | undefined {
    if (token.length > MAX_TOKEN_LENGTH) return undefined
    const [, header, payload, signature] = /^([\w-]+)\.([\w-]+)\.([\w-]{43})$/.exec(token) ?? []
    if (header === undefined || payload === undefined || signature === undefined) return undefined
    if (!timingSafeEqual(Buffer.from(signature, 'base64url'), this.#signatureOf(`${header}.${payload}`))) return undefined
    if (parseObject(decode(header))['alg'] !== 'HS256') return undefined
    const { device_id: deviceId, exp } = this.#open(parseObject(decode(payload))['data'])
    return typeof deviceId === 'string' && typeof exp === 'number' && exp * 1000 > nowMs ? deviceId : undefined
  }

  #open (data: unknown): Readonly<Record<string, unknown>> {
    const sealed = Buffer.from(typeof data === 'string' ? data : '', 'base64url')
    if (sealed.length <= IV_BYTES + TAG_BYTES) return {}
    const decipher = createDecipheriv(ALGORITHM, this.#cipherKey, sealed.subarray(0, IV_BYTES))
    decipher.setAuthTag(sealed.subarray(-TAG_BYTES))
    try {
      return parseObject(decipher.update(sealed.subarray(IV_BYTES, -TAG_BYTES), undefined, 'utf8') + decipher.final('utf8'))
    } catch {
      return {} // encrypted with another key
    }
  }

  #signatureOf (signed: string): Buffer { return createHmac('sha256', this.#signingKey).update(signed).digest() }
}

function encode (text: string): string { return Buffer.from(text).toString('base64url') }
function decode (text: string): string { return Buffer.from(text, 'base64url').toString() }
