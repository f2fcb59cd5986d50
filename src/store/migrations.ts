import { sql, type Kysely, type Transaction } from 'kysely'
import { ChorusError } from '../core/errors.js'
import type { StoreTables } from './schema.js'

type Step = (db: Transaction<StoreTables>) => Promise<void>

/** The schema, step by step. A step that was released is never changed: add one. */
const steps: readonly Step[] = [createDevices, addChallengesAndForcedFiles]

/** What `migrate` brings a database to. */
export const SCHEMA_VERSION = steps.length

/**
 * Brings the schema up to date, in one transaction, so that of two processes that start at once the
 * second one finds the work done.
 * @throws CHORUS_STORE_NEWER
 */
export async function migrate (db: Kysely<StoreTables>, file: string): Promise<void> {
  await db.transaction().execute(async transaction => {
    await sql`create table if not exists schema_version (version integer not null)`.execute(transaction)
    const { rows } = await sql<{ version: number }>`select version from schema_version`.execute(transaction)
    const version = rows[0]?.version ?? 0
    if (version > steps.length) throw new ChorusError('CHORUS_STORE_NEWER', [file, version, steps.length])
    if (version === steps.length) return
    for (const step of steps.slice(version)) await step(transaction)
    await sql`delete from schema_version`.execute(transaction)
    await sql`insert into schema_version (version) values (${steps.length})`.execute(transaction)
  })
}

async function createDevices (db: Transaction<StoreTables>): Promise<void> {
  await db.schema.createTable('device')
    .addColumn('device_id', 'text', column => column.primaryKey())
    .addColumn('client_id', 'text', column => column.notNull())
    .addColumn('state', 'text', column => column.notNull())
    .addColumn('key', 'text', column => column.notNull())
    .addColumn('key_version', 'integer', column => column.notNull())
    .addColumn('language', 'text')
    .addColumn('firmware_version', 'text')
    .addColumn('board', 'text')
    .addColumn('serial_number', 'text')
    .addColumn('address', 'text', column => column.notNull())
    .addColumn('created_ms', 'bigint', column => column.notNull())
    .addColumn('reported_ms', 'bigint', column => column.notNull())
    .addColumn('bound_ms', 'bigint')
    .execute()
  await db.schema.createTable('activation')
    .addColumn('code', 'text', column => column.primaryKey())
    .addColumn('device_id', 'text', column => column.notNull())
    .addColumn('client_id', 'text', column => column.notNull())
    .addColumn('challenge', 'text', column => column.notNull())
    .addColumn('language', 'text')
    .addColumn('firmware_version', 'text')
    .addColumn('board', 'text')
    .addColumn('serial_number', 'text')
    .addColumn('address', 'text', column => column.notNull())
    .addColumn('created_ms', 'bigint', column => column.notNull())
    .addColumn('expires_ms', 'bigint', column => column.notNull())
    .addUniqueConstraint('activation_of_device', ['device_id', 'client_id'])
    .execute()
  await db.schema.createIndex('activation_expiry').on('activation').column('expires_ms').execute()
  await db.schema.createTable('wrong_code').addColumn('at_ms', 'bigint', column => column.notNull()).execute()
  await db.schema.createTable('kept_value')
    .addColumn('name', 'text', column => column.primaryKey())
    .addColumn('value', 'text', column => column.notNull())
    .execute()
}

async function addChallengesAndForcedFiles (db: Transaction<StoreTables>): Promise<void> {
  await db.schema.alterTable('device').addColumn('challenge', 'text').execute()
  await db.schema.alterTable('device').addColumn('forced_file', 'text').execute()
}
