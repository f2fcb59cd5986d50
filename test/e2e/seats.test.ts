import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import { test } from 'node:test'
import { SimulatedDevice } from '../../tools/simulator/simulated-device.js'
import { ChorusServer } from '../support/chorus-server.js'
import { clips, loadClip } from '../support/clips.js'
import { FakeOpenAi } from '../support/fake-openai.js'

test('a conversation goes on after its seat was given back, in words and by voice', async t => {
  const fake = await FakeOpenAi.start(t)
  const server = await ChorusServer.start(t, {
    args: ['--session.seatLeaseMs', '1000', '--llm.provider', 'openai', '--tts.provider', 'flite'],
    env: { CHORUS_LLM_OPENAI_BASE_URL: fake.baseUrl, CHORUS_LLM_OPENAI_API_KEY: fake.apiKey, CHORUS_LLM_OPENAI_MODEL: 'fake' }
  })
  const device = new SimulatedDevice({ url: server.url, mode: 'manual', profile: { audio: 'count' } })
  t.after(() => { device.close() })
  await device.sendText('My name is Ada.')
  await device.turnDone()
  await noSeats(server)
  await device.start('manual')
  await device.speak(loadClip(clips.sevenOfClubs))
  device.release()
  const turn = await device.turnDone()
  assert.match(turn.sttText ?? '', /seven/i)
  const asked = fake.requests.filter(({ path }) => path.endsWith('/chat/completions')).at(-1)!
  const said = (asked.body['messages'] as { role: string, content: string }[]).map(({ role, content }) => `${role}: ${content}`)
  assert.ok(said.includes('user: My name is Ada.'), said.join('\n'))
  device.close()
  await noSeats(server)
  assert.equal((await server.health())['pages'], 0)
})

/** Resolves when every slot is free; the runner's time limit bounds it. */
async function noSeats (server: ChorusServer): Promise<void> {
  while ((await server.health())['slots'] !== 0) await delay(50)
}
