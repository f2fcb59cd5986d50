import { sql, type Kysely, type Transaction } from 'kysely'
import type { Config } from '../core/config-schema.js'
import type { DeviceRecord, DeviceReport, DeviceStanding, PendingActivation, StoreApi } from '../core/device-directory.js'
import { ChorusError } from '../core/errors.js'
import { ActivationRepository, type ActivationEntry } from './activation-repository.js'
import { DeviceRepository, type DeviceEntry, type Newcomer } from './device-repository.js'
import { GroupCommit } from './group-commit.js'
import type { StoreTables } from './schema.js'
import { newSecret } from './secret.js'

export interface StoreSettings extends Pick<Config, 'store'> {
  readonly auth: Pick<Config['auth'], 'key'>
}

interface Repositories { readonly devices: DeviceRepository, readonly activations: ActivationRepository }

type Approval =
  | { readonly kind: 'approved', readonly device: DeviceRecord }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'limited', readonly waitMs: number }

const TOKEN_KEY = 'token_key'

/** What is kept of devices. Reads see what is on the disk; writes are answered once they are. */
export class Store implements StoreApi {
  readonly #db: Kysely<StoreTables>
  readonly #settings: StoreSettings
  readonly #now: () => number
  readonly #commits: GroupCommit<StoreTables>
  readonly #read: Repositories
  /** Decisions that were made here; those of other processes SQLite counts. */
  #decisions = 0

  /** @param db its schema is up to date; closed with the store */
  constructor (db: Kysely<StoreTables>, settings: StoreSettings, now: () => number = Date.now) {
    this.#db = db
    this.#settings = settings
    this.#now = now
    this.#commits = new GroupCommit(db, settings.store.commitDelayMs, settings.store.commitWrites)
    this.#read = repositoriesOf(db)
  }

  /** Transactions that wrote, since the start. */
  get commits (): number { return this.#commits.commits }

  async find (deviceId: string): Promise<DeviceRecord | undefined> {
    return await this.#read.devices.find(deviceId.toLowerCase())
  }

  async report (given: DeviceReport): Promise<DeviceRecord | undefined> {
    const report = withLowerCaseId(given)
    const known = await this.find(report.deviceId)
    if (known?.clientId !== report.clientId) return known
    return await this.#write(async ({ devices }) => {
      await devices.report(report, this.#now())
      return await devices.find(report.deviceId)
    })
  }

