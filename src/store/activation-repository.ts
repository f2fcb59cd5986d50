import { randomInt } from 'node:crypto'
import type { Kysely, Selectable } from 'kysely'
import type { DeviceReport, PendingActivation } from '../core/device-directory.js'
import type { ActivationTable, StoreTables } from './schema.js'
import { newSecret } from './secret.js'

/** A device that waits, as those see it who look after the fleet: the code is on its display. */
export interface ActivationEntry extends DeviceReport {
  readonly createdMs: number
  readonly expiresMs: number
}

type ActivationRow = Selectable<ActivationTable>

const CODES = 1_000_000

/** Devices that wait for somebody to approve their code, and the wrong codes of late. */
export class ActivationRepository {
  readonly #db: Kysely<StoreTables>

  constructor (db: Kysely<StoreTables>) {
    this.#db = db
  }

  /** @param clientId undefined: the newest that claims the Device-Id */
  async find (deviceId: string, clientId: string | undefined, nowMs: number): Promise<PendingActivation | undefined> {
    let query = this.#db.selectFrom('activation').select(['code', 'challenge']).where('device_id', '=', deviceId).where('expires_ms', '>', nowMs)
    if (clientId !== undefined) query = query.where('client_id', '=', clientId)
    return await query.orderBy('created_ms', 'desc').limit(1).executeTakeFirst()
  }

  async findByCode (code: string, nowMs: number): Promise<{ readonly report: DeviceReport, readonly challenge: string } | undefined> {
    const row = await this.#db.selectFrom('activation').selectAll().where('code', '=', code).where('expires_ms', '>', nowMs).executeTakeFirst()
    return row === undefined ? undefined : { report: toReport(row), challenge: row.challenge }
  }

  async list (nowMs: number): Promise<ActivationEntry[]> {
    const rows = await this.#db.selectFrom('activation').selectAll().where('expires_ms', '>', nowMs).orderBy('created_ms').execute()
    return rows.map(row => ({ ...toReport(row), createdMs: Number(row.created_ms), expiresMs: Number(row.expires_ms) }))
  }

  /** @param deviceId undefined: of all devices */
  async count (deviceId?: string): Promise<number> {
    let query = this.#db.selectFrom('activation').select(({ fn }) => fn.countAll().as('waiting'))
    if (deviceId !== undefined) query = query.where('device_id', '=', deviceId)
    return Number((await query.executeTakeFirstOrThrow()).waiting)
  }

  async add (report: DeviceReport, nowMs: number, lifetimeMs: number): Promise<PendingActivation> {
    const pending = { code: await this.#freeCode(), challenge: newSecret() }
    await this.#db.insertInto('activation').values({
      ...pending,
      device_id: report.deviceId,
      client_id: report.clientId,
      language: report.language ?? null,
      firmware_version: report.firmwareVersion ?? null,
      board: report.board ?? null,
      serial_number: report.serialNumber ?? null,
      address: report.address,
      created_ms: nowMs,
      expires_ms: nowMs + lifetimeMs
    }).execute()
    return pending
  }

  async dropExpired (nowMs: number): Promise<void> {
    await this.#db.deleteFrom('activation').where('expires_ms', '<=', nowMs).execute()
  }

  async dropDevice (deviceId: string): Promise<void> {
    await this.#db.deleteFrom('activation').where('device_id', '=', deviceId).execute()
  }

  async noteWrongCode (nowMs: number): Promise<void> {
    await this.#db.insertInto('wrong_code').values({ at_ms: nowMs }).execute()
  }

  /** Times of wrong codes after `sinceMs`, first to last; older ones are forgotten. */
  async wrongCodesSince (sinceMs: number): Promise<number[]> {
    await this.#db.deleteFrom('wrong_code').where('at_ms', '<=', sinceMs).execute()
    return (await this.#db.selectFrom('wrong_code').select('at_ms').orderBy('at_ms').execute()).map(row => Number(row.at_ms))
  }

  // Far fewer codes live than there are, so that a second attempt is rare.
  async #freeCode (): Promise<string> {
    for (;;) {
      const code = String(randomInt(CODES)).padStart(6, '0')
      const taken = await this.#db.selectFrom('activation').select('code').where('code', '=', code).executeTakeFirst()
      if (taken === undefined) return code
    }
  }
}

function toReport (row: ActivationRow): DeviceReport {
  return {
    deviceId: row.device_id,
    clientId: row.client_id,
    address: row.address,
    language: row.language ?? undefined,
    firmwareVersion: row.firmware_version ?? undefined,
    board: row.board ?? undefined,
    serialNumber: row.serial_number ?? undefined
  }
}
