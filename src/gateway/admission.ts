import { ClientAddresses, type Origin } from '../core/client-address.js'
import type { Config } from '../core/config-schema.js'
import type { DeviceDirectory, DeviceFacts, DeviceRecord } from '../core/device-directory.js'
import { describeError } from '../core/errors.js'
import type { Log } from '../core/log.js'
import { AdmissionCounts, statusOf, type Entrance, type Reason } from './admission-counts.js'
import { judge, type Circumstances, type Rules } from './admission-rules.js'
import { isWellFormed, readApplicant, type Applicant } from './applicant.js'
import { BackOff } from './back-off.js'
import { TokenBuckets } from './token-buckets.js'
import type { UpgradeRequest } from './transport.js'

export type Verdict =
  /** `activationCode`: it is not approved, and may hear its code and nothing else. */
  | { readonly kind: 'accepted', readonly deviceId: string, readonly device: DeviceRecord | undefined, readonly activationCode?: string | undefined }
  | { readonly kind: 'refused', readonly status: number }

export interface AdmissionOptions {
  readonly auth: Config['auth']
  readonly directory: DeviceDirectory
  /** The server-wide key of tokens. */
  readonly tokenKey: string
  readonly log: Log
  /** A clock that never goes back, in ms. */
  readonly now?: () => number
  /** The wall clock, in ms. */
  readonly wallClock?: () => number
}

/** A bound device came with a token of its own key; the key of the others ends with no device. */
export function factsOf (device: DeviceRecord | undefined): DeviceFacts {
  return {
    isKept: device !== undefined,
    keyVersion: device?.state === 'bound' ? device.keyVersion : undefined,
    language: device?.language,
    firmwareVersion: device?.firmwareVersion
  }
}

/** Decides who may connect, before the upgrade. docs/security.md has the order of the checks. */
export class Admission {
  readonly #options: AdmissionOptions
  readonly #rules: Rules
  readonly #addresses: ClientAddresses
  readonly #listed: ReadonlySet<string>
  readonly #counts: AdmissionCounts
  readonly #addressRate: TokenBuckets
  readonly #deviceRate: TokenBuckets
  readonly #addressBackOff: BackOff
  readonly #deviceBackOff: BackOff
  #undecided = 0
  #hasWarned = false

  /** @throws CHORUS_CONFIG_INVALID */
  constructor (options: AdmissionOptions) {
    const { auth, tokenKey, log, now = () => performance.now() } = options
    const { maxTracked } = auth
    this.#options = options
    this.#rules = { ...auth, sharedKey: tokenKey }
    this.#addresses = new ClientAddresses(auth.trustedProxies)
    this.#listed = new Set(auth.allowedDevices.map(id => id.toLowerCase()))
    this.#counts = new AdmissionCounts(log)
    this.#addressRate = new TokenBuckets({ perMinute: auth.addressPerMinute, burst: auth.addressBurst, maxTracked, now })
    this.#deviceRate = new TokenBuckets({ perMinute: auth.devicePerMinute, burst: auth.deviceBurst, maxTracked, now })
    const wait = { firstMs: auth.backoffMs, maxMs: auth.maxBackoffMs, maxTracked, now }
    this.#addressBackOff = new BackOff({ ...wait, failures: auth.addressFailures })
    this.#deviceBackOff = new BackOff({ ...wait, failures: auth.deviceFailures })
    if (auth.mode === 'open') log.warn('auth.mode is open: whoever reaches the port can be any device')
  }

