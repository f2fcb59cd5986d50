import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openStore } from '../../src/store/open-store.js'
import { configIn, makeFolder, makeStore, reportOf } from './make-store.js'

const ID = '02:00:00:00:00:01'
const DAY_MS = 86_400_000

test('a code is six digits and the same at each poll', async t => {
  const { store } = await makeStore(t, await makeFolder(t))
  const first = await store.beginActivation(reportOf(ID))
  assert.match(first.code, /^\d{6}$/)
  assert.ok(first.challenge.length >= 32)
  assert.deepEqual(await store.beginActivation(reportOf(ID)), first)
  assert.deepEqual(await store.pendingActivation(ID.toUpperCase()), first)
})

test('polls at once get one code', async t => {
  const { store } = await makeStore(t, await makeFolder(t))
  const all = await Promise.all(Array.from({ length: 20 }, () => store.beginActivation(reportOf(ID))))
  assert.equal(new Set(all.map(({ code }) => code)).size, 1)
})

test('codes that live are all different', async t => {
  const { store } = await makeStore(t, await makeFolder(t))
  const all = await Promise.all(Array.from({ length: 1000 }, (_, index) => store.beginActivation(reportOf(`device-${index}`))))
  assert.equal(new Set(all.map(({ code }) => code)).size, 1000)
  assert.equal(new Set(all.map(({ challenge }) => challenge)).size, 1000)
})

test('an approved device is bound, and its challenge is used up', async t => {
  const { store } = await makeStore(t, await makeFolder(t))
  const { code, challenge } = await store.beginActivation(reportOf(ID, 'c1', { board: 'esp-box-3' }))
  const device = await store.approve(code)
  assert.deepEqual([device.deviceId, device.clientId, device.state, device.board], [ID, 'c1', 'bound', 'esp-box-3'])
  assert.equal(await store.pendingActivation(ID), undefined)
  await assert.rejects(store.approve(code), { code: 'CHORUS_CODE_UNKNOWN' })
  assert.notEqual((await store.beginActivation(reportOf(ID, 'c1'))).challenge, challenge)
})

test('approval gives a device to the Client-Id that shows the code, with another key', async t => {
  const { store } = await makeStore(t, await makeFolder(t))
  const before = await store.admit(reportOf(ID, 'old'))
  const { code } = await store.beginActivation(reportOf(ID, 'new'))
  const after = await store.approve(code)
  assert.equal(after.clientId, 'new')
  assert.notEqual(after.key, before.key)
  assert.ok(after.keyVersion > before.keyVersion)
})

test('who claims another\'s Device-Id gets another code than the one that its owner shows', async t => {
  const { store, later } = await makeStore(t, await makeFolder(t))
  const owner = await store.beginActivation(reportOf(ID, 'owner'))
  later(1)
  const thief = await store.beginActivation(reportOf(ID, 'thief'))
  assert.notEqual(thief.code, owner.code)
  assert.deepEqual(await store.pendingActivation(ID, 'owner'), owner)
  assert.deepEqual(await store.pendingActivation(ID), thief)
  assert.equal((await store.approve(owner.code)).clientId, 'owner')
  await assert.rejects(store.approve(thief.code), { code: 'CHORUS_CODE_UNKNOWN' })
})

test('a code lives a day', async t => {
  const { store, later } = await makeStore(t, await makeFolder(t))
  const first = await store.beginActivation(reportOf(ID))
  later(DAY_MS - 1)
  assert.deepEqual(await store.beginActivation(reportOf(ID)), first)
  later(1)
  assert.equal(await store.pendingActivation(ID), undefined)
  await assert.rejects(store.approve(first.code), { code: 'CHORUS_CODE_UNKNOWN' })
  assert.notEqual((await store.beginActivation(reportOf(ID))).challenge, first.challenge)
})

test('codes cannot be guessed: after ten wrong ones even the right one must wait', async t => {
  const data = await makeFolder(t)
  const { store, later } = await makeStore(t, data)
  const { code } = await store.beginActivation(reportOf(ID))
  const wrong = code === '000000' ? '000001' : '000000'
  for (let guess = 0; guess < 10; guess++) await assert.rejects(store.approve(wrong), { code: 'CHORUS_CODE_UNKNOWN' })
  await assert.rejects(store.approve(code), { code: 'CHORUS_CODE_GUESSES', args: [600] })
  // Another process of the same store has to wait as well.
  const other = await makeStore(t, data)
  await assert.rejects(other.store.approve(code), { code: 'CHORUS_CODE_GUESSES' })
  later(600_000)
  assert.equal((await store.approve(code)).state, 'bound')
})

test('only so many codes wait, in all and for one device', async t => {
  const { store, later } = await makeStore(t, await makeFolder(t), { 'store.maxCodes': 4, 'store.maxCodesPerDevice': 2 })
  await store.beginActivation(reportOf(ID, 'c1'))
  await store.beginActivation(reportOf(ID, 'c2'))
  await assert.rejects(store.beginActivation(reportOf(ID, 'c3')), { code: 'CHORUS_STORE_FULL' })
  await store.beginActivation(reportOf('b'))
  await store.beginActivation(reportOf('c'))
  await assert.rejects(store.beginActivation(reportOf('d')), { code: 'CHORUS_STORE_FULL' })
  later(DAY_MS)
  assert.match((await store.beginActivation(reportOf('d'))).code, /^\d{6}$/)
})

test('a revoked device comes back as what it was, or by a code', async t => {
  const { store } = await makeStore(t, await makeFolder(t))
  await store.approve((await store.beginActivation(reportOf(ID))).code)
  await store.revoke(ID)
  assert.equal((await store.unrevoke(ID)).state, 'bound')
  await store.revoke(ID)
  assert.equal((await store.approve((await store.beginActivation(reportOf(ID))).code)).state, 'bound')
})

test('an approved device proves itself by its challenge once, also after a restart', async t => {
  const folder = await makeFolder(t)
  const first = await openStore({ config: configIn(folder) })
  const { code, challenge } = await first.store.beginActivation(reportOf(ID, 'c1'))
  assert.equal(await first.store.approvedChallenge(ID, 'c1'), undefined, 'nobody has approved it')
  await first.store.approve(code)
  await first.store.close()
  const second = await openStore({ config: configIn(folder) })
  assert.equal(await second.store.approvedChallenge(ID.toUpperCase(), 'c1'), challenge)
  assert.equal(await second.store.approvedChallenge(ID, 'c2'), undefined)
  await second.store.spendChallenge(ID)
  await second.store.close()
  const { store } = await makeStore(t, folder)
  assert.equal(await store.approvedChallenge(ID, 'c1'), undefined)
  await store.revoke(ID)
  assert.equal((await store.find(ID))?.state, 'revoked')
})

test('a file is forced on a device once, also after a restart; another file is another matter', async t => {
  const folder = await makeFolder(t)
  const first = await openStore({ config: configIn(folder) })
  assert.equal(await first.store.forceOnce(ID, 'a.bin'), false, 'nothing is kept of it')
  await first.store.admit(reportOf(ID))
  assert.deepEqual([await first.store.forceOnce(ID, 'a.bin'), await first.store.forceOnce(ID.toUpperCase(), 'a.bin')], [true, false])
  await first.store.close()
  const { store } = await makeStore(t, folder)
  assert.deepEqual([await store.forceOnce(ID, 'a.bin'), await store.forceOnce(ID, 'b.bin')], [false, true])
})
