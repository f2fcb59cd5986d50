import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { fetchOta } from '../../tools/simulator/fetch-ota.js'
import { SimulatedDevice } from '../../tools/simulator/simulated-device.js'
import type { TurnRecord } from '../../tools/simulator/types.js'
import { ChorusServer } from '../support/chorus-server.js'
import { clips, loadClip } from '../support/clips.js'

test('a device whose language is not recognised hears so, in its language, with the command that helps', async t => {
  const server = await ChorusServer.start(t, { args: ['--asr.provider', 'moonshine'] })
  const deviceId = '02:00:00:00:00:01'
  const clientId = '00000000-0000-4000-8000-000000000001'
  const { body } = await fetchOta(`${server.httpUrl}/xiaozhi/ota/`, { deviceId, clientId, language: 'zh-CN' })
  const { url } = (body as { websocket: { url: string } }).websocket
  assert.equal(url, server.url)
  const [chinese, german] = await Promise.all([
    speakMandarin(t, url, { deviceId, clientId }),
    speakMandarin(t, url, { headers: { 'Accept-Language': 'de-DE' } })
  ])
  assert.match(chinese.sentences[0]!.text, /听不懂.*npm run models/)
  assert.equal(chinese.sttText, null)
  assert.ok(chinese.playedFrames * chinese.frameMs > 3000)
  assert.match(german.sentences[0]!.text, /verstehe ich noch nicht.*npm run models/)
})

interface Identity { readonly deviceId?: string, readonly clientId?: string, readonly headers?: Readonly<Record<string, string>> }

async function speakMandarin (t: TestContext, url: string, identity: Identity): Promise<TurnRecord> {
  const device = new SimulatedDevice({ url, ...identity })
  t.after(() => { device.close() })
  await device.start('auto')
  await device.speak(loadClip(clips.mandarin))
  return await device.turnDone()
}
