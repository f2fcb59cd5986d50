import assert from 'node:assert/strict'
import { createServer, type AddressInfo } from 'node:net'
import { describe, test, type TestContext } from 'node:test'
import { SimulatedDevice } from '../../tools/simulator/simulated-device.js'
import type { TurnRecord } from '../../tools/simulator/types.js'
import { ChorusServer } from '../support/chorus-server.js'
import { FakeOpenAi, pcmRamp, type WireFault } from '../support/fake-openai.js'
import { loadTranscriber } from '../support/transcribe.js'
import { countWordErrors } from '../support/word-error-rate.js'

const APOLOGY = 'Sorry, something went wrong. Please try again.'
const PATIENCE = ['--llm.firstTokenTimeoutMs', '700', '--llm.stallTimeoutMs', '700', '--tts.firstAudioTimeoutMs', '700', '--tts.stallTimeoutMs', '700']

const faults: readonly (readonly [string, WireFault])[] = [
  ['hangs before its headers', { kind: 'hang-before-headers' }],
  ['hangs in the middle', { kind: 'hang-mid-stream', after: 1 }],
  ['dies before its headers', { kind: 'die-before-headers' }],
  ['dies in the middle', { kind: 'die-mid-stream', after: 1 }],
  ['answers 500', { kind: 'status', status: 500 }],
  ['answers 429', { kind: 'status', status: 429 }],
  ['answers with a web page', { kind: 'rubbish', contentType: 'text/html', body: '<html><body>It works!</body></html>' }],
  ['answers with JSON that is none', { kind: 'rubbish', contentType: 'application/json', body: '{"oh' }]
]

// Most of the time is spent listening to apologies, so they are listened to side by side.
describe('faults', { concurrency: true }, () => {
  test('a language model that fails is apologised for, and the next turn works', async t => {
    const vendor = await FakeOpenAi.start(t)
    vendor.chat = () => ['It is ', 'fine. ', 'Yes.']
    const server = await ChorusServer.start(t, {
      args: ['--llm.provider', 'openai', '--llm.openai.model', 'fake', ...PATIENCE],
      env: { OPENAI_BASE_URL: vendor.baseUrl, OPENAI_API_KEY: vendor.apiKey, CHORUS_TTS_PROVIDER: 'flite' }
    })
    await checkFaults(t, server, vendor, [...faults, ['sends broken JSON in the stream', { kind: 'broken-json', after: 1 }]])
  })

  test('a voice that fails is apologised for, and the next turn works', async t => {
    const vendor = await FakeOpenAi.start(t)
    vendor.speech = () => ({ contentType: 'audio/pcm', chunks: Array.from({ length: 8 }, (_, chunk) => pcmRamp(chunk * 100, 2400)) })
    const server = await ChorusServer.start(t, {
      args: ['--llm.provider', 'offline', '--tts.provider', 'openai', '--tts.openai.baseUrl', vendor.baseUrl, ...PATIENCE],
      env: { CHORUS_TTS_OPENAI_API_KEY: vendor.apiKey }
    })
    await checkFaults(t, server, vendor, faults)
  })

  test('without a service at the address the device hears the apology', async t => {
    const transcribe = await loadTranscriber()
    const server = await ChorusServer.start(t, {
      args: ['--llm.provider', 'openai', '--llm.openai.model', 'none', '--llm.openai.baseUrl', await addressOfNobody(), ...PATIENCE]
    })
    const device = new SimulatedDevice({ url: server.url, profile: { mic: 'off' } })
    t.after(() => { device.close() })
    const turn = await ask(device)
    const heard = transcribe(turn.played, turn.sampleRate)
    assert.ok(countWordErrors(APOLOGY, heard).rate <= 0.3, `heard "${heard}"`)
  })
})

/** A port that was free a moment ago: connections are refused. */
async function addressOfNobody (): Promise<string> {
  const server = createServer()
  await new Promise<void>(resolve => { server.listen(0, '127.0.0.1', resolve) })
  const { port } = server.address() as AddressInfo
  await new Promise<void>(resolve => { server.close(() => { resolve() }) })
  return `http://127.0.0.1:${port}/v1`
}

async function checkFaults (t: TestContext, server: ChorusServer, vendor: FakeOpenAi, list: typeof faults): Promise<void> {
  const device = new SimulatedDevice({ url: server.url, profile: { mic: 'off' } })
  t.after(() => { device.close() })
  for (const [name, fault] of list) {
    vendor.fail(fault)
    const failed = await ask(device)
    assert.equal(failed.sentences.at(-1)?.text, APOLOGY, `it ${name}`)
    assert.equal(countStops(failed), 1, `it ${name}`)
    assert.ok(failed.playedFrames * failed.frameMs > 2000, `it ${name}: ${failed.playedFrames} frames were heard`)
    const next = await ask(device)
    assert.notEqual(next.sentences.at(-1)?.text, APOLOGY, `the turn after it ${name}`)
    assert.ok(next.playedFrames > 5, `the turn after it ${name}`)
  }
  assert.deepEqual(server.lines.filter(line => line.level === 'error'), [])
}

async function ask (device: SimulatedDevice): Promise<TurnRecord> {
  await device.sendText('Repeat this is a test')
  return await device.turnDone()
}

function countStops (turn: TurnRecord): number {
  return turn.messages.filter(({ direction, message }) => direction === 'in' && message?.['type'] === 'tts' && message['state'] === 'stop').length
}
