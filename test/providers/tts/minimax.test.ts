import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { MiniMaxTts, type MiniMaxOptions } from '../../../src/providers/tts/minimax.js'
import type { VendorAnswer, VendorRequest } from '../../support/fake-vendor.js'
import { ttsConformance, type Traits } from '../tts-conformance.js'
import { startHttpVoice, type HttpRig } from './http-rig.js'
import { piecesOfPcm, speak } from './socket-rig.js'

const options: MiniMaxOptions = {
  url: '', groupId: '42', apiKey: 'geheim', model: 'speech-01-turbo', voice: 'female-shaonv', mixedVoices: [], pronunciations: [],
  sampleRateHz: 24_000, speed: 1.1, volume: 1, pitch: -2, emotion: ''
}

const traits: Traits = {
  rubbish: [
    { kind: 'rubbish', contentType: 'text/html', body: '<html>Sign in</html>' },
    { kind: 'rubbish', contentType: 'application/json', body: '{"base_resp":{"status_code":0,"status_msg":"success"}}' },
    { kind: 'rubbish', contentType: 'text/event-stream', body: 'data: hello\n\n' },
    { kind: 'rubbish', contentType: 'text/event-stream', body: 'data: {"data":{"audio":"0g","status":1}}\n\n' },
    { kind: 'rubbish', contentType: 'text/event-stream', body: '' }
  ]
}

function event (audio: string, status: number): string {
  return `data: ${JSON.stringify({ data: { audio, status, ced: '' }, trace_id: 't', base_resp: { status_code: 0, status_msg: '' } })}\n\n`
}

function answerOf (samples: number): VendorAnswer {
  const pieces = piecesOfPcm(samples)
  const all = event(Buffer.concat(pieces).toString('hex'), 2)
  return { contentType: 'text/event-stream', parts: [...pieces.map(piece => event(piece.toString('hex'), 1)), all] }
}

async function start (t: TestContext, more: Partial<MiniMaxOptions> = {}): Promise<HttpRig & { readonly requests: unknown[] }> {
  const requests: unknown[] = []
  const check = ({ method, path, headers, body }: VendorRequest): void => {
    assert.deepEqual([method, path, headers['content-type'], headers.authorization], ['POST', '/v1/t2a_v2', 'application/json', 'Bearer geheim'])
    requests.push(JSON.parse(body.toString()))
  }
  const rig = await startHttpVoice(t, { check, answerOf }, url => new MiniMaxTts({ ...options, ...more, url: `${url}/v1/t2a_v2` }))
  return { ...rig, requests }
}

test('MiniMax conforms', t => ttsConformance(t, start, traits))

test('the request is the one of the documents; the language is named, or left to the service', async t => {
  const { tts, requests, fake } = await start(t)
  for (const language of ['zh', 'xx']) await speak(tts, { text: 'Hi.', language })
  const request = (languageBoost: string): object => ({
    model: 'speech-01-turbo',
    text: 'Hi.',
    stream: true,
    stream_options: { exclude_aggregated_audio: true },
    language_boost: languageBoost,
    voice_setting: { voice_id: 'female-shaonv', speed: 1.1, vol: 1, pitch: -2 },
    audio_setting: { sample_rate: 24_000, format: 'pcm', channel: 1 }
  })
  assert.deepEqual(requests, [request('Chinese'), request('auto')])
  assert.deepEqual(fake.requests.map(({ query }) => query.toString()), ['GroupId=42', 'GroupId=42'])
  assert.deepEqual(fake.complaints, [])
})

test('a feeling is sent if there is one, and a group if there is one', async t => {
  const { tts, requests, fake } = await start(t, { emotion: 'happy', groupId: '' })
  await speak(tts)
  const { voice_setting: voice } = requests[0] as { voice_setting: object }
  assert.deepEqual([voice, fake.requests[0]!.query.size], [{ voice_id: 'female-shaonv', speed: 1.1, vol: 1, pitch: -2, emotion: 'happy' }, 0])
})

test('mixed voices and pronunciations are sent as the service writes them', async t => {
  const { tts, requests } = await start(t, { mixedVoices: ['one|30', 'two|70'], pronunciations: ['处理/(chu3)(li3)'] })
  await speak(tts)
  const { timbre_weights: weights, pronunciation_dict: dictionary, voice_setting: voice } = requests[0] as Readonly<Record<string, object>>
  assert.deepEqual(weights, [{ voice_id: 'one', weight: 30 }, { voice_id: 'two', weight: 70 }])
  assert.deepEqual(dictionary, { tone: ['处理/(chu3)(li3)'] })
  assert.deepEqual(voice, { voice_id: '', speed: 1.1, vol: 1, pitch: -2 })
})

test('an error is told with the code of the service, before the sound and in the middle of it', async t => {
  const { tts, reply } = await start(t)
  const failure = '{"base_resp":{"status_code":1004,"status_msg":"login fail: geheim"}}'
  const wanted = { code: 'CHORUS_PROVIDER_REFUSED', args: ['tts/minimax', 1004, 'login fail: ***'] }
  reply({ contentType: 'application/json; charset=utf-8', parts: [failure] })
  await assert.rejects(speak(tts), wanted)
  reply({ contentType: 'text/event-stream', parts: [event('0000', 1), `data: ${failure}\n\n`] })
  await assert.rejects(speak(tts), wanted)
})
