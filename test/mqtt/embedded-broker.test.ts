import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect as connectTcp } from 'node:net'
import { test, type TestContext } from 'node:test'
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt'
import { loadConfig } from '../../src/core/config.js'
import { factsOf } from '../../src/gateway/admission.js'
import type { MqttDevice } from '../../src/mqtt/device-desk.js'
import { openEmbeddedBroker } from '../../src/mqtt/embedded-broker.js'

const idOf = (number: number): string => `g@@@02_00_00_00_00_0${number}@@@u`

function nextEvent (client: MqttClient, event: 'message' | 'close'): Promise<unknown[]> {
  return new Promise(resolve => { client.once(event, (...values: unknown[]) => { resolve(values) }) })
}

async function makeRig (t: TestContext, argv: readonly string[] = []) {
  const { config } = loadConfig({ argv: ['--mqtt.host', '127.0.0.1', '--mqtt.port', '0', ...argv], env: {} })
  const counts = new Map<string, number>()
  const said: [deviceId: string, text: string][] = []
  const devices = new Map<string, MqttDevice>()
  const left: string[] = []
  const joined: string[] = []
  let news = (): void => {}
  const broker = await openEmbeddedBroker(config.mqtt, {
    onJoined: device => { devices.set(device.deviceId, device); joined.push(device.deviceId); news() },
    onMessage: (device, text) => {
      devices.set(device.deviceId, device)
      said.push([device.deviceId, text])
      news()
    },
    onLeft: device => { left.push(device.deviceId); news() },
    authenticate: caller => Promise.resolve(caller.password === 'wrong' ? undefined : factsOf(undefined)),
    count: (name, by = 1) => { counts.set(name, (counts.get(name) ?? 0) + by); news() },
    log: () => {}
  })
  const clients: MqttClient[] = []
  t.after(async () => {
    for (const client of clients) client.end(true)
    await broker.close()
  })
  const until = async (isSo: () => boolean): Promise<void> => {
    while (!isSo()) await new Promise<void>(resolve => { news = resolve })
  }
  const connect = async (options: IClientOptions): Promise<MqttClient> => {
    const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${broker.port}`, { protocolVersion: 4, reconnectPeriod: 0, ...options }, false)
    clients.push(client)
    return client
  }
  return { broker, counts, said, devices, joined, left, until, connect }
}

test('a device is heard, and told what is for it without a subscription (T133, T147)', async t => {
  const { connect, said, devices, until } = await makeRig(t)
  const [one, other] = [await connect({ clientId: idOf(1) }), await connect({ clientId: idOf(2) })]
  const strange: string[] = []
  other.on('message', topic => { strange.push(topic) })
  one.publish('device-server', 'hi')
  await until(() => said.length === 1)
  assert.deepEqual(said, [['02:00:00:00:00:01', 'hi']])
  const arrived = nextEvent(one, 'message')
  devices.get('02:00:00:00:00:01')!.publish('there')
  const [topic, payload, packet] = await arrived as unknown as [string, Buffer, { qos: number, retain: boolean }]
  assert.deepEqual([topic, payload.toString(), packet.qos, packet.retain], ['devices/p2p/02_00_00_00_00_01', 'there', 0, false])
  assert.deepEqual(strange, [])
})

test('no device hears another one, whatever it subscribes to', async t => {
  const { connect, counts, said, until } = await makeRig(t)
  const [one, other] = [await connect({ clientId: idOf(1) }), await connect({ clientId: idOf(2) })]
  const strange: string[] = []
  other.on('message', topic => { strange.push(topic) })
  for (const topic of ['#', '$SYS/#', 'device-server', 'devices/p2p/02_00_00_00_00_01']) {
    await assert.rejects(other.subscribeAsync(topic), Error, topic)
  }
  assert.equal(counts.get('refusedSubscriptions'), 4)
  await other.subscribeAsync('devices/p2p/02_00_00_00_00_02')
  one.publish('devices/p2p/02_00_00_00_00_02', 'forged', { retain: true })
  one.publish('device-server', 'end')
  await until(() => said.length === 2)
  other.publish('device-server', 'end')
  await until(() => said.length === 3)
  assert.deepEqual(strange, [])
})

test('a bad password and a bad client id are refused with their codes (T131)', async t => {
  const { connect, counts } = await makeRig(t)
  await assert.rejects(connect({ clientId: idOf(1), username: 'u', password: 'wrong' }), { code: 4 })
  await assert.rejects(connect({ clientId: 'nobody' }), { code: 2 })
  assert.deepEqual([counts.get('refusedCredentials'), counts.get('refusedClientIds'), counts.get('accepted')], [1, 1, undefined])
})

test('MQTT 3.1 is served as well, with ids longer than it allows', async t => {
  const { connect } = await makeRig(t)
  const client = await connect({ clientId: idOf(1), protocolVersion: 3, protocolId: 'MQIsdp' })
  assert.ok(client.connected)
})

test('QoS above 0, long packets and floods end that connection, and no other one', async t => {
  const { connect, counts, said, until } = await makeRig(t, ['--mqtt.maxPacketsPerS', '20'])
  const healthy = await connect({ clientId: idOf(9) })
  const expectEnd = async (number: number, name: string, act: (client: MqttClient) => void): Promise<void> => {
    const client = await connect({ clientId: idOf(number) })
    const closed = nextEvent(client, 'close')
    act(client)
    await closed
    assert.equal(counts.get(name), 1, name)
  }
  await expectEnd(1, 'badQos', client => { client.publish('device-server', 'x', { qos: 1 }) })
  await expectEnd(2, 'oversizePackets', client => { client.publish('device-server', 'x'.repeat(8192)) })
  await expectEnd(3, 'floods', client => { for (let packet = 0; packet < 200; packet++) client.publish('device-server', 'x') })
  const before = said.length
  healthy.publish('device-server', 'well')
  await until(() => said.length > before)
  assert.deepEqual(said.at(-1), ['02:00:00:00:00:09', 'well'])
})

test('rubbish and silence on the port are closed (T153)', async t => {
  const { broker, counts, until } = await makeRig(t, ['--mqtt.connectTimeoutMs', '100'])
  const rubbish = ['GET / HTTP/1.1\r\n\r\n', '\x10\xff\xff\xff\xff\xff', '\x10\x04\x00\x04XX', '\x10\x00', '', '\x10\x0c\x00\x04MQTT\x09\x02\x00\x3c\x00\x00']
  for (const text of rubbish) {
    const socket = connectTcp(broker.port, '127.0.0.1')
    socket.on('error', () => {})
    socket.resume()
    socket.write(Buffer.from(text, 'latin1'))
    await once(socket, 'close')
  }
  await until(() => counts.get('connections') === 0)
  assert.deepEqual(['brokenConnections', 'oversizePackets', 'lateConnects'].map(name => counts.get(name)), [4, 1, 1])
})

test('a device that goes, or is replaced by a newer connection, has left', async t => {
  const { connect, left, said, until } = await makeRig(t)
  const first = await connect({ clientId: idOf(1) })
  const closed = nextEvent(first, 'close')
  const second = await connect({ clientId: idOf(1) })
  await closed
  await until(() => left.length === 1)
  second.publish('device-server', 'here')
  await until(() => said.length === 1)
  second.stream.destroy()
  await until(() => left.length === 2)
})

test('a device that is silent for one and a half of its keep-alive is gone (T131)', async t => {
  const { broker, left, until } = await makeRig(t)
  const socket = connectTcp(broker.port, '127.0.0.1')
  t.after(() => { socket.destroy() })
  const id = Buffer.from(idOf(1))
  socket.write(Buffer.concat([Buffer.from([0x10, 12 + id.length, 0, 4]), Buffer.from('MQTT'), Buffer.from([4, 2, 0, 1, 0, id.length]), id]))
  await once(socket, 'data')
  await until(() => left.length === 1)
})

test('a device that is sent away still hears what it was told before', async t => {
  const { connect, devices, joined, left, until } = await makeRig(t)
  const client = await connect({ clientId: idOf(1) })
  await until(() => joined.length === 1)
  const [message, closed] = [nextEvent(client, 'message'), nextEvent(client, 'close')]
  const device = devices.get('02:00:00:00:00:01')!
  device.publish('goodbye')
  device.disconnect()
  assert.equal(String((await message)[1]), 'goodbye')
  await closed
  await until(() => left.length === 1)
})
