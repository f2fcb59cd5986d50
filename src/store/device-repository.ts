import type { Kysely, Selectable } from 'kysely'
import type { DeviceRecord, DeviceReport, DeviceStanding } from '../core/device-directory.js'
import type { DeviceTable, StoreTables } from './schema.js'
import { newSecret } from './secret.js'

/** A device as those see it who look after the fleet: without its key. */
export interface DeviceEntry extends Omit<DeviceRecord, 'key'> {
  readonly serialNumber: string | undefined
  /** Where it came from when it was let in, or registered last. */
  readonly address: string
  readonly createdMs: number
  readonly reportedMs: number
  readonly boundMs: number | undefined
}

export type Newcomer = Pick<DeviceReport, 'deviceId' | 'clientId' | 'address'>

/** SQLite takes so many parameters in any build. */
const IDS_PER_QUERY = 500

type DeviceRow = Selectable<DeviceTable>

/** The devices that are known. Ids are in lower case already. */
export class DeviceRepository {
  readonly #db: Kysely<StoreTables>

  constructor (db: Kysely<StoreTables>) {
    this.#db = db
  }

  async find (deviceId: string): Promise<DeviceRecord | undefined> {
    const row = await this.#db.selectFrom('device').selectAll().where('device_id', '=', deviceId).executeTakeFirst()
    return row === undefined ? undefined : toRecord(row)
  }

  async list (): Promise<DeviceEntry[]> {
    return (await this.#db.selectFrom('device').selectAll().orderBy('created_ms').orderBy('device_id').execute()).map(toEntry)
  }

  async standings (deviceIds: readonly string[]): Promise<DeviceStanding[]> {
    const found: DeviceStanding[] = []
    for (let at = 0; at < deviceIds.length; at += IDS_PER_QUERY) {
      const rows = await this.#db.selectFrom('device').select(['device_id', 'state', 'key_version'])
        .where('device_id', 'in', deviceIds.slice(at, at + IDS_PER_QUERY)).execute()
      for (const row of rows) found.push({ deviceId: row.device_id, state: row.state, keyVersion: row.key_version })
    }
    return found
  }

  async count (): Promise<number> {
    const { devices } = await this.#db.selectFrom('device').select(({ fn }) => fn.countAll().as('devices')).executeTakeFirstOrThrow()
    return Number(devices)
  }

  async admit ({ deviceId, clientId, address }: Newcomer, nowMs: number): Promise<void> {
    await this.#db.insertInto('device').values({
      device_id: deviceId,
      client_id: clientId,
      state: 'admitted',
      key: newSecret(),
      key_version: 1,
      address,
      created_ms: nowMs,
      reported_ms: nowMs
    }).execute()
  }

  /** What another Client-Id says of the device is not believed. */
  async report (report: DeviceReport, nowMs: number): Promise<void> {
    await this.#db.updateTable('device')
      .set({ ...describedBy(report), address: report.address, reported_ms: nowMs })
      .where('device_id', '=', report.deviceId)
      .where('client_id', '=', report.clientId)
      .execute()
  }

  /** The known device belongs to this Client-Id from now on, and has another key. */
  async bind (report: DeviceReport, challenge: string, nowMs: number): Promise<void> {
    await this.#db.updateTable('device')
      .set({ client_id: report.clientId, state: 'bound', bound_ms: nowMs, challenge, address: report.address, ...describedBy(report) })
      .where('device_id', '=', report.deviceId)
      .execute()
    await this.rotate(report.deviceId)
  }

  async setState (deviceId: string, state: DeviceRecord['state']): Promise<void> {
    await this.#db.updateTable('device').set({ state }).where('device_id', '=', deviceId).execute()
  }

  async wasBound (deviceId: string): Promise<boolean> {
    const row = await this.#db.selectFrom('device').select('bound_ms').where('device_id', '=', deviceId).executeTakeFirst()
    return row !== undefined && row.bound_ms !== null
  }

  /** Tokens that were signed with the key of before are void. */
  async rotate (deviceId: string): Promise<void> {
    await this.#db.updateTable('device')
      .set(({ eb }) => ({ key: newSecret(), key_version: eb('key_version', '+', 1) }))
      .where('device_id', '=', deviceId)
      .execute()
  }

  async approvedChallenge (deviceId: string, clientId: string): Promise<string | undefined> {
    const row = await this.#db.selectFrom('device').select('challenge')
      .where('device_id', '=', deviceId).where('client_id', '=', clientId).where('state', '=', 'bound').executeTakeFirst()
    return row?.challenge ?? undefined
  }

  async spendChallenge (deviceId: string): Promise<void> {
    await this.#db.updateTable('device').set({ challenge: null }).where('device_id', '=', deviceId).execute()
  }

  /** @returns false where it was the last one already, or the device is not known */
  async noteForced (deviceId: string, file: string): Promise<boolean> {
    const { numUpdatedRows } = await this.#db.updateTable('device').set({ forced_file: file }).where('device_id', '=', deviceId)
      .where(({ eb, or }) => or([eb('forced_file', 'is', null), eb('forced_file', '<>', file)])).executeTakeFirst()
    return numUpdatedRows > 0n
  }

  async forget (deviceId: string): Promise<void> {
    await this.#db.deleteFrom('device').where('device_id', '=', deviceId).execute()
  }
}

function describedBy ({ language, firmwareVersion, board, serialNumber }: DeviceReport): Partial<DeviceRow> {
  return {
    ...(language === undefined ? {} : { language }),
    ...(firmwareVersion === undefined ? {} : { firmware_version: firmwareVersion }),
    ...(board === undefined ? {} : { board }),
    ...(serialNumber === undefined ? {} : { serial_number: serialNumber })
  }
}

function toRecord (row: DeviceRow): DeviceRecord {
  return {
    deviceId: row.device_id,
    clientId: row.client_id,
    state: row.state,
    key: row.key,
    keyVersion: row.key_version,
    language: row.language ?? undefined,
    firmwareVersion: row.firmware_version ?? undefined,
    board: row.board ?? undefined
  }
}

function toEntry (row: DeviceRow): DeviceEntry {
  const { key: _key, ...record } = toRecord(row)
  return {
    ...record,
    serialNumber: row.serial_number ?? undefined,
    address: row.address,
    createdMs: Number(row.created_ms),
    reportedMs: Number(row.reported_ms),
    boundMs: row.bound_ms === null ? undefined : Number(row.bound_ms)
  }
}
