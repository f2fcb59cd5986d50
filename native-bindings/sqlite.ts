import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)

/** A prepared statement, as Kysely wants it of better-sqlite3. */
export interface SqliteStatement {
  /** Does it return rows? */
  readonly reader: boolean
  all (parameters: readonly unknown[]): unknown[]
  run (parameters: readonly unknown[]): { readonly changes: number | bigint, readonly lastInsertRowid: number | bigint }
  iterate (parameters: readonly unknown[]): IterableIterator<unknown>
}

/** An open database; statements are prepared once. */
export interface SqliteDatabase {
  prepare (sql: string): SqliteStatement
  exec (sql: string): void
  close (): void
}

export type SqliteKind = 'better-sqlite3' | 'node:sqlite' | 'node-sqlite3-wasm'

export interface SqliteLibrary {
  readonly kind: SqliteKind
  /** @throws whatever the library says of a file that it cannot open */
  open (file: string): SqliteDatabase
}

interface BetterDatabase {
  prepare (sql: string): SqliteStatement
  exec (sql: string): unknown
  close (): unknown
}

interface NodeStatement {
  all (...parameters: unknown[]): unknown[]
  run (...parameters: unknown[]): { readonly changes: number | bigint, readonly lastInsertRowid: number | bigint }
  iterate (...parameters: unknown[]): IterableIterator<unknown>
}

interface NodeDatabase {
  prepare (sql: string): NodeStatement
  exec (sql: string): void
  close (): void
}

interface WasmStatement {
  all (parameters: readonly unknown[]): unknown[]
  run (parameters: readonly unknown[]): { readonly changes: number | bigint, readonly lastInsertRowid: number | bigint }
  iterate (parameters: readonly unknown[]): IterableIterator<unknown>
}

interface WasmDatabase {
  prepare (sql: string): WasmStatement
  exec (sql: string): void
  close (): void
}

/**
 * Loads SQLite: the native addon, else the one inside Node.js 22.13 and newer, else WebAssembly,
 * which runs anywhere and has no write-ahead log.
 * @throws Error when the wanted one, or none, loads
 */
export function loadSqlite (wanted: SqliteKind | 'auto' = 'auto'): SqliteLibrary {
  if (wanted === 'node:sqlite') return nodeLibrary()
  if (wanted === 'node-sqlite3-wasm') return wasmLibrary()
  try {
    return addonLibrary()
  } catch (addonError) {
    if (wanted === 'better-sqlite3') throw addonError
    try {
      return nodeLibrary()
    } catch {
      return wasmLibrary()
    }
  }
}

function addonLibrary (): SqliteLibrary {
  const Database = require('better-sqlite3') as new (file: string) => BetterDatabase
  new Database(':memory:').close() // the package loads its binary here, not before
  return {
    kind: 'better-sqlite3',
    open: file => {
      const database = new Database(file)
      return {
        prepare: cached(sql => database.prepare(sql)),
        exec: sql => { database.exec(sql) },
        close: () => { database.close() }
      }
    }
  }
}

function nodeLibrary (): SqliteLibrary {
  const { DatabaseSync } = require('node:sqlite') as { DatabaseSync: new (file: string) => NodeDatabase }
  return {
    kind: 'node:sqlite',
    open: file => {
      const database = new DatabaseSync(file)
      return {
        prepare: cached(sql => {
          const statement = database.prepare(sql)
          return {
            // It cannot be asked in every version that has the module.
            reader: returnsRows(sql),
            all: parameters => statement.all(...parameters),
            run: parameters => statement.run(...parameters),
            iterate: parameters => statement.iterate(...parameters)
          }
        }),
        exec: sql => { database.exec(sql) },
        close: () => { database.close() }
      }
    }
  }
}

function wasmLibrary (): SqliteLibrary {
  const { Database } = require('node-sqlite3-wasm') as { Database: new (file: string) => WasmDatabase }
  return {
    kind: 'node-sqlite3-wasm',
    open: file => {
      const database = new Database(file)
      return {
        prepare: cached(sql => {
          const statement = database.prepare(sql)
          return {
            reader: returnsRows(sql),
            all: parameters => statement.all(parameters),
            run: parameters => statement.run(parameters),
            iterate: parameters => statement.iterate(parameters)
          }
        }),
        exec: sql => { database.exec(sql) },
        close: () => { database.close() }
      }
    }
  }
}

function returnsRows (sql: string): boolean { return /^\s*(select|with|pragma|values)\b|\breturning\b/i.test(sql) }

// Texts are few: Kysely writes values as parameters.
function cached (prepare: (sql: string) => SqliteStatement): (sql: string) => SqliteStatement {
  const statements = new Map<string, SqliteStatement>()
  return sql => {
    const known = statements.get(sql)
    if (known !== undefined) return known
    const statement = prepare(sql)
    statements.set(sql, statement)
    return statement
  }
}