  /** @throws CHORUS_STORE_FULL */
  async admit (given: Newcomer): Promise<DeviceRecord> {
    const newcomer = withLowerCaseId(given)
    return await this.find(newcomer.deviceId) ?? await this.#write(async ({ devices }) => {
      const known = await devices.find(newcomer.deviceId)
      if (known !== undefined) return known
      await this.#refuseWhenFull(devices)
      await devices.admit(newcomer, this.#now())
      return await mustFind(devices, newcomer.deviceId)
    })
  }

  /** @throws CHORUS_STORE_FULL */
  async beginActivation (given: DeviceReport): Promise<PendingActivation> {
    const report = withLowerCaseId(given)
    const { deviceId, clientId } = report
    return await this.pendingActivation(deviceId, clientId) ?? await this.#write(async ({ activations }) => {
      const { codeLifetimeMs, maxCodes, maxCodesPerDevice } = this.#settings.store
      await activations.dropExpired(this.#now())
      const pending = await activations.find(deviceId, clientId, this.#now())
      if (pending !== undefined) return pending
      if (await activations.count() >= maxCodes) throw new ChorusError('CHORUS_STORE_FULL', ['activation codes', maxCodes, 'store.maxCodes'])
      if (await activations.count(deviceId) >= maxCodesPerDevice) {
        throw new ChorusError('CHORUS_STORE_FULL', ['codes of one device', maxCodesPerDevice, 'store.maxCodesPerDevice'])
      }
      return await activations.add(report, this.#now(), codeLifetimeMs)
    })
  }

  async pendingActivation (deviceId: string, clientId?: string): Promise<PendingActivation | undefined> {
    return await this.#read.activations.find(deviceId.toLowerCase(), clientId, this.#now())
  }

  async approvedChallenge (deviceId: string, clientId: string): Promise<string | undefined> {
    return await this.#read.devices.approvedChallenge(deviceId.toLowerCase(), clientId)
  }

  async spendChallenge (deviceId: string): Promise<void> {
    await this.#write(async ({ devices }) => { await devices.spendChallenge(deviceId.toLowerCase()) })
  }

  async forceOnce (deviceId: string, file: string): Promise<boolean> {
    return await this.#write(async ({ devices }) => await devices.noteForced(deviceId.toLowerCase(), file))
  }

  async revision (): Promise<string> {
    const { rows: [row] } = await sql<{ readonly data_version: number }>`pragma data_version`.execute(this.#db)
    return `${row!.data_version}.${this.#decisions}`
  }

  async standings (deviceIds: readonly string[]): Promise<readonly DeviceStanding[]> {
    return await this.#read.devices.standings(deviceIds.map(id => id.toLowerCase()))
  }

  /** The key of tokens of devices that have none of their own; made when it is first asked. */
  async tokenKey (): Promise<string> {
    const { key } = this.#settings.auth
    if (!isUnset(key)) return key
    return await this.#write(async (_repositories, transaction) => {
      await transaction.insertInto('kept_value').values({ name: TOKEN_KEY, value: newSecret() })
        .onConflict(conflict => conflict.column('name').doNothing()).execute()
      const kept = await transaction.selectFrom('kept_value').select('value').where('name', '=', TOKEN_KEY).executeTakeFirstOrThrow()
      return kept.value
    })
  }

  async listDevices (): Promise<DeviceEntry[]> { return await this.#read.devices.list() }
  async listActivations (): Promise<ActivationEntry[]> { return await this.#read.activations.list(this.#now()) }

  /**
   * Binds the device that shows this code, which may prove itself by its challenge once more. Its
   * other activations end, and so do their challenges.
   * @throws CHORUS_CODE_UNKNOWN, CHORUS_CODE_GUESSES, CHORUS_STORE_FULL
   */
  async approve (code: string): Promise<DeviceRecord> {
    const approval = await this.#decide(async repositories => await this.#approve(repositories, code))
    switch (approval.kind) {
      case 'approved': return approval.device
      case 'unknown': throw new ChorusError('CHORUS_CODE_UNKNOWN', [code])
      case 'limited': throw new ChorusError('CHORUS_CODE_GUESSES', [Math.ceil(approval.waitMs / 1000)])
    }
  }

  /**
   * Refuses the device; one that is connected is sent away. Tokens of before stay void for good.
   * @throws CHORUS_DEVICE_UNKNOWN
   */
  async revoke (deviceId: string): Promise<DeviceRecord> {
    return await this.#change(deviceId, async ({ devices }, id) => {
      await devices.setState(id, 'revoked')
      await devices.rotate(id)
    })
  }

  /** @throws CHORUS_DEVICE_UNKNOWN */
  async unrevoke (deviceId: string): Promise<DeviceRecord> {
    return await this.#change(deviceId, async ({ devices }, id) => {
      if ((await devices.find(id))?.state === 'revoked') await devices.setState(id, await devices.wasBound(id) ? 'bound' : 'admitted')
    })
  }

  /** @throws CHORUS_DEVICE_UNKNOWN */
  async rotate (deviceId: string): Promise<DeviceRecord> {
    return await this.#change(deviceId, async ({ devices }, id) => { await devices.rotate(id) })
  }

  /** @throws CHORUS_DEVICE_UNKNOWN */
  async forget (deviceId: string): Promise<DeviceRecord> {
    const id = deviceId.toLowerCase()
    return await this.#decide(async ({ devices, activations }) => {
      const device = await mustFind(devices, id)
      await devices.forget(id)
      await activations.dropDevice(id)
      return device
    })
  }

  /** Finishes what was asked and closes the database. */
  async close (): Promise<void> {
    await this.#commits.close()
    await this.#db.destroy()
  }

  async #approve ({ devices, activations }: Repositories, code: string): Promise<Approval> {
    const { maxWrongCodes, wrongCodesMs } = this.#settings.store
    const now = this.#now()
    const wrong = await activations.wrongCodesSince(now - wrongCodesMs)
    if (wrong.length >= maxWrongCodes) return { kind: 'limited', waitMs: wrong.at(-maxWrongCodes)! + wrongCodesMs - now }
    const found = await activations.findByCode(code, now)
    if (found === undefined) {
      await activations.noteWrongCode(now)
      return { kind: 'unknown' }
    }
    const { report, challenge } = found
    if (await devices.find(report.deviceId) === undefined) {
      await this.#refuseWhenFull(devices)
      await devices.admit(report, now)
    }
    await devices.bind(report, challenge, now)
    await activations.dropDevice(report.deviceId)
    return { kind: 'approved', device: await mustFind(devices, report.deviceId) }
  }

  async #change (deviceId: string, act: (repositories: Repositories, id: string) => Promise<void>): Promise<DeviceRecord> {
    const id = deviceId.toLowerCase()
    return await this.#decide(async repositories => {
      await mustFind(repositories.devices, id)
      await act(repositories, id)
      return await mustFind(repositories.devices, id)
    })
  }

  async #refuseWhenFull (devices: DeviceRepository): Promise<void> {
    const { maxDevices } = this.#settings.store
    if (await devices.count() >= maxDevices) throw new ChorusError('CHORUS_STORE_FULL', ['devices', maxDevices, 'store.maxDevices'])
  }

  async #decide<T> (act: (repositories: Repositories) => Promise<T>): Promise<T> {
    const outcome = await this.#write(act)
    this.#decisions++
    return outcome
  }

  #write<T> (act: (repositories: Repositories, transaction: Transaction<StoreTables>) => Promise<T>): Promise<T> {
    return this.#commits.write(async transaction => await act(repositoriesOf(transaction), transaction))
  }
}

function repositoriesOf (db: Kysely<StoreTables>): Repositories {
  return { devices: new DeviceRepository(db), activations: new ActivationRepository(db) }
}

async function mustFind (devices: DeviceRepository, deviceId: string): Promise<DeviceRecord> {
  const device = await devices.find(deviceId)
  if (device === undefined) throw new ChorusError('CHORUS_DEVICE_UNKNOWN', [deviceId])
  return device
}

function withLowerCaseId<T extends { readonly deviceId: string }> (given: T): T {
  return { ...given, deviceId: given.deviceId.toLowerCase() }
}

// The replaced server's configuration comes with a sentence in Chinese in its place.
function isUnset (key: string): boolean { return key === '' || key.includes('你') }
