import assert from 'node:assert/strict'
import { describe, test, type TestContext } from 'node:test'
import { SimulatedDevice } from '../../tools/simulator/simulated-device.js'
import type { TurnRecord } from '../../tools/simulator/types.js'
import { ChorusServer } from '../support/chorus-server.js'
import { clips, loadClip } from '../support/clips.js'
import { FakeOpenAi } from '../support/fake-openai.js'
import { NetworkGate } from '../support/network-gate.js'

const DEVICES = 8
const MOST_SILENCE_MS = 3000
const APOLOGY = 'Sorry, something went wrong. Please try again.'
const options = { timeout: 110_000 }

interface Rig { readonly gate: NetworkGate, readonly devices: readonly SimulatedDevice[], readonly server: ChorusServer }

async function start (t: TestContext, ...args: string[]): Promise<Rig> {
  const service = await FakeOpenAi.start(t)
  service.transcription = () => ({ chunks: ['{"text":"What is two plus two?"}'] })
  service.chat = () => ['It is four, ', 'says the service.']
  const gate = await NetworkGate.open(t, service.baseUrl)
  const url = gate.through(service.baseUrl)
  const server = await ChorusServer.start(t, {
    args: [
      '--llm.openai.baseUrl', url, '--llm.openai.model', 'm', '--tts.provider', 'openai', '--tts.openai.baseUrl', url, '--asr.openai.baseUrl', url,
      '--resilience.restMs', '1000', ...args
    ],
    env: { CHORUS_LLM_OPENAI_API_KEY: service.apiKey }
  })
  const devices = Array.from({ length: DEVICES }, (_, index) => {
    const device = new SimulatedDevice({ url: server.url, deviceId: `02:00:00:00:00:${String(index).padStart(2, '0')}`, profile: { audio: 'count' } })
    t.after(() => { device.close() })
    return device
  })
  return { gate, devices, server }
}

async function ask (device: SimulatedDevice): Promise<TurnRecord> {
  if (device.state === 'idle') await device.start('auto')
  await device.waitForState('listening')
  await device.speak(loadClip(clips.sevenOfClubs))
  return await device.turnDone()
}

const said = ({ sentences }: TurnRecord): string => sentences.map(({ text }) => text).join(' ')

/** From the end of the question, the silence that ends it included. */
const silenceMs = ({ firstFrameAtMs, speechEndAtMs }: TurnRecord): number => (firstFrameAtMs ?? Infinity) - (speechEndAtMs ?? 0)

// Most of the time is spent speaking at the pace of speech.
describe('a dead network', { concurrency: true }, () => {
  test('when every service is gone, all devices hear so at once, and are answered again when they are back', options, async t => {
    const { gate, devices } = await start(t)
    for (const turn of await Promise.all(devices.map(ask))) assert.equal(said(turn), 'It is four, says the service.')
    await gate.shut()
    for (const turn of await Promise.all(devices.map(ask))) {
      assert.equal(said(turn), APOLOGY)
      assert.ok(silenceMs(turn) < MOST_SILENCE_MS, `${silenceMs(turn)} ms of silence`)
    }
    await gate.open()
    for (const turn of await Promise.all(devices.map(ask))) assert.equal(said(turn), 'It is four, says the service.')
  })

  test('with fallbacks on this machine, a dead network is answered for', options, async t => {
    const { gate, devices, server } = await start(t, '--asr.provider', 'moonshine', '--llm.fallback', 'offline', '--tts.fallback', 'local')
    const [device] = devices
    await gate.shut()
    const offline = await ask(device!)
    assert.notEqual(said(offline), APOLOGY)
    assert.ok(offline.frames.count > 10 && silenceMs(offline) < MOST_SILENCE_MS, `${silenceMs(offline)} ms of silence`)
    const [first] = server.lines.filter(({ msg }) => msg === 'a provider failed, and the next one is asked')
    assert.equal(first?.['failed'], 'llm/openai')
    assert.equal(first['next'], 'llm/offline')
    await gate.open()
    assert.equal(said(await ask(device!)), 'It is four, says the service.')
  })
})
