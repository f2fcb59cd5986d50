import { randomBytes, randomInt } from 'node:crypto'
import type { DeviceDirectory, DeviceRecord, DeviceReport, PendingActivation } from '../../src/core/device-directory.js'
import { primarySubtag } from '../../src/protocol/language-tag.js'

interface Pending extends PendingActivation { readonly report: DeviceReport }

/** Knows devices until the process ends. */
export class MemoryDirectory implements DeviceDirectory {
  readonly #records = new Map<string, DeviceRecord>()
  readonly #challenges = new Map<string, string>()
  readonly #forced = new Map<string, string>()
  /** By code. */
  readonly #pending = new Map<string, Pending>()

  find (deviceId: string): Promise<DeviceRecord | undefined> {
    return Promise.resolve(this.#records.get(deviceId))
  }

  report (report: DeviceReport): Promise<DeviceRecord | undefined> {
    const record = this.#records.get(report.deviceId)
    return Promise.resolve(record === undefined ? undefined : this.#keep({ ...record, ...describe(report) }))
  }

  admit ({ deviceId, clientId }: Pick<DeviceReport, 'deviceId' | 'clientId'>): Promise<DeviceRecord> {
    return Promise.resolve(this.#records.get(deviceId) ?? this.#keep({ ...newRecord(deviceId, clientId), state: 'admitted' }))
  }

  beginActivation (report: DeviceReport): Promise<PendingActivation> {
    const known = this.#findPending(report.deviceId, report.clientId)
    if (known !== undefined) return Promise.resolve(known)
    const pending = { code: this.#freshCode(), challenge: randomBytes(16).toString('hex') }
    this.#pending.set(pending.code, { ...pending, report })
    return Promise.resolve(pending)
  }

  pendingActivation (deviceId: string, clientId?: string): Promise<PendingActivation | undefined> {
    return Promise.resolve(this.#findPending(deviceId, clientId))
  }

  approvedChallenge (deviceId: string, clientId: string): Promise<string | undefined> {
    return Promise.resolve(this.#challenges.get(`${deviceId} ${clientId}`))
  }

  spendChallenge (deviceId: string): Promise<void> {
    for (const key of this.#challenges.keys()) if (key.startsWith(`${deviceId} `)) this.#challenges.delete(key)
    return Promise.resolve()
  }

  forceOnce (deviceId: string, file: string): Promise<boolean> {
    const isNew = this.#forced.get(deviceId) !== file
    this.#forced.set(deviceId, file)
    return Promise.resolve(isNew)
  }

  /** Somebody typed the code that a device shows. @returns false where no device has it */
  approve (code: string): boolean {
    const found = this.#pending.get(code)
    if (found === undefined) return false
    const { report, challenge } = found
    this.#challenges.set(`${report.deviceId} ${report.clientId}`, challenge)
    for (const [other, { report: { deviceId } }] of this.#pending) if (deviceId === report.deviceId) this.#pending.delete(other)
    this.#keep({ ...newRecord(report.deviceId, report.clientId), ...describe(report), state: 'bound' })
    return true
  }

  revoke (deviceId: string): void {
    const record = this.#records.get(deviceId)
    if (record !== undefined) this.#keep({ ...record, state: 'revoked' })
  }

  #keep (record: DeviceRecord): DeviceRecord {
    this.#records.set(record.deviceId, record)
    return record
  }

  #findPending (deviceId: string, clientId: string | undefined): PendingActivation | undefined {
    const claims = [...this.#pending.values()].filter(({ report }) => report.deviceId === deviceId)
    const newest = claims.findLast(({ report }) => clientId === undefined || report.clientId === clientId)
    return newest && { code: newest.code, challenge: newest.challenge }
  }

  #freshCode (): string {
    for (;;) {
      const code = String(randomInt(1_000_000)).padStart(6, '0')
      if (!this.#pending.has(code)) return code
    }
  }
}

function newRecord (deviceId: string, clientId: string): Omit<DeviceRecord, 'state'> {
  return {
    deviceId, clientId, key: randomBytes(32).toString('base64url'), keyVersion: 1, language: undefined, firmwareVersion: undefined, board: undefined
  }
}

function describe ({ language, firmwareVersion, board }: DeviceReport): Pick<DeviceRecord, 'language' | 'firmwareVersion' | 'board'> {
  return { language: primarySubtag(language ?? ''), firmwareVersion, board }
}
