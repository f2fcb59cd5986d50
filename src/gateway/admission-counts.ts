import type { Log } from '../core/log.js'
import type { Fault, Ground } from './admission-rules.js'

export type Reason = Fault | 'malformed' | 'noDeviceId' | 'addressRate' | 'deviceRate' | 'backOff' | 'undecided' | 'storeFailed' | 'stopping'

/**
 * `unchecked`: auth.mode is open. `anonymous`: no Device-Id, from loopback. `code`: to hear the
 * code that it must be approved by.
 */
export type Entrance = Ground | 'unchecked' | 'anonymous' | 'code'

/** The HTTP status that each refusal has. */
export const statusOf: Readonly<Record<Reason, number>> = {
  malformed: 401,
  noDeviceId: 401,
  tokenMissing: 401,
  tokenForged: 401,
  tokenExpired: 401,
  revoked: 403,
  notListed: 403,
  clientMismatch: 403,
  needsCode: 403,
  addressRate: 429,
  deviceRate: 429,
  backOff: 429,
  undecided: 503,
  storeFailed: 503,
  stopping: 503
}

const LOG_EVERY_MS = 5000

/** Who was let in and who was not, since the start; refusals are summed up in the log. */
export class AdmissionCounts {
  readonly accepted: Record<Entrance, number> = {
    token: 0, expiredToken: 0, sharedToken: 0, noToken: 0, new: 0, unchecked: 0, anonymous: 0, code: 0
  }

  readonly refused = Object.fromEntries(Object.keys(statusOf).map(reason => [reason, 0])) as Record<Reason, number>
  readonly #log: Log
  #unsaid: Partial<Record<Reason, number>> = {}
  #timer: NodeJS.Timeout | undefined

  constructor (log: Log) {
    this.#log = log
  }

  accept (entrance: Entrance): void { this.accepted[entrance]++ }

  refuse (reason: Reason): void {
    this.refused[reason]++
    this.#unsaid[reason] = (this.#unsaid[reason] ?? 0) + 1
    this.#timer ??= setTimeout(() => { this.#say() }, LOG_EVERY_MS).unref()
  }

  close (): void {
    clearTimeout(this.#timer)
    this.#say()
  }

  #say (): void {
    this.#timer = undefined
    const reasons = this.#unsaid
    this.#unsaid = {}
    if (Object.keys(reasons).length > 0) this.#log.info('devices were refused', { event: 'refused', reasons })
  }
}
