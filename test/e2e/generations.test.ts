import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { randomDeviceId } from '../../tools/simulator/device-profile.js'
import { fetchOta } from '../../tools/simulator/fetch-ota.js'
import { generations, type Generation } from '../../tools/simulator/generations.js'
import { SimulatedDevice } from '../../tools/simulator/simulated-device.js'
import { ChorusServer } from '../support/chorus-server.js'
import { MQTT } from '../support/mqtt-devices.js'

test('firmware of every generation hears each answer whole', { concurrency: true }, async t => {
  const server = await ChorusServer.start(t, { args: MQTT })
  await Promise.all(generations.map(generation => t.test(generation.name, async t => { await converse(t, server, generation) })))
})

type Case = Pick<TestContext, 'after'>

async function converse (t: Case, server: ChorusServer, { transport, frames, profile }: Generation): Promise<void> {
  const identity = { deviceId: randomDeviceId(), clientId: '00000000-0000-4000-8000-000000000001' }
  // The server knows from this who plays what is left at `tts stop`.
  const { body } = await fetchOta(`${server.httpUrl}/xiaozhi/ota/`, { ...identity, version: profile.version! })
  const { token } = body!['websocket'] as { readonly token: string }
  const device = new SimulatedDevice({ ...identity, token, url: transport === 'ws' ? server.url : server.mqttUrl, version: frames, profile })
  t.after(() => { device.close() })
  for (const question of ['What is 12 plus 30?', 'Set the volume to fifty.']) {
    await device.sendText(question)
    const turn = await device.turnDone()
    const { outcome, playedFrames, lostBeforeSpeaking, lostAfterSpeaking, overflowDrops } = turn
    assert.deepEqual(
      { outcome, playedFrames, lostBeforeSpeaking, lostAfterSpeaking, overflowDrops },
      { outcome: 'done', playedFrames: turn.frames.count, lostBeforeSpeaking: 0, lostAfterSpeaking: 0, overflowDrops: 0 }
    )
    assert.ok(turn.frames.count > 10)
  }
  assert.equal(device.state, 'listening')
  if (profile.iot === true) assert.equal(device.things.volume, 50)
}
