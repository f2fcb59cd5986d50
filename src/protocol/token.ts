import { createHmac, timingSafeEqual } from 'node:crypto'

/** How long the replaced server takes a token for valid: 30 days. */
export const TOKEN_LIFETIME_S = 2_592_000

export interface TokenOwner { readonly clientId: string, readonly deviceId: string }

/** What a token says of itself; nothing of it is true before the signature was compared. */
export type TokenVerdict =
  | { readonly kind: 'valid', readonly issuedAtS: number }
  /** Rightly signed, and older than the lifetime. */
  | { readonly kind: 'expired', readonly issuedAtS: number }
  | { readonly kind: 'malformed' }
  | { readonly kind: 'forged' }

/**
 * The token of a device, as the replaced server family makes it: an HMAC-SHA256 over
 * `client|device|seconds` in base64url without padding, a dot, and the seconds.
 * @param issuedAtS Unix time in whole seconds
 */
export function signToken (key: string, owner: TokenOwner, issuedAtS: number): string {
  return `${signatureOf(key, owner, String(issuedAtS)).toString('base64url')}.${issuedAtS}`
}

/** Compares in constant time. A time in the future is no reason to refuse: device clocks differ. */
export function verifyToken (key: string, owner: TokenOwner, token: string, nowS: number, lifetimeS = TOKEN_LIFETIME_S): TokenVerdict {
  const parts = /^([A-Za-z0-9_-]{43})\.(\d{1,12})$/.exec(token)
  if (parts === null) return { kind: 'malformed' }
  const isSame = timingSafeEqual(Buffer.from(parts[1]!, 'base64url'), signatureOf(key, owner, parts[2]!))
  if (!isSame) return { kind: 'forged' }
  const issuedAtS = Number(parts[2])
  return nowS - issuedAtS > lifetimeS ? { kind: 'expired', issuedAtS } : { kind: 'valid', issuedAtS }
}

function signatureOf (key: string, { clientId, deviceId }: TokenOwner, issuedAt: string): Buffer {
  return createHmac('sha256', key).update(`${clientId}|${deviceId}|${issuedAt}`).digest()
}
