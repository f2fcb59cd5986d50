import { randomBytes, randomInt } from 'node:crypto'
import type { DeviceDirectory, DeviceRecord, DeviceReport, PendingActivation } from '../core/device-directory.js'
import { primarySubtag } from '../protocol/language-tag.js'

interface Pending extends PendingActivation { readonly report: DeviceReport }

/** Knows devices until the process ends. */
export class MemoryDirectory implements DeviceDirectory {
  readonly #records = new Map<string, DeviceRecord>()
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
    const { deviceId } = report
    const known = this.#pending.get(deviceId)
    const pending = known?.report.clientId === report.clientId ? known : { code: this.#freshCode(), challenge: randomBytes(16).toString('hex'), report }
    this.#pending.set(deviceId, pending)
    return Promise.resolve({ code: pending.code, challenge: pending.challenge })
  }

  pendingActivation (deviceId: string): Promise<PendingActivation | undefined> {
    const pending = this.#pending.get(deviceId)
    return Promise.resolve(pending && { code: pending.code, challenge: pending.challenge })
  }

  /** Somebody typed the code that a device shows. @returns false where no device has it */
  approve (code: string): boolean {
    const found = [...this.#pending.values()].find(pending => pending.code === code)
    if (found === undefined) return false
    const { report } = found
    this.#pending.delete(report.deviceId)
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

  #freshCode (): string {
    const taken = new Set([...this.#pending.values()].map(({ code }) => code))
    for (;;) {
      const code = String(randomInt(1_000_000)).padStart(6, '0')
      if (!taken.has(code)) return code
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
