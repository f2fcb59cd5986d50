import assert from 'node:assert/strict'
import { stat } from 'node:fs/promises'
import { test } from 'node:test'
import { makeFolder, makeStore, reportOf } from './make-store.js'

const ID = '02:00:00:00:00:01'

test('a device that is let in is pinned, known in any case, and has a key', async t => {
  const { store } = await makeStore(t, await makeFolder(t))
  assert.equal(await store.find(ID), undefined)
  const admitted = await store.admit(reportOf('02:00:00:00:00:AB', 'c1'))
  assert.equal(admitted.deviceId, '02:00:00:00:00:ab')
  assert.equal(admitted.clientId, 'c1')
  assert.equal(admitted.state, 'admitted')
  assert.equal(Buffer.from(admitted.key, 'base64url').length, 32)
  assert.deepEqual(await store.find('02:00:00:00:00:Ab'), admitted)
})

test('to let a known device in again changes nothing', async t => {
  const { store } = await makeStore(t, await makeFolder(t))
  const first = await store.admit(reportOf(ID, 'c1'))
  assert.deepEqual(await store.admit(reportOf(ID, 'c2')), first)
})

test('of two that are new at once with one id, one is pinned', async t => {
  const { store } = await makeStore(t, await makeFolder(t))
  const [one, two] = await Promise.all([store.admit(reportOf(ID, 'c1')), store.admit(reportOf(ID, 'c2'))])
  assert.deepEqual(one, two)
})

test('what a device reports is kept, unless another Client-Id says it', async t => {
  const { store } = await makeStore(t, await makeFolder(t))
  assert.equal(await store.report(reportOf(ID)), undefined)
  await store.admit(reportOf(ID))
  await store.report(reportOf(ID, undefined, { language: 'zh', board: 'esp-box-3', firmwareVersion: '2.0.1' }))
  const known = await store.report(reportOf(ID, undefined, { firmwareVersion: '2.0.2' }))
  assert.deepEqual([known?.language, known?.board, known?.firmwareVersion], ['zh', 'esp-box-3', '2.0.2'])
  assert.equal((await store.report(reportOf(ID, 'somebody else', { language: 'de' })))?.language, 'zh')
  assert.equal((await store.find(ID))?.language, 'zh')
})

test('devices, their keys and the server\'s key survive a restart', async t => {
  const data = await makeFolder(t)
  const before = await makeStore(t, data)
  const device = await before.store.admit(reportOf(ID))
  const key = await before.store.tokenKey()
  const pending = await before.store.beginActivation(reportOf('02:00:00:00:00:02'))
  await before.store.close()
  const { store } = await makeStore(t, data)
  assert.deepEqual(await store.find(ID), device)
  assert.equal(await store.tokenKey(), key)
  assert.deepEqual(await store.pendingActivation('02:00:00:00:00:02'), pending)
})

test('the file is for its owner alone', { skip: process.platform === 'win32' }, async t => {
  const { store, file } = await makeStore(t, await makeFolder(t))
  await store.admit(reportOf(ID))
  for (const path of [file, `${file}-wal`]) assert.equal((await stat(path)).mode & 0o777, 0o600, path)
})

test('the server\'s key is random, and auth.key goes before it', async t => {
  const one = await makeStore(t, await makeFolder(t))
  const two = await makeStore(t, await makeFolder(t))
  assert.equal(Buffer.from(await one.store.tokenKey(), 'base64url').length, 32)
  assert.equal(await one.store.tokenKey(), await one.store.tokenKey())
  assert.notEqual(await one.store.tokenKey(), await two.store.tokenKey())
  const given = await makeStore(t, await makeFolder(t), { 'auth.key': 'shared' })
  assert.equal(await given.store.tokenKey(), 'shared')
  const placeholder = await makeStore(t, await makeFolder(t), { 'auth.key': '你的密钥' })
  assert.notEqual(await placeholder.store.tokenKey(), '你的密钥')
})

test('a revoked device stays known, and what it held is void', async t => {
  const { store } = await makeStore(t, await makeFolder(t))
  const before = await store.admit(reportOf(ID))
  const revoked = await store.revoke(ID.toUpperCase())
  assert.equal(revoked.state, 'revoked')
  assert.notEqual(revoked.key, before.key)
  assert.equal(revoked.keyVersion, 2)
  assert.equal((await store.unrevoke(ID)).state, 'admitted')
  assert.equal((await store.unrevoke(ID)).keyVersion, 2)
})

test('a rotation replaces the key and counts up', async t => {
  const { store } = await makeStore(t, await makeFolder(t))
  const before = await store.admit(reportOf(ID))
  const after = await store.rotate(ID)
  assert.notEqual(after.key, before.key)
  assert.equal(after.keyVersion, before.keyVersion + 1)
})

test('a forgotten device is new, and its codes are gone', async t => {
  const { store } = await makeStore(t, await makeFolder(t))
  await store.admit(reportOf(ID))
  await store.beginActivation(reportOf(ID))
  await store.forget(ID)
  assert.equal(await store.find(ID), undefined)
  assert.equal(await store.pendingActivation(ID), undefined)
})

test('nothing is done to a device that is not known', async t => {
  const { store } = await makeStore(t, await makeFolder(t))
  for (const act of [store.revoke(ID), store.unrevoke(ID), store.rotate(ID), store.forget(ID)]) {
    await assert.rejects(act, { code: 'CHORUS_DEVICE_UNKNOWN' })
  }
})

test('a list of devices has no keys in it', async t => {
  const { store } = await makeStore(t, await makeFolder(t))
  const { key } = await store.admit(reportOf(ID))
  assert.ok(!JSON.stringify(await store.listDevices()).includes(key))
  assert.deepEqual((await store.listDevices()).map(device => device.deviceId), [ID])
})

test('only so many devices are kept', async t => {
  const { store } = await makeStore(t, await makeFolder(t), { 'store.maxDevices': 2 })
  await store.admit(reportOf('a'))
  await store.admit(reportOf('b'))
  await assert.rejects(store.admit(reportOf('c')), { code: 'CHORUS_STORE_FULL' })
  assert.equal((await store.admit(reportOf('a'))).deviceId, 'a')
})

test('a decision of another process is noticed, one of this process too, and what devices report is none', async t => {
  const folder = await makeFolder(t)
  const [here, elsewhere] = [(await makeStore(t, folder)).store, (await makeStore(t, folder)).store]
  await here.admit(reportOf(ID))
  const first = await here.revision()
  await here.report(reportOf(ID, undefined, { board: 'b' }))
  assert.equal(await here.revision(), first)
  await elsewhere.rotate(ID)
  const second = await here.revision()
  assert.notEqual(second, first)
  await here.revoke(ID)
  assert.notEqual(await here.revision(), second)
})

test('of many devices at once it is told how they stand, unless they are not known', async t => {
  const { store } = await makeStore(t, await makeFolder(t))
  const ids = Array.from({ length: 1200 }, (_, index) => `02:00:00:00:${String(Math.floor(index / 100)).padStart(2, '0')}:${String(index % 100).padStart(2, '0')}`)
  await Promise.all(ids.map(id => store.admit(reportOf(id))))
  await store.revoke(ids[7]!)
  const standings = await store.standings([...ids, 'nobody'])
  assert.equal(standings.length, 1200)
  assert.deepEqual(standings.filter(({ state }) => state === 'revoked'), [{ deviceId: ids[7], state: 'revoked', keyVersion: 2 }])
  assert.deepEqual(await store.standings([]), [])
})
