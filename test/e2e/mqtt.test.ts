import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SimulatedDevice } from '../../tools/simulator/simulated-device.js'
import { ChorusServer } from '../support/chorus-server.js'
import { clips, loadClip } from '../support/clips.js'
import { countWordErrors } from '../support/word-error-rate.js'

const MQTT = ['--mqtt.enabled', '--mqtt.port', '0', '--mqtt.udpPort', '0', '--mqtt.host', '127.0.0.1', '--mqtt.udpHost', '127.0.0.1']

async function mqttFigures (server: ChorusServer): Promise<Readonly<Record<string, number>>> {
  return (await server.health() as unknown as { mqtt: Readonly<Record<string, number>> }).mqtt
}

test('a spoken question over MQTT and UDP is understood and answered, also from a new address (T130–T141)', async t => {
  const server = await ChorusServer.start(t, { args: MQTT })
  const device = new SimulatedDevice({ url: server.mqttUrl })
  t.after(() => { device.close() })
  await device.start('auto')
  const { sessionId } = device
  assert.notEqual(sessionId, '')
  await device.speak(new Int16Array(16_000 * 1.5))
  await device.speak(loadClip(clips.chieftain))
  const turn = await device.turnDone()
  assert.equal(countWordErrors(clips.chieftain.text, turn.sttText ?? '').errors, 0, `heard "${turn.sttText}"`)
  assert.ok(turn.playedFrames > 10)
  assert.deepEqual([turn.lostBeforeSpeaking, turn.lostAfterSpeaking, turn.overflowDrops, turn.malformedFrames], [0, 0, 0, 0])
  assert.ok(turn.firstFrameAtMs! - turn.ttsStartAtMs! >= 90, 'audio came too soon after tts start')
  assert.ok(turn.ttsStopAtMs! - turn.lastFrameAtMs! >= 240, 'tts stop came too soon after the last audio')

  device.changeAddress()
  await device.speak(new Int16Array(16_000))
  await device.speak(loadClip(clips.chieftain))
  const second = await device.turnDone()
  assert.ok(second.playedFrames > 10)
  assert.equal(device.sessionId, sessionId)
  const figures = await mqttFigures(server)
  assert.equal(figures['peersMoved'], 1)
  assert.equal(figures['sessions'], 1)
  const { threads } = await server.health() as unknown as { threads: readonly { kind: string, tid: number }[] }
  assert.ok(threads.some(({ kind, tid }) => kind === 'mqtt' && tid > 0))

  device.hangUp()
  await device.waitForState('idle')
  await device.start('auto')
  assert.notEqual(device.sessionId, sessionId)
  assert.deepEqual([(await mqttFigures(server))['connections'], (await mqttFigures(server))['accepted']], [1, 1])
})
