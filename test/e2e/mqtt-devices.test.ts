import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { runDevices } from '../../src/bin/devices/run-devices.js'
import { fetchOta } from '../../tools/simulator/fetch-ota.js'
import { ChorusServer } from '../support/chorus-server.js'
import { CLIENT, ID, makeDevice, MQTT, mqttFigures, until } from '../support/mqtt-devices.js'

async function makeData (t: TestContext): Promise<string> {
  const data = await mkdtemp(join(tmpdir(), 'chorus-test-'))
  t.after(async () => { await rm(data, { recursive: true, force: true }) })
  return data
}

async function decide (data: string, ...words: readonly string[]): Promise<void> {
  assert.equal(await runDevices([...words, '--data', data], { out: { write: () => {} }, error: { write: () => {} } }), 0)
}

const isGoodbye = (message: Readonly<Record<string, unknown>>): boolean => message['type'] === 'goodbye'

test('a device that registers is sent to the broker, and its token is its password', async t => {
  const server = await ChorusServer.start(t, { args: [...MQTT, '--mqtt.offer'] })
  const { mqtt } = await register(server)
  const device = makeDevice(t, { url: `mqtt://${mqtt!['endpoint']!}`, mqtt: credentialsOf(mqtt!) })
  await device.start('auto')
  assert.equal(`mqtt://${mqtt!['endpoint']!}`, server.mqttUrl)
  assert.match(mqtt!['password']!, /^[\w-]{43}\.\d+$/)
  const forged = makeDevice(t, { url: server.mqttUrl, mqtt: { ...credentialsOf(mqtt!), password: `${'A'.repeat(43)}.1` } })
  await assert.rejects(forged.start('auto'), /not authorized|Bad username/i)
})

test('a device that is revoked leaves at once, in a conversation and at rest, and does not come back (MQTT)', async t => {
  const data = await makeData(t)
  const server = await ChorusServer.start(t, { data, args: MQTT })
  const talking = makeDevice(t, { url: server.mqttUrl })
  const resting = makeDevice(t, { url: server.mqttUrl, deviceId: '02:00:00:00:00:02', clientId: 'other' })
  const other = makeDevice(t, { url: server.mqttUrl, deviceId: '02:00:00:00:00:03', clientId: 'third' })
  await Promise.all([talking, resting, other].map(device => device.start('auto')))
  resting.hangUp()
  await decide(data, 'revoke', ID)
  await decide(data, 'revoke', '02:00:00:00:00:02')
  assert.equal((await talking.waitFor(isGoodbye))['session_id'], talking.sessionId)
  await talking.waitForState('idle')
  await until(async () => (await mqttFigures(server))['connections'] === 1)
  await assert.rejects(talking.start('auto'), /not authorized|Bad username/i)
  assert.deepEqual([other.state, (await mqttFigures(server))['sessions']], ['listening', 1])
})

for (const transport of ['auto', 'ws'] as const) {
  test(`a device that is revoked leaves at once; another goes on (WebSocket, ${transport})`, async t => {
    const data = await makeData(t)
    const server = await ChorusServer.start(t, { data, args: ['--gateway.transport', transport] })
    const device = makeDevice(t, { url: server.url })
    const other = makeDevice(t, { url: server.url, deviceId: '02:00:00:00:00:02', clientId: 'other' })
    await Promise.all([device.start('auto'), other.start('auto')])
    const closed = new Promise<number>(resolve => { device.on('closed', resolve) })
    await decide(data, 'revoke', ID)
    assert.equal(await closed, 1008)
    await assert.rejects(device.start('auto'))
    assert.equal(other.state, 'listening')
    assert.equal((await server.health())['sessions'], 1)
  })
}

test('another key ends the session of the old one; the approval of a device ends none', async t => {
  const data = await makeData(t)
  const args = ['--auth.admission', 'code', '--auth.allowedDevices', ID]
  const server = await ChorusServer.start(t, { data, args: [...args, ...MQTT, '--mqtt.offer'] })
  const { websocket, mqtt } = await register(server)
  const listed = makeDevice(t, { url: server.url, token: websocket.token })
  await listed.start('auto')
  await decide(data, 'rotate', ID) // it came with a token that it shares with others
  const pending = await register(server, '02:00:00:00:00:02')
  await decide(data, 'approve', pending.activation!.code)
  const bound = await register(server, '02:00:00:00:00:02')
  const device = makeDevice(t, { url: server.mqttUrl, deviceId: '02:00:00:00:00:02', mqtt: credentialsOf(bound.mqtt!) })
  await device.start('auto')
  assert.equal(pending.mqtt, undefined)
  assert.notEqual(mqtt, undefined)
  await decide(data, 'rotate', '02:00:00:00:00:02')
  await device.waitFor(isGoodbye)
  await device.waitForState('idle')
  await until(async () => (await mqttFigures(server))['connections'] === 0)
  await assert.rejects(device.start('auto'), /not authorized|Bad username/i)
  assert.equal(listed.state, 'listening')
})

interface Registration {
  readonly websocket: { readonly token: string }
  readonly mqtt?: Readonly<Record<string, string>>
  readonly activation?: { readonly code: string }
}

async function register (server: ChorusServer, deviceId = ID): Promise<Registration> {
  const { body } = await fetchOta(`${server.httpUrl}/xiaozhi/ota/`, { deviceId, clientId: CLIENT })
  return body as unknown as Registration
}

function credentialsOf (mqtt: Readonly<Record<string, string>>) {
  return { clientId: mqtt['client_id']!, username: mqtt['username']!, password: mqtt['password']! }
}
