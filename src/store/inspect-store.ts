import { accessSync, constants, existsSync } from 'node:fs'
import { loadSqlite, type SqliteDatabase, type SqliteKind } from '../../native-bindings/sqlite.js'
import { ChorusError, describeError } from '../core/errors.js'
import { SCHEMA_VERSION } from './migrations.js'
import { storeFile } from './store-file.js'

export interface StoreFacts {
  readonly file: string
  readonly library: SqliteKind
  /** Of its schema; undefined where there is no file yet. */
  readonly version: number | undefined
  /** That a start would bring it to. */
  readonly newest: number
}

/**
 * Looks at the store and changes nothing, while a server uses it or not.
 * @throws CHORUS_STORE_MISSING, CHORUS_STORE_UNUSABLE
 */
export function inspectStore (data: string, busyTimeoutMs: number, sqlite?: SqliteKind): StoreFacts {
  const file = storeFile(data)
  let library
  try {
    library = loadSqlite(sqlite)
  } catch (error) {
    throw new ChorusError('CHORUS_STORE_MISSING', [describeError(error).split('\n')[0]!], { cause: error })
  }
  try {
    const version = existsSync(file) ? versionIn(library.open(assertWritable(file)), busyTimeoutMs) : undefined
    return { file, library: library.kind, version, newest: SCHEMA_VERSION }
  } catch (error) {
    throw new ChorusError('CHORUS_STORE_UNUSABLE', [file, describeError(error)], { cause: error })
  }
}

function assertWritable (file: string): string {
  accessSync(file, constants.R_OK | constants.W_OK)
  return file
}

function versionIn (database: SqliteDatabase, busyTimeoutMs: number): number {
  try {
    database.exec(`pragma busy_timeout = ${busyTimeoutMs}`)
    database.exec('begin immediate') // fails on a disk that lets nobody write
    database.exec('rollback')
    const [row] = database.prepare('select max(version) as version from schema_version').all([]) as { readonly version: number | null }[]
    return row?.version ?? 0
  } finally {
    database.close()
  }
}
