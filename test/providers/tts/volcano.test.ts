import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { VolcanoProtocol, type VolcanoOptions } from '../../../src/providers/tts/volcano.js'
import { Complaint, type ScriptedSocket, type VendorRequest } from '../../support/fake-vendor.js'
import { ttsConformance } from '../tts-conformance.js'
import { socketTraits, speak, startVoice, type VoiceRig } from './socket-rig.js'

const options: VolcanoOptions = {
  url: '', appId: '123', accessToken: 'geheim', resourceId: 'volc.service_type.10029', voice: 'zh_female', mixedVoices: [], model: '',
  sampleRateHz: 24_000, speechRate: 0, loudnessRate: 0, pitch: 0, emotion: '', cache: false
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

interface Log { readonly parameters: unknown[], readonly texts: string[][] }
interface Event { readonly event: number, readonly id: string, readonly json: Readonly<Record<string, unknown>> }

function handshake ({ path, headers }: VendorRequest): void {
  assert.equal(path, '/api/v3/tts/bidirection')
  if (headers['x-api-access-key'] !== 'geheim') throw new Complaint(401, 'grant not found')
  assert.deepEqual([headers['x-api-app-key'], headers['x-api-resource-id']], ['123', 'volc.service_type.10029'])
  assert.match(String(headers['x-api-connect-id']), uuid)
}

/** As the documents draw it, byte by byte. */
function readEvent (message: string | Buffer): Event {
  if (typeof message === 'string') throw new Complaint(400, 'a message of text')
  assert.deepEqual([...message.subarray(0, 4)], [0b0001_0001, 0b0001_0100, 0b0001_0000, 0])
  const event = message.readInt32BE(4)
  let at = 8
  let id = ''
  if (event >= 100) {
    const length = message.readUInt32BE(at)
    id = message.toString('utf8', at + 4, at + 4 + length)
    at += 4 + length
  }
  const size = message.readUInt32BE(at)
  assert.equal(message.length, at + 4 + size)
  return { event, id, json: JSON.parse(message.toString('utf8', at + 4)) as Event['json'] }
}

function answer (kind: 0b1001 | 0b1011, event: number, id: string, payload: Buffer | object): Buffer {
  const body = Buffer.isBuffer(payload) ? payload : Buffer.from(JSON.stringify(payload))
  const head = Buffer.from([0x11, kind << 4 | 0b0100, kind === 0b1011 ? 0 : 0x10, 0])
  return Buffer.concat([head, int32(event), int32(id.length), Buffer.from(id), int32(body.length), body])
}

function int32 (value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}

async function greet (socket: ScriptedSocket): Promise<void> {
  assert.deepEqual(readEvent(await socket.next()), { event: 1, id: '', json: {} })
  await socket.send(answer(0b1001, 50, 'connection', {}))
}

async function session (socket: ScriptedSocket, sound: readonly Buffer[], log: Log, failure?: (id: string) => Buffer): Promise<void> {
  const { event, id, json } = readEvent(await socket.next())
  assert.equal(event, 100)
  assert.match(id, uuid)
  const { req_params: parameters, ...rest } = json
  assert.deepEqual(rest, { user: { uid: id }, event: 100, namespace: 'BidirectionalTTS' })
  log.parameters.push(parameters)
  if (failure !== undefined) {
    await socket.send(failure(id))
    return
  }
  await socket.send(answer(0b1001, 150, id, {}))
  const texts: string[] = []
  log.texts.push(texts)
  for (;;) {
    const next = readEvent(await socket.next())
    assert.equal(next.id, id)
    if (next.event === 102) { assert.deepEqual(next.json, {}); break }
    const { text } = next.json['req_params'] as { text: string }
    assert.deepEqual(next, { event: 200, id, json: { user: { uid: id }, event: 200, namespace: 'BidirectionalTTS', req_params: { text } } })
    texts.push(text)
  }
  for (const [index, piece] of sound.entries()) {
    await socket.send(answer(0b1011, 352, id, piece))
    if (index === 0) await socket.send(answer(0b1001, 350, id, { text: '…' }))
  }
  await socket.send(answer(0b1001, 351, id, {}))
  await socket.send(answer(0b1001, 152, id, { status_code: 20_000_000, message: 'ok' }))
}

interface Started extends VoiceRig, Log { readonly protocol: VolcanoProtocol }

async function start (t: TestContext, more: Partial<VolcanoOptions> = {}, failure?: (id: string) => Buffer): Promise<Started> {
  const log: Log = { parameters: [], texts: [] }
  let protocol: VolcanoProtocol
  const speaks = (socket: ScriptedSocket, sound: readonly Buffer[]): Promise<void> => session(socket, sound, log, failure)
  const rig = await startVoice(t, { handshake, greet, session: speaks, prelude: 2 }, url => {
    protocol = new VolcanoProtocol({ ...options, ...more, url: `${url}/api/v3/tts/bidirection` })
    return protocol
  })
  return { ...rig, ...log, protocol: protocol! }
}

test('Volcano\'s bidirectional stream conforms', t => ttsConformance(t, start, {
  ...socketTraits, rubbish: ['<html>Sign in</html>', '', '{}'].map(body => ({ kind: 'rubbish', contentType: '', body }))
}))

test('a session asks for PCM of the voice, and says nothing that need not be said', async t => {
  const { tts, parameters, texts, fake } = await start(t)
  await speak(tts, { text: '你好。', language: 'zh' })
  assert.deepEqual(parameters, [{
    speaker: 'zh_female',
    audio_params: { format: 'pcm', sample_rate: 24_000, speech_rate: 0, loudness_rate: 0 },
    additions: '{}'
  }])
  assert.deepEqual([texts, fake.complaints], [[['你好。']], []])
})

test('pitch, emotion and a language that must be named are sent where the service looks for them', async t => {
  const { tts, parameters } = await start(t, { pitch: -3, emotion: 'happy', speechRate: 10, loudnessRate: -5 })
  await speak(tts, { language: 'es' })
  assert.deepEqual(parameters, [{
    speaker: 'zh_female',
    audio_params: { format: 'pcm', sample_rate: 24_000, speech_rate: 10, loudness_rate: -5, emotion: 'happy' },
    additions: '{"post_process":{"pitch":-3},"explicit_language":"es-mx"}'
  }])
})

test('mixed voices, a model and the cache are asked for as the documents say', async t => {
  const { tts, parameters } = await start(t, { mixedVoices: ['one|0.3', 'two|0.7'], model: 'seed-tts-1.1', cache: true })
  await speak(tts)
  assert.deepEqual(parameters, [{
    model: 'seed-tts-1.1',
    speaker: 'custom_mix_bigtts',
    mix_speaker: { speakers: [{ source_speaker: 'one', mix_factor: 0.3 }, { source_speaker: 'two', mix_factor: 0.7 }] },
    audio_params: { format: 'pcm', sample_rate: 24_000, speech_rate: 0, loudness_rate: 0 },
    additions: '{"cache_config":{"text_type":1,"use_cache":true}}'
  }])
})

test('a session takes text as it comes', async t => {
  const { protocol, texts } = await start(t)
  const controller = new AbortController()
  t.after(() => { controller.abort() })
  const said = await protocol.begin(await protocol.open(controller.signal), 'en')
  for (const delta of ['He', 'llo.']) said.say(delta)
  said.finish()
  let samples = 0
  for await (const chunk of said.chunks()) samples += chunk.samples.length
  assert.deepEqual([samples, texts], [1500, [['He', 'llo.']]])
})

test('a session that failed is told in the words of the service, without the key', async t => {
  const { tts } = await start(t, {}, id => answer(0b1001, 153, id, { status_code: 45_000_000, message: 'speaker denied for geheim' }))
  await assert.rejects(speak(tts), { code: 'CHORUS_PROVIDER_REFUSED', args: ['tts/volcano', 45_000_000, 'speaker denied for ***'] })
})

test('a message of the kind error is told with its code', async t => {
  const said = Buffer.from('{"error":"quota exceeded for types: concurrency"}')
  const { tts } = await start(t, {}, () => Buffer.concat([Buffer.from([0x11, 0xf0, 0x10, 0]), int32(45_000_292), int32(said.length), said]))
  await assert.rejects(speak(tts), { args: ['tts/volcano', 45_000_292, 'quota exceeded for types: concurrency'] })
})

test('an error may come as text', async t => {
  const { tts, fail } = await start(t)
  fail({ kind: 'rubbish', contentType: '', body: '{"code":45000001,"message":"no geheim here"}' })
  await assert.rejects(speak(tts), { code: 'CHORUS_PROVIDER_REFUSED', args: ['tts/volcano', 45_000_001, 'no *** here'] })
})

test('a message that is cut off is rubbish', async t => {
  const { tts } = await start(t, {}, id => answer(0b1001, 150, id, { long: 'enough' }).subarray(0, -3))
  await assert.rejects(speak(tts), { code: 'CHORUS_PROVIDER_RUBBISH', message: /too short/ })
})
