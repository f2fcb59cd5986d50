import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { test, type TestContext } from 'node:test'
import { Aedes } from 'aedes'
import { SimulatedDevice } from '../../tools/simulator/simulated-device.js'
import { signMqttPassword } from '../../src/protocol/mqtt-credentials.js'
import { ChorusServer } from '../support/chorus-server.js'

const MQTT = ['--mqtt.enabled', '--mqtt.port', '0', '--mqtt.udpPort', '0', '--mqtt.host', '127.0.0.1', '--mqtt.udpHost', '127.0.0.1']

function makeDevice (t: TestContext, options: ConstructorParameters<typeof SimulatedDevice>[0]): SimulatedDevice {
  const device = new SimulatedDevice({ profile: { audio: 'count' }, ...options })
  t.after(() => { device.close() })
  return device
}

function mqttFigures (server: ChorusServer): Promise<Readonly<Record<string, number>>> {
  return server.health().then(health => (health as unknown as { mqtt: Readonly<Record<string, number>> }).mqtt)
}

test('a server that stops says goodbye to every session (T142)', async t => {
  const server = await ChorusServer.start(t, { args: MQTT })
  const devices = [makeDevice(t, { url: server.mqttUrl }), makeDevice(t, { url: server.mqttUrl })]
  await Promise.all(devices.map(device => device.start('auto')))
  const goodbyes = Promise.all(devices.map(device => device.waitFor(message => message['type'] === 'goodbye')))
  await server.stop()
  assert.deepEqual((await goodbyes).map(message => message['session_id']), devices.map(device => device.sessionId))
  assert.equal((await server.exited).code, 0)
})

test('a device that is silent is told goodbye, and its next conversation is another session', async t => {
  const server = await ChorusServer.start(t, { args: [...MQTT, '--session.idleCloseMs', '5000'] })
  const device = makeDevice(t, { url: server.mqttUrl, profile: { mic: 'off' } })
  await device.start('auto')
  const first = device.sessionId
  await device.waitForState('idle')
  await device.start('auto')
  assert.notEqual(device.sessionId, first)
  const { accepted, sessions } = await mqttFigures(server)
  assert.deepEqual([accepted, sessions], [1, 1])
})

test('with a key the password counts, from wherever the device comes', async t => {
  const server = await ChorusServer.start(t, { args: [...MQTT, '--mqtt.signatureKey', 'test'] })
  const clientId = 'GID_x@@@02_00_00_00_00_01@@@u'
  const make = (password: string): SimulatedDevice => makeDevice(t, {
    url: server.mqttUrl, deviceId: '02:00:00:00:00:01', mqtt: { clientId, username: 'u', password }
  })
  await assert.rejects(make(signMqttPassword('other', clientId, 'u')).start('auto'), /not authorized|Bad username/i)
  await make(signMqttPassword('test', clientId, 'u')).start('auto')
  assert.equal((await mqttFigures(server))['refusedCredentials'], 1)
})

test('a device that comes by WebSocket as well has one session, the later one', async t => {
  const server = await ChorusServer.start(t, { args: MQTT })
  const ids = { deviceId: '02:00:00:00:00:07', clientId: 'c7' }
  const byMqtt = makeDevice(t, { url: server.mqttUrl, ...ids })
  await byMqtt.start('auto')
  await makeDevice(t, { url: server.url, ...ids }).start('auto')
  await byMqtt.waitForState('idle')
  assert.equal((await server.health())['sessions'], 1)
})

test('an answer that is quicker than the first packet of the device is heard all the same (T134)', async t => {
  const server = await ChorusServer.start(t, { args: MQTT })
  const device = makeDevice(t, { url: server.mqttUrl })
  await device.start('auto')
  await device.sendText('What is 12 plus 30?')
  const turn = await device.turnDone()
  assert.ok(turn.playedFrames > 10, `heard ${turn.playedFrames} frames`)
  assert.equal((await mqttFigures(server))['downlinkWithoutPeer'], 0)
})

test('datagrams of strangers are counted, each by its fault, while a device talks', async t => {
  const server = await ChorusServer.start(t, { args: MQTT })
  const device = makeDevice(t, { url: server.mqttUrl })
  await device.start('auto')
  const stranger = createSocket('udp4')
  t.after(() => { stranger.close() })
  const send = (datagram: Buffer): Promise<void> => new Promise(resolve => { stranger.send(datagram, server.udpPort, '127.0.0.1', () => { resolve() }) })
  const forged = (id: Buffer, lengthLie: number): Buffer => {
    const payload = randomBytes(40)
    const header = Buffer.alloc(16)
    header[0] = 1
    header.writeUInt16BE(payload.length + lengthLie, 2)
    id.copy(header, 4)
    header.writeUInt32BE(1000, 12)
    return Buffer.concat([header, payload])
  }
  for (let index = 0; index < 50; index++) {
    await send(Buffer.alloc(15))
    await send(Buffer.alloc(60, 0xff))
    await send(forged(randomBytes(4), 1))
    await send(forged(randomBytes(4), 0))
  }
  await device.speak(new Int16Array(16_000)) // until it has sent audio, nobody knows where it is
  await device.sendText('What is 12 plus 30?')
  const turn = await device.turnDone()
  assert.ok(turn.playedFrames > 10)
  const figures = await mqttFigures(server)
  assert.deepEqual(['dropShort', 'dropType', 'dropLength', 'dropUnknownId', 'peersLearned', 'peersMoved'].map(name => figures[name]), [50, 50, 50, 50, 1, 0])
})

test('a taken port ends the start and names the setting', async t => {
  const taken = createServer()
  taken.listen(0, '127.0.0.1')
  await once(taken, 'listening')
  t.after(() => { taken.close() })
  const server = new ChorusServer('/nonexistent-but-unused', { args: [...MQTT, '--mqtt.port', String((taken.address() as AddressInfo).port)] })
  const { code } = await server.exited
  assert.equal(code, 1)
  assert.match(JSON.stringify(server.lines), /CHORUS_PORT_TAKEN/)
  assert.match(JSON.stringify(server.lines), /--mqtt\.port/)
})

test('a broker that others run serves as well, whenever it comes up', async t => {
  const broker = await Aedes.createBroker({
    // What an operator configures: each publishes below its own name and is pushed what is its own.
    authorizePublish: (client, packet, done) => {
      const mac = client?.id.split('@@@')[1]
      if (packet.topic === 'device-server' && mac !== undefined) packet.topic = `device-server/${mac}`
      done()
    }
  })
  broker.on('clientReady', client => {
    const mac = client.id.split('@@@')[1]
    if (mac !== undefined) client.subscribe({ topic: `devices/p2p/${mac}`, qos: 0 }, () => {})
  })
  const listener = createServer(socket => { broker.handle(socket) })
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const url = `mqtt://127.0.0.1:${(listener.address() as AddressInfo).port}`
  t.after(() => { broker.close(); listener.close() })
  const subscribed = once(broker, 'subscribe')
  const server = await ChorusServer.start(t, { args: [...MQTT, '--mqtt.broker', url, '--mqtt.publicHost', '127.0.0.1'] })
  await subscribed
  const device = makeDevice(t, { url, profile: { mic: 'off' } })
  await device.start('auto')
  await device.sendText('What is 12 plus 30?')
  await device.waitFor(message => message['type'] === 'tts' && message['state'] === 'stop')
  assert.equal((await mqttFigures(server))['sessions'], 1)
})
