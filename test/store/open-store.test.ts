import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { loadSqlite, type SqliteKind } from '../../native-bindings/sqlite.js'
import { SCHEMA_VERSION } from '../../src/store/migrations.js'
import { openStore } from '../../src/store/open-store.js'
import { configIn, makeFolder, makeStore, reportOf } from './make-store.js'

for (const kind of ['better-sqlite3', 'node:sqlite', 'node-sqlite3-wasm'] as const) {
  test(`${kind} keeps devices, and another connection sees them`, { skip: whyNot(kind) }, async t => {
    const data = await makeFolder(t)
    const opened = await makeStore(t, data, {}, kind)
    assert.equal(opened.library, kind)
    await Promise.all(Array.from({ length: 50 }, async (_, index) => await opened.store.admit(reportOf(`device-${index}`))))
    const other = await makeStore(t, data, {}, kind)
    assert.equal((await other.store.listDevices()).length, 50)
    const { code } = await opened.store.beginActivation(reportOf('device-7'))
    const revision = await opened.store.revision()
    assert.equal((await other.store.approve(code)).keyVersion, 2)
    assert.notEqual(await opened.store.revision(), revision)
    assert.equal((await opened.store.find('device-7'))?.state, 'bound')
    await assert.rejects(other.store.approve(code), { code: 'CHORUS_CODE_UNKNOWN' })
  })
}

test('processes that open a new store at once and write all find it ready and lose nothing', async t => {
  const data = join(await makeFolder(t), 'not', 'there', 'yet')
  await Promise.all([1, 2, 3].map(async child => {
    const script = `
      const { openStore } = await import(${JSON.stringify(new URL('../../src/store/open-store.js', import.meta.url).href)})
      const { makeConfig } = await import(${JSON.stringify(new URL('../../src/core/config.js', import.meta.url).href)})
      const { store } = await openStore({ config: makeConfig({ data: ${JSON.stringify(data)} }) })
      for (let n = 0; n < 20; n++) await store.admit({ deviceId: '${child}-' + n, clientId: 'c', address: '::1' })
      await store.close()
    `
    await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script])
  }))
  assert.equal((await (await makeStore(t, data)).store.listDevices()).length, 60)
})

test('a store of a newer version is refused and stays as it is', async t => {
  const data = await makeFolder(t)
  const before = await makeStore(t, data)
  await before.store.admit(reportOf('a'))
  await before.store.close()
  const database = loadSqlite().open(before.file)
  database.exec('update schema_version set version = 99')
  database.close()
  await assert.rejects(openStore({ config: configIn(data) }), { code: 'CHORUS_STORE_NEWER', args: [before.file, 99, SCHEMA_VERSION] })
  const repaired = loadSqlite().open(before.file)
  repaired.exec(`update schema_version set version = ${SCHEMA_VERSION}`)
  repaired.close()
  assert.equal((await (await makeStore(t, data)).store.find('a'))?.deviceId, 'a')
})

test('a file that is no database is named and not touched', async t => {
  const data = await makeFolder(t)
  await writeFile(join(data, 'chorus.db'), 'this is a letter to my aunt, and quite a long one at that\n'.repeat(40))
  await assert.rejects(openStore({ config: configIn(data) }), { code: 'CHORUS_STORE_UNUSABLE' })
})

test('a place that cannot be written is named', async t => {
  const data = await makeFolder(t)
  await mkdir(join(data, 'chorus.db'))
  await assert.rejects(openStore({ config: configIn(data) }), { code: 'CHORUS_STORE_UNUSABLE', message: /chorus\.db/ })
})

test('the store keeps a log of writes, so that reading never waits for them', async t => {
  const { file } = await makeStore(t, await makeFolder(t))
  const database = loadSqlite().open(file)
  assert.equal((database.prepare('pragma journal_mode').all([])[0] as { journal_mode: string }).journal_mode, 'wal')
  database.close()
})

function whyNot (kind: SqliteKind): string | false {
  try {
    loadSqlite(kind)
    return false
  } catch (error) {
    return String(error)
  }
}

test('a database of the first version is brought up to date, and keeps its devices', async t => {
  const folder = await makeFolder(t)
  const first = await openStore({ config: configIn(folder) })
  await first.store.admit(reportOf('02:00:00:00:00:01'))
  await first.store.close()
  const old = loadSqlite().open(join(folder, 'chorus.db'))
  for (const column of ['challenge', 'forced_file']) old.exec(`alter table device drop column ${column}`)
  old.exec('update schema_version set version = 1')
  old.close()
  const { store } = await makeStore(t, folder)
  assert.equal((await store.find('02:00:00:00:00:01'))?.state, 'admitted')
  assert.equal(await store.forceOnce('02:00:00:00:00:01', 'a.bin'), true)
})
