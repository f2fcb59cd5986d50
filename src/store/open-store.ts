import { chmodSync, closeSync, mkdirSync, openSync } from 'node:fs'
import { Kysely } from 'kysely'
import { loadSqlite, type SqliteDatabase, type SqliteKind, type SqliteLibrary } from '../../native-bindings/sqlite.js'
import { ChorusError, describeError } from '../core/errors.js'
import { ImmediateSqliteDialect } from './immediate-sqlite.js'
import { migrate } from './migrations.js'
import type { StoreTables } from './schema.js'
import { storeFile } from './store-file.js'
import { Store, type StoreSettings } from './store.js'

export interface OpenStoreOptions {
  readonly config: StoreSettings & { readonly data: string }
  readonly sqlite?: SqliteKind | 'auto'
  /** The wall clock, in ms. */
  readonly now?: () => number
}

export interface OpenedStore { readonly store: Store, readonly library: SqliteKind, readonly file: string }

/**
 * Opens `<data>/chorus.db`, makes it where it is not there, and brings its schema up to date.
 * @throws CHORUS_STORE_MISSING, CHORUS_STORE_UNUSABLE, CHORUS_STORE_NEWER
 */
export async function openStore ({ config, sqlite, now }: OpenStoreOptions): Promise<OpenedStore> {
  const library = load(sqlite)
  const file = storeFile(config.data)
  const database = open(library, file, config)
  const db = new Kysely<StoreTables>({ dialect: new ImmediateSqliteDialect({ database }) })
  try {
    await migrate(db, file)
  } catch (error) {
    await db.destroy()
    throw error instanceof ChorusError ? error : new ChorusError('CHORUS_STORE_UNUSABLE', [file, describeError(error)], { cause: error })
  }
  return { store: new Store(db, config, now), library: library.kind, file }
}

function load (wanted: SqliteKind | undefined | 'auto'): SqliteLibrary {
  try {
    return loadSqlite(wanted)
  } catch (error) {
    throw new ChorusError('CHORUS_STORE_MISSING', [firstLine(describeError(error))], { cause: error })
  }
}

function open (library: SqliteLibrary, file: string, { data, store }: OpenStoreOptions['config']): SqliteDatabase {
  try {
    mkdirSync(data, { recursive: true })
    closeSync(openSync(file, 'a', 0o600))
    chmodSync(file, 0o600) // the keys of all devices are in it; SQLite gives its other files the same mode
    const database = library.open(file)
    // The others wait for their turn: `npm run devices` writes while the server runs.
    database.exec(`pragma busy_timeout = ${store.busyTimeoutMs}`)
    database.exec('pragma journal_mode = wal')
    database.exec('pragma synchronous = full')
    return database
  } catch (error) {
    throw new ChorusError('CHORUS_STORE_UNUSABLE', [file, describeError(error)], { cause: error })
  }
}

function firstLine (text: string): string { return text.split('\n')[0]! }
