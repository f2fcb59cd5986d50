import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { WebSocket } from 'ws'
import { runDevices } from '../../src/bin/devices/run-devices.js'
import { signToken } from '../../src/protocol/token.js'
import { configIn, makeStore, reportOf } from '../store/make-store.js'
import { ChorusServer } from '../support/chorus-server.js'

const ID = '02:00:00:00:00:01'
const CLIENT = '5e1f6b0c-0000-4000-8000-000000000001'
const DEVICES = 500

interface Admission { readonly accepted: Record<string, number>, readonly refused: Record<string, number> }

async function makeData (t: TestContext): Promise<string> {
  const data = await mkdtemp(join(tmpdir(), 'chorus-test-'))
  t.after(async () => { await rm(data, { recursive: true, force: true }) })
  return data
}

const quietRun = async (data: string, ...words: readonly string[]): Promise<number> => {
  return await runDevices([...words, '--data', data], { out: { write: () => {} }, error: { write: () => {} } })
}

/** @returns the open socket, or the status of the refusal */
function connect (t: TestContext, url: string, headers: Readonly<Record<string, string>>): Promise<WebSocket | number> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, { headers })
    t.after(() => { socket.terminate() })
    socket.once('open', () => { resolve(socket) })
    socket.once('unexpected-response', (_request, response) => { resolve(response.statusCode ?? 0); socket.terminate() })
    socket.once('error', reject)
  })
}

async function statusOf (t: TestContext, url: string, headers: Readonly<Record<string, string>>): Promise<number> {
  const answer = await connect(t, url, headers)
  return typeof answer === 'number' ? answer : 101
}

for (const transport of ['auto', 'ws'] as const) {
  test(`a device that was approved needs its own token, and what is decided about it counts at once (${transport})`, async t => {
    const data = await makeData(t)
    const server = await ChorusServer.start(t, { data, args: ['--gateway.transport', transport] })
    const { store } = await makeStore(t, data)
    const identity = { 'Device-Id': ID, 'Client-Id': CLIENT }
    const knock = async (key?: string, ageS = 0): Promise<number> => {
      const token = key === undefined ? undefined : signToken(key, { deviceId: ID, clientId: CLIENT }, Math.floor(Date.now() / 1000) - ageS)
      return await statusOf(t, server.url, token === undefined ? identity : { ...identity, Authorization: `Bearer ${token}` })
    }
    const { code } = await store.beginActivation(reportOf(ID, CLIENT))
    assert.equal(await quietRun(data, 'approve', code), 0)
    const { key } = (await store.find(ID))!
    assert.equal(await knock(), 401)
    assert.equal(await knock('a guess'), 401)
    assert.equal(await knock(await store.tokenKey()), 401)
    assert.equal(await knock(key), 101)
    assert.equal(await knock(key, 31 * 86_400), 101) // day 31 (T021, must work)
    await quietRun(data, 'rotate', ID)
    assert.equal(await knock(key), 401)
    assert.equal(await knock((await store.find(ID))!.key), 101)
    await quietRun(data, 'revoke', ID)
    assert.equal(await knock((await store.find(ID))!.key), 403)
    const { accepted, refused } = (await server.health() as unknown as { admission: Admission }).admission
    assert.deepEqual([accepted['token'], accepted['expiredToken']], [2, 1])
    assert.deepEqual([refused['tokenMissing'], refused['tokenForged'], refused['revoked']], [1, 3, 1])
    await quietRun(data, 'forget', ID)
    assert.equal(await knock(), 101)
    assert.equal(await statusOf(t, server.url, { 'Device-Id': ID, 'Client-Id': 'another' }), 403)
  })
}

test('whoever comes when all places are taken is told so, and counted', async t => {
  const server = await ChorusServer.start(t, { args: ['--gateway.maxConnections', '1'] })
  assert.ok(await connect(t, server.url, { 'Device-Id': ID, 'Client-Id': CLIENT }) instanceof WebSocket)
  assert.equal(await statusOf(t, server.url, { 'Device-Id': '02:00:00:00:00:02', 'Client-Id': 'another' }), 503)
  assert.equal((await server.health() as unknown as { wire: Record<string, number> }).wire['busy'], 1)
})

test('a valid credential replaces the old session, and an invalid one never does (T033)', async t => {
  const server = await ChorusServer.start(t)
  const mine = { 'Device-Id': ID, 'Client-Id': CLIENT }
  const old = await connect(t, server.url, mine) as WebSocket
  const closed = new Promise<void>(resolve => { old.once('close', () => { resolve() }) })
  for (const headers of [{ ...mine, 'Client-Id': 'thief' }, { ...mine, Authorization: 'Bearer nonsense' }]) {
    assert.ok([401, 403].includes(await statusOf(t, server.url, headers)))
  }
  assert.equal(old.readyState, WebSocket.OPEN)
  assert.equal((await server.health())['sessions'], 1)
  const fresh = await connect(t, server.url, mine) as WebSocket
  await closed
  assert.equal(fresh.readyState, WebSocket.OPEN)
  assert.equal((await server.health())['sessions'], 1)
})

test('a fleet that is new comes in at once, and is known after a restart', async t => {
  const data = await makeData(t)
  const first = await ChorusServer.start(t, { data })
  const fleet = (server: ChorusServer, client: string): Promise<number[]> => {
    return Promise.all(Array.from({ length: DEVICES }, (_, index) => statusOf(t, server.url, { 'Device-Id': `device-${index}`, 'Client-Id': client })))
  }
  assert.deepEqual(new Set(await fleet(first, 'one')), new Set([101]))
  await first.stop()
  const second = await ChorusServer.start(t, { data })
  assert.deepEqual(new Set(await fleet(second, 'other')), new Set([403]))
})

test('a store that cannot be used stops the start, and says what to do', async t => {
  const data = await makeData(t)
  const { store, file } = await makeStore(t, data)
  await store.close()
  const { loadSqlite } = await import('../../native-bindings/sqlite.js')
  const database = loadSqlite().open(file)
  database.exec('update schema_version set version = 99')
  database.close()
  const server = new ChorusServer(configIn(data).data)
  assert.equal((await server.exited).code, 1)
  assert.equal(server.lines.find(line => line.event === 'failed')?.['code'], 'CHORUS_STORE_NEWER')
})
