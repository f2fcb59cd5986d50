import { createHmac, timingSafeEqual } from 'node:crypto'
import { parseObject } from './ota.js'

/** What a device with a serial number sends to prove that it is the one. */
export interface ActivationProof {
  readonly serialNumber: string
  readonly challenge: string
  /** 64 hexadecimal digits. */
  readonly hmac: string
}

/** @returns undefined where the body holds no proof, as that of devices without a serial number */
export function parseActivationProof (body: string): ActivationProof | undefined {
  const { serial_number: serialNumber, challenge, hmac } = parseObject(body)
  if (typeof serialNumber !== 'string' && typeof hmac !== 'string') return undefined
  return { serialNumber: String(serialNumber ?? ''), challenge: String(challenge ?? ''), hmac: String(hmac ?? '') }
}

/** HMAC-SHA256 of the challenge, by the key that was burnt into the device; constant time. */
export function isProofRight (key: Uint8Array, { challenge, hmac }: ActivationProof): boolean {
  if (!/^[0-9a-f]{64}$/i.test(hmac)) return false
  return timingSafeEqual(Buffer.from(hmac, 'hex'), createHmac('sha256', key).update(challenge).digest())
}

/** Equal, in a time that does not tell how far. */
export function isSameChallenge (one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)]
  return a.length === b.length && timingSafeEqual(a, b)
}

/** What a device shows; `template` is the operator's, with `{code}` in it, or empty. */
export function activationMessage (template: string, language: string | undefined, code: string): string {
  const own = language === 'zh' || language === 'yue' ? '请在服务器上输入验证码\n{code}' : 'Approve this device with the code\n{code}'
  return (template || own).replaceAll('{code}', code)
}
