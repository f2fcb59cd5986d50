import type { Config } from '../core/config-schema.js'
import type { DeviceRecord } from '../core/device-directory.js'
import { verifyToken, type TokenVerdict } from '../protocol/token.js'
import type { Applicant } from './applicant.js'

/** Why a device is let in. */
export type Ground = 'token' | 'expiredToken' | 'sharedToken' | 'noToken' | 'new'

/** Why it is not, as far as its record and its token tell. */
export type Fault = 'revoked' | 'notListed' | 'clientMismatch' | 'needsCode' | 'tokenMissing' | 'tokenForged' | 'tokenExpired'

export type Ruling =
  | { readonly kind: 'accept', readonly ground: Ground }
  /** Let it in and pin its Client-Id. */
  | { readonly kind: 'admit' }
  | { readonly kind: 'refuse', readonly fault: Fault }

export interface Rules extends Pick<Config['auth'], 'admission' | 'acceptSharedTokens' | 'tokenLifetimeS'> {
  /** Signs tokens of devices that are not bound. */
  readonly sharedKey: string
}

export interface Circumstances {
  readonly isPrivate: boolean
  /** Its id is in `auth.allowedDevices`. */
  readonly isListed: boolean
  readonly nowS: number
}

/** Decides about one device, from what is known of it. Nothing is asked and nothing changed. */
export function judge (applicant: Applicant, device: DeviceRecord | undefined, around: Circumstances, rules: Rules): Ruling {
  if (device?.state === 'revoked') return refuse('revoked')
  if (rules.admission === 'allowlist' && !around.isListed) return refuse('notListed')
  if (device === undefined) return judgeNew(applicant, around, rules)
  if (device.clientId !== applicant.clientId) return refuse('clientMismatch')
  return device.state === 'bound' ? judgeBound(applicant, device, around, rules) : judgeAdmitted(applicant, around, rules)
}

function judgeNew (applicant: Applicant, around: Circumstances, rules: Rules): Ruling {
  const token = check(rules.sharedKey, applicant, around, rules)
  if (isWrong(token)) return refuse('tokenForged')
  const isVouchedFor = rules.acceptSharedTokens && rules.admission === 'open' && token === 'valid'
  return mayComeWithoutToken(around, rules) || isVouchedFor ? { kind: 'admit' } : refuse('needsCode')
}

function judgeAdmitted (applicant: Applicant, around: Circumstances, rules: Rules): Ruling {
  if (rules.admission === 'code' && !around.isListed) return refuse('needsCode')
  const token = check(rules.sharedKey, applicant, around, rules)
  if (isWrong(token)) return refuse('tokenForged')
  if (token === 'valid') return accept('token')
  if (mayComeWithoutToken(around, rules)) return accept(token === 'expired' ? 'expiredToken' : 'noToken')
  return refuse(token === 'expired' ? 'tokenExpired' : 'tokenMissing')
}

// Tokens are fetched when a device starts, and it may run for months: one of its own key never
// expires for it. Whoever wants it out rotates the key.
function judgeBound (applicant: Applicant, device: DeviceRecord, around: Circumstances, rules: Rules): Ruling {
  const own = check(device.key, applicant, around, rules)
  switch (own) {
    case 'none': return refuse('tokenMissing')
    case 'valid': return accept('token')
    case 'expired': return accept('expiredToken')
    default: break
  }
  const shared = rules.acceptSharedTokens ? check(rules.sharedKey, applicant, around, rules) : 'forged'
  if (shared === 'valid') return accept('sharedToken')
  return refuse(shared === 'expired' ? 'tokenExpired' : 'tokenForged')
}

function mayComeWithoutToken ({ isPrivate, isListed }: Circumstances, { admission }: Rules): boolean {
  return isListed || (admission === 'open' && isPrivate)
}

function check (key: string, applicant: Applicant, { nowS }: Circumstances, { tokenLifetimeS }: Rules): TokenVerdict['kind'] | 'none' {
  const { token, clientId, statedId, deviceId } = applicant
  if (token === undefined) return 'none'
  const { kind } = verifyToken(key, { clientId, deviceId: statedId }, token, nowS, tokenLifetimeS)
  if (kind !== 'forged' || statedId === deviceId) return kind
  return verifyToken(key, { clientId, deviceId }, token, nowS, tokenLifetimeS).kind
}

function isWrong (token: TokenVerdict['kind'] | 'none'): boolean { return token === 'forged' || token === 'malformed' }
function accept (ground: Ground): Ruling { return { kind: 'accept', ground } }
function refuse (fault: Fault): Ruling { return { kind: 'refuse', fault } }
