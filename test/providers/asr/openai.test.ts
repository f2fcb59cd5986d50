import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { OpenAiAsr, type OpenAiAsrOptions } from '../../../src/providers/asr/openai.js'
import type { Transcript } from '../../../src/providers/types.js'
import { FakeOpenAi, type Transcription } from '../../support/fake-openai.js'
import type { UploadedFile } from '../../support/multipart.js'
import { asrConformance, type AsrRig, type AsrRigOptions } from '../asr-conformance.js'
import { wavOf } from '../tts/wav-of.js'

const { signal } = new AbortController()
const bytes = wavOf({ sampleRateHz: 16_000, samples: 2000 })

async function start (t: TestContext, options: Partial<OpenAiAsrOptions> = {}): Promise<{ fake: FakeOpenAi, asr: OpenAiAsr }> {
  const fake = await FakeOpenAi.start(t)
  const asr = new OpenAiAsr({ baseUrl: fake.baseUrl, apiKey: fake.apiKey, model: 'whisper-1', timeoutMs: 5000, maxAnswerBytes: 4096, ...options })
  t.after(() => asr.close())
  return { fake, asr }
}

async function makeRig (t: TestContext, options: AsrRigOptions = {}): Promise<AsrRig> {
  const { fake, asr } = await start(t, options)
  return {
    asr,
    answer (text) { fake.transcription = () => ({ chunks: [JSON.stringify({ text })] }) },
    fail (fault) { fake.fail(fault) },
    nextRequest: () => fake.nextRequest(),
    countRequests: () => fake.requests.filter(({ path }) => path !== '/v1/models').length
  }
}

async function transcriptFor (t: TestContext, transcription: Transcription): Promise<Transcript> {
  const { fake, asr } = await start(t)
  fake.transcription = () => transcription
  return await asr.recognise({ file: { format: 'wav', bytes }, language: '', signal })
}

test('an OpenAI-compatible recogniser conforms', t => asrConformance(t, makeRig))

test('a strict server takes the form, and the file arrives byte for byte', async t => {
  const { fake, asr } = await start(t)
  const { text } = await asr.recognise({ file: { format: 'wav', bytes }, language: '', signal })
  assert.equal(text, 'Hello world.')
  const { body, headers, path } = fake.requests[0]!
  assert.equal(path, '/v1/audio/transcriptions')
  assert.deepEqual(Object.keys(body), ['model', 'response_format', 'file'])
  assert.deepEqual([body['model'], body['response_format']], ['whisper-1', 'json'])
  const file = body['file'] as UploadedFile
  assert.deepEqual([file.name, file.type], ['speech.wav', 'audio/wav'])
  assert.deepEqual(file.bytes, Buffer.from(bytes))
  assert.equal(headers['transfer-encoding'], undefined)
})

test('the language is told where it is known, and an Ogg file has another name and type', async t => {
  const { fake, asr } = await start(t)
  const ogg = Buffer.from('OggS and more')
  await asr.recognise({ file: { format: 'opus', bytes: ogg }, language: 'zh', signal })
  const { language, file } = fake.requests[0]!.body
  assert.equal(language, 'zh')
  assert.deepEqual(file, { name: 'speech.ogg', type: 'audio/ogg', bytes: ogg })
})

test('speech that looks like the form itself arrives unharmed', async t => {
  const { fake, asr } = await start(t)
  const nasty = Buffer.concat([bytes, Buffer.from('\r\n--chorus\r\nContent-Disposition: form-data; name="model"\r\n\r\nx\r\n--')])
  await asr.recognise({ file: { format: 'wav', bytes: nasty }, language: '', signal })
  assert.deepEqual((fake.requests[0]!.body['file'] as UploadedFile).bytes, nasty)
})

test('text comes as JSON, as verbose JSON with a language, as bare text, and as JSON that is called text', async t => {
  const verbose = JSON.stringify({ task: 'transcribe', language: 'english', duration: 1.5, text: ' Hello. ', segments: [{ id: 0, text: 'Hello.' }] })
  assert.deepEqual(await transcriptFor(t, { chunks: ['{"text":" Hello. "}'] }), { text: 'Hello.', language: undefined })
  assert.deepEqual(await transcriptFor(t, { chunks: [verbose] }), { text: 'Hello.', language: 'english' })
  assert.deepEqual(await transcriptFor(t, { contentType: 'text/plain; charset=utf-8', chunks: ['Hello.\n'] }), { text: 'Hello.', language: undefined })
  assert.deepEqual(await transcriptFor(t, { contentType: 'text/plain', chunks: ['{"text":"Hello."}'] }), { text: 'Hello.', language: undefined })
})

test('a refusal is told in the words of the server, however it writes them, and without the key', async t => {
  const { fake, asr } = await start(t)
  const bodies = ['{"error":{"message":"no such model"}}', '{"error":"no such model"}', '{"message":"no such model"}', '{"detail":"no such model"}', 'no such model']
  for (const body of bodies) {
    fake.fail({ kind: 'status', status: 404, body })
    await assert.rejects(asr.recognise({ file: { format: 'wav', bytes }, language: '', signal }),
      { message: 'asr/openai answered with status 404: no such model' })
  }
  fake.fail({ kind: 'status', status: 401, body: `{"error":{"message":"wrong key ${fake.apiKey}"}}` })
  await assert.rejects(asr.recognise({ file: { format: 'wav', bytes }, language: '', signal }), { message: /wrong key \*\*\*$/ })
})

test('without a key none is sent, and headers and the path of the address arrive', async t => {
  const seen: unknown[] = []
  const server = createServer((request, response) => {
    seen.push([request.url, request.headers.authorization, request.headers['x-title']])
    request.resume().on('end', () => { response.end('{"text":"ok"}') })
  })
  await new Promise<void>(resolve => { server.listen(0, '127.0.0.1', resolve) })
  t.after(() => { server.closeAllConnections(); server.close() })
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/proxy/v1/`
  const { asr } = await start(t, { baseUrl, apiKey: '', headers: { 'x-title': 'Chorus' } })
  // Without a content type an answer is taken for what was asked for.
  assert.equal((await asr.recognise({ file: { format: 'wav', bytes }, language: '', signal })).text, 'ok')
  assert.deepEqual(seen, [['/proxy/v1/audio/transcriptions', undefined, 'Chorus']])
})

test('a service that is not there is a broken connection, told at once', async t => {
  const { asr } = await start(t, { baseUrl: 'http://127.0.0.1:1/v1' })
  await assert.rejects(asr.recognise({ file: { format: 'wav', bytes }, language: '', signal }), { code: 'CHORUS_PROVIDER_BROKEN', message: /ECONNREFUSED/ })
})
