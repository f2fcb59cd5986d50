import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { OpenAiTts, type OpenAiTtsOptions } from '../../../src/providers/tts/openai.js'
import type { PcmChunk } from '../../../src/providers/types.js'
import { FakeOpenAi, pcmRamp, type Speech } from '../../support/fake-openai.js'
import { ttsConformance, type TtsRig } from '../tts-conformance.js'
import { wavOf } from './wav-of.js'

async function start (t: TestContext, options: Partial<OpenAiTtsOptions> = {}): Promise<{ fake: FakeOpenAi, tts: OpenAiTts }> {
  const fake = await FakeOpenAi.start(t)
  const tts = new OpenAiTts({ baseUrl: fake.baseUrl, apiKey: fake.apiKey, model: 'tts-1', voice: 'nova', ...options })
  t.after(() => tts.close())
  return { fake, tts }
}

async function speak (tts: OpenAiTts): Promise<PcmChunk[]> {
  const chunks: PcmChunk[] = []
  for await (const chunk of tts.synthesise({ text: 'Hello.', language: 'en', signal: new AbortController().signal })) chunks.push(chunk)
  return chunks
}

async function speakAnswer (t: TestContext, speech: Speech): Promise<PcmChunk[]> {
  const { fake, tts } = await start(t)
  fake.speech = () => speech
  return await speak(tts)
}

async function makeRig (t: TestContext): Promise<TtsRig> {
  const { fake, tts } = await start(t)
  return {
    tts,
    sampleRateHz: 24_000,
    answer (samples) { fake.speech = () => ({ contentType: 'audio/pcm', chunks: [pcmRamp(0, samples)] }) },
    fail (fault) { fake.fail(fault) },
    nextRequest: () => fake.nextRequest(),
    countRequests: () => fake.requests.length
  }
}

test('an OpenAI-compatible voice conforms', t => ttsConformance(t, makeRig))

test('the sentence, the voice and the speed arrive, and a strict server takes them', async t => {
  const { fake, tts } = await start(t, { speed: 1.2 })
  await speak(tts)
  assert.deepEqual(fake.requests[0]!.body, { model: 'tts-1', voice: 'nova', input: 'Hello.', response_format: 'pcm', speed: 1.2 })
})

test('raw PCM has the rate that was configured, or that the server states', async t => {
  const { fake, tts } = await start(t, { sampleRateHz: 16_000 })
  assert.equal((await speak(tts))[0]!.sampleRateHz, 16_000)
  fake.speech = () => ({ contentType: 'audio/pcm;rate=22050', chunks: [pcmRamp(0, 10)] })
  assert.equal((await speak(tts))[0]!.sampleRateHz, 22_050)
})

test('a WAV file has the rate of its header, whatever it is called', async t => {
  for (const contentType of ['audio/wav', 'application/octet-stream']) {
    const chunks = await speakAnswer(t, { contentType, chunks: [wavOf({ sampleRateHz: 16_000, samples: 300 })] })
    assert.deepEqual(chunks.flatMap(chunk => [...chunk.samples]), Array.from({ length: 300 }, (_, index) => index))
    assert.ok(chunks.every(chunk => chunk.sampleRateHz === 16_000))
  }
})

test('a stereo WAV file is rubbish', async t => {
  await assert.rejects(speakAnswer(t, { contentType: 'audio/wav', chunks: [wavOf({ sampleRateHz: 16_000, samples: 300, channels: 2 })] }),
    { code: 'CHORUS_PROVIDER_RUBBISH', message: /2 channels/ })
})
