import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { SimulatedDevice } from '../../tools/simulator/simulated-device.js'
import { turnStages } from '../../src/core/turn-stages.js'
import type { TurnFigures } from '../../src/session/turn-stats.js'
import { ChorusServer } from '../support/chorus-server.js'
import { clips, loadClip } from '../support/clips.js'
import { FakeOpenAi } from '../support/fake-openai.js'

const options = { timeout: 110_000 }
/** What each provider takes longer in the second turn. */
const SLOW_MS = 700

function connect (t: TestContext, server: ChorusServer): SimulatedDevice {
  const device = new SimulatedDevice({ url: server.url, profile: { audio: 'count' } })
  t.after(() => { device.close() })
  return device
}

/** Push to talk, and the whole answer. */
async function converse (device: SimulatedDevice): Promise<void> {
  device.pressToTalk()
  await device.waitForState('listening')
  await device.speak(loadClip(clips.sevenOfClubs))
  device.release()
  await device.turnDone()
}

async function turnsOf (server: ChorusServer): Promise<TurnFigures> {
  return (await server.health())['turns'] as unknown as TurnFigures
}

function assertConsistent ({ count, total, added, provider, stages, last }: TurnFigures, turns: number): void {
  assert.deepEqual([count, total.count, added.count, provider.count, last.length], new Array(5).fill(turns))
  assert.deepEqual(stages.map(({ name }) => name), turnStages.map(({ name }) => name))
  assert.ok(stages.every(stage => stage.count === turns))
  const same = (a: number, b: number): boolean => Math.abs(a - b) < 0.01
  for (const { totalMs, addedMs, providerMs, stagesMs } of last) {
    const sumOf = (owner: string): number => stagesMs.reduce((sum, ms, at) => turnStages[at]!.owner === owner ? sum + ms : sum, 0)
    assert.ok(stagesMs.every(ms => ms >= 0))
    assert.ok(same(sumOf('server'), addedMs) && same(sumOf('provider'), providerMs), stagesMs.join(' '))
    assert.ok(same(addedMs + providerMs, totalMs))
  }
}

test('the server tells where the time of an answer went, and what was not its own', options, async t => {
  const service = await FakeOpenAi.start(t)
  service.transcription = () => ({ chunks: ['{"text":"Repeat a distant word"}'] })
  const server = await ChorusServer.start(t, {
    args: [
      '--log.level', 'debug', '--asr.provider', 'openai', '--asr.openai.baseUrl', service.baseUrl,
      '--llm.provider', 'openai', '--llm.openai.baseUrl', service.baseUrl, '--llm.openai.model', 'fake',
      '--tts.provider', 'openai', '--tts.openai.baseUrl', service.baseUrl
    ],
    env: { CHORUS_ASR_OPENAI_API_KEY: service.apiKey, CHORUS_LLM_OPENAI_API_KEY: service.apiKey, CHORUS_TTS_OPENAI_API_KEY: service.apiKey }
  })
  const device = connect(t, server)
  await converse(device)
  assertConsistent(await turnsOf(server), 1)

  // The requests of a turn come one after the other: words, model, voice.
  for (let provider = 0; provider < 3; provider++) service.fail({ kind: 'slow-first-byte', get until () { return delay(SLOW_MS) } })
  await converse(device)
  const turns = await turnsOf(server)
  assertConsistent(turns, 2)
  const [quick, slow] = turns.last
  const took = (name: string): number => slow!.stagesMs[turnStages.findIndex(stage => stage.name === name)]!
  t.diagnostic(`quick ${JSON.stringify(quick)}`)
  t.diagnostic(`slow ${JSON.stringify(slow)}`)
  for (const name of ['recognition', 'first token', 'voice']) assert.ok(took(name) >= SLOW_MS - 5, `${name}: ${took(name)}`)
  assert.ok(slow!.addedMs < slow!.providerMs, 'none of that is the time of the server')
  const logged = server.lines.filter(({ msg }) => msg.startsWith('where the time of an answer went'))
  assert.deepEqual(logged.map(({ total }) => total), turns.last.map(({ totalMs }) => totalMs))
  assert.deepEqual(Object.keys(logged[0]!['stages'] as object), turnStages.map(({ name }) => name))
})

test('a question that was interrupted before its answer sounds is not measured', options, async t => {
  const service = await FakeOpenAi.start(t)
  const server = await ChorusServer.start(t, {
    args: [
      '--asr.provider', 'openai', '--asr.openai.baseUrl', service.baseUrl,
      '--llm.provider', 'openai', '--llm.openai.baseUrl', service.baseUrl, '--llm.openai.model', 'fake', '--tts.provider', 'flite'
    ],
    env: { CHORUS_ASR_OPENAI_API_KEY: service.apiKey, CHORUS_LLM_OPENAI_API_KEY: service.apiKey }
  })
  const device = connect(t, server)
  service.fail({ kind: 'slow-first-byte', until: Promise.resolve() })
  service.fail({ kind: 'hang-before-headers' })
  device.pressToTalk()
  await device.waitForState('listening')
  await device.speak(loadClip(clips.sevenOfClubs))
  device.release()
  while (!service.requests.some(({ path }) => path === '/v1/chat/completions')) await service.nextRequest()
  await device.waitForState('speaking')
  device.abort()
  await device.turnDone()
  await converse(device)
  assertConsistent(await turnsOf(server), 1)
})

test('with models on this machine, an end that voice detection found is where time begins', options, async t => {
  const server = await ChorusServer.start(t, { args: ['--llm.provider', 'offline', '--tts.provider', 'flite'] })
  const device = connect(t, server)
  await device.start('auto')
  await device.speak(new Int16Array(16_000))
  await device.speak(loadClip(clips.chieftain))
  await device.turnDone()
  const turns = await turnsOf(server)
  assertConsistent(turns, 1)
  t.diagnostic(JSON.stringify(turns.last))
  const took = (name: string): number => turns.stages.find(stage => stage.name === name)!.maxMs
  assert.ok(took('voice') > 0, 'its job takes time')
  assert.ok(took('voice detection') < 500, 'the silence before the end is no part of it')
})
