import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import type { SimulatedDevice } from '../../tools/simulator/simulated-device.js'
import { ChorusServer } from '../support/chorus-server.js'
import { ID, makeDevice, MQTT, mqttFigures, until } from '../support/mqtt-devices.js'

const OPERATOR = ['--http.operatorSecret', 'a secret', '--mqtt.speakWaitMs', '15000']
/** Has been in a conversation, and is at rest; MQTT stays connected. */
async function restingDevice (t: TestContext, server: ChorusServer): Promise<SimulatedDevice> {
  const device = makeDevice(t, { url: server.mqttUrl })
  await device.start('auto')
  device.hangUp()
  await device.waitForState('idle')
  await until(async () => (await mqttFigures(server))['sessions'] === 0 && (await server.health())['sessions'] === 0)
  return device
}

async function order (server: ChorusServer, wanted: object, deviceId = ID): Promise<readonly [status: number, receipt: string]> {
  const answer = await fetch(`${server.httpUrl}/operator/devices/${deviceId}`, {
    method: 'POST', headers: { Authorization: 'Bearer a secret' }, body: JSON.stringify(wanted)
  })
  return [answer.status, (await answer.json() as { receipt: string }).receipt]
}

test('a device at rest on MQTT is asked to open its channel, and says what an operator wants', async t => {
  const server = await ChorusServer.start(t, { args: [...MQTT, ...OPERATOR] })
  const device = await restingDevice(t, server)
  const receipt = order(server, { kind: 'speak', text: 'Dinner is ready.' })
  const request = await device.waitFor(message => message['type'] === 'speak_request')
  assert.equal(request['text'], 'Dinner is ready.')
  await device.start('auto')
  device.sendRawText(`{"session_id":"${device.sessionId}","type":"speak_ready","state":"ready"}`)
  assert.deepEqual(await receipt, [200, 'spoken'])
  const turn = await device.turnDone()
  assert.ok(turn.playedFrames > 5, `heard ${turn.playedFrames} frames`)
})

test('firmware that does not know the request is told of as unable, is never told of an answer, and can be asked again', async t => {
  const server = await ChorusServer.start(t, { args: [...MQTT, ...OPERATOR, '--mqtt.speakWaitMs', '500'] })
  const device = await restingDevice(t, server)
  const seen: unknown[] = []
  device.on('message', (message, direction) => { if (direction === 'in' && message?.['type'] !== 'mcp') seen.push(message?.['type']) })
  assert.deepEqual(await order(server, { kind: 'speak', text: 'Dinner is ready.' }), [501, 'unable'])
  assert.deepEqual(await order(server, { kind: 'speak', text: 'Dinner is ready.' }), [501, 'unable'])
  assert.deepEqual(seen, ['speak_request', 'speak_request'])
  assert.equal(device.state, 'idle')
})

test('a device at rest on MQTT gets messages at once; one that has left is offline', async t => {
  const server = await ChorusServer.start(t, { args: [...MQTT, ...OPERATOR] })
  const device = await restingDevice(t, server)
  const sound = { kind: 'notify', audioUrl: 'http://10.0.0.1/bell.ogg' }
  assert.deepEqual(await order(server, sound), [200, 'sent'])
  assert.equal((await device.waitFor(message => message['type'] === 'notify'))['audio_url'], sound.audioUrl)
  assert.deepEqual(await order(server, sound, '02:00:00:00:00:99'), [404, 'offline'])
  const waiting = order(server, { kind: 'speak', text: 'Are you there?' })
  await device.waitFor(message => message['type'] === 'speak_request')
  device.close()
  assert.deepEqual(await waiting, [404, 'offline'])
})