  get undecided (): number { return this.#undecided }

  get figures (): Readonly<Record<string, unknown>> {
    const { accepted, refused } = this.#counts
    return { undecided: this.#undecided, accepted, refused, waiting: this.#addressBackOff.tracked, addresses: this.#addressRate.tracked }
  }

  /** Does a proxy that is trusted have this address? */
  isProxy (address: string): boolean { return this.#addresses.isTrusted(address) }

  /** Reads the request at once; it is gone when the answer takes time. */
  decide (request: UpgradeRequest): Verdict | Promise<Verdict> {
    const applicant = readApplicant(request)
    if (this.#options.auth.mode === 'open') return this.#accept('unchecked', applicant)
    const origin = this.#addresses.originOf(request.address, request.header)
    const reason = this.#refuseUnseen(applicant, origin)
    if (reason !== undefined) return this.#refuse(reason, applicant, origin)
    if (applicant.deviceId === '') return this.#accept('anonymous', applicant)
    this.#undecided++
    return this.#decide(applicant, origin).finally(() => { this.#undecided-- })
  }

  /** Says what was not said yet. */
  close (): void { this.#counts.close() }

  /** What can be told without the store. */
  #refuseUnseen (applicant: Applicant, origin: Origin): Reason | undefined {
    const { auth } = this.#options
    if (this.#undecided >= auth.maxUndecided) return 'undecided'
    if (!this.#isExempt(origin)) {
      if (this.#addressBackOff.mustWait(origin.network) || this.#deviceBackOff.mustWait(keyOf(applicant, origin))) return 'backOff'
      if (!this.#addressRate.take(origin.network)) return 'addressRate'
    }
    if (!isWellFormed(applicant)) return 'malformed'
    // A program on this machine, for a try; it gets a session that no device can have.
    if (applicant.deviceId === '' && !(origin.isLoopback && auth.admission === 'open')) return 'noDeviceId'
    return undefined
  }

  async #decide (applicant: Applicant, origin: Origin): Promise<Verdict> {
    const { directory, log } = this.#options
    try {
      const device = await directory.find(applicant.deviceId)
      const ruling = judge(applicant, device, this.#circumstances(applicant, origin), this.#rules)
      if (ruling.kind === 'refuse' && ruling.fault === 'needsCode') return await this.#tellCode(applicant, origin)
      if (ruling.kind === 'refuse') return this.#refuse(ruling.fault, applicant, origin)
      if (!this.#isExempt(origin) && !this.#deviceRate.take(applicant.deviceId)) return this.#refuse('deviceRate', applicant, origin)
      if (ruling.kind === 'accept') return this.#accept(ruling.ground, applicant, origin, device)
      return await this.#admit(applicant, origin)
    } catch (error) {
      log.debug('a device was not looked up', { deviceId: applicant.deviceId, error: describeError(error) })
      return this.#refuse('storeFailed', applicant, origin)
    }
  }

  /** Only a code that the device was given when it registered: to connect makes none. */
  async #tellCode (applicant: Applicant, origin: Origin): Promise<Verdict> {
    const { auth, directory } = this.#options
    const { deviceId, clientId } = applicant
    const pending = auth.tellCode ? await directory.pendingActivation(deviceId, clientId) : undefined
    if (pending === undefined) return this.#refuse('needsCode', applicant, origin)
    this.#counts.accept('code')
    return { kind: 'accepted', deviceId, device: undefined, activationCode: pending.code }
  }

  async #admit (applicant: Applicant, origin: Origin): Promise<Verdict> {
    const { deviceId, clientId } = applicant
    const device = await this.#options.directory.admit({ deviceId, clientId, address: origin.address })
    // Two may have come with the same new id: the one that was not pinned is no owner of it.
    if (device.clientId !== clientId) return this.#refuse('clientMismatch', applicant, origin)
    if (device.state !== 'admitted') return this.#refuse(device.state === 'bound' ? 'tokenMissing' : 'revoked', applicant, origin)
    return this.#accept('new', applicant, origin, device)
  }

  #accept (entrance: Entrance, applicant: Applicant, origin?: Origin, device?: DeviceRecord): Verdict {
    this.#counts.accept(entrance)
    if (origin !== undefined) this.#deviceBackOff.clear(keyOf(applicant, origin))
    return { kind: 'accepted', deviceId: applicant.deviceId, device }
  }

  #refuse (reason: Reason, applicant: Applicant, origin: Origin): Verdict {
    const status = statusOf[reason]
    this.#counts.refuse(reason)
    if ((status === 401 || status === 403) && !this.#isExempt(origin)) {
      this.#addressBackOff.fail(origin.network)
      this.#deviceBackOff.fail(keyOf(applicant, origin))
    }
    const { deviceId } = applicant
    this.#options.log.debug('a device was refused', { reason, deviceId: deviceId.slice(0, 64), address: origin.address })
    if (origin.isHidden && reason === 'needsCode') this.#warnOfProxy(origin)
    return { kind: 'refused', status }
  }

  #warnOfProxy ({ address }: Origin): void {
    if (this.#hasWarned) return
    this.#hasWarned = true
    this.#options.log.warn('a device came through a proxy that is not trusted, and so counts as one from the internet: see auth.trustedProxies', { address })
  }

  #circumstances ({ deviceId }: Applicant, { isPrivate }: Origin): Circumstances {
    const { wallClock = Date.now } = this.#options
    return { isPrivate, isListed: this.#listed.has(deviceId), nowS: Math.floor(wallClock() / 1000) }
  }

  #isExempt ({ isLoopback }: Origin): boolean { return isLoopback && !this.#options.auth.limitLoopback }
}

// By both: a stranger who fails with the id of a device must not lock that device out.
function keyOf ({ deviceId }: Applicant, { network }: Origin): string { return `${network} ${deviceId}` }
