import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { AliyunFlowingProtocol, type AliyunFlowingOptions } from '../../../src/providers/tts/aliyun-flowing.js'
import { Complaint, type ScriptedSocket, type VendorRequest } from '../../support/fake-vendor.js'
import { ttsConformance } from '../tts-conformance.js'
import { startTokens } from './aliyun-tokens.js'
import { socketTraits, speak, startVoice, type VoiceRig } from './socket-rig.js'

const options: AliyunFlowingOptions = {
  url: '', appKey: 'app-geheim', token: 'let-me-in', accessKeyId: 'id', accessKeySecret: 'secret', tokenUrl: 'http://127.0.0.1:9/', tokenRefreshMs: 60_000,
  voice: 'longxiaochun', sampleRateHz: 24_000, volume: 50, speechRate: -100, pitchRate: 20
}

interface Order { readonly header: Readonly<Record<string, unknown>>, readonly payload?: Readonly<Record<string, unknown>> }
interface Log { readonly starts: Array<Order['payload']>, readonly texts: string[][] }

const hex = /^[0-9a-f]{32}$/

/** @param valid the tokens that are good */
function handshakeFor (valid: readonly string[]) {
  return ({ path, headers }: VendorRequest): void => {
    assert.equal(path, '/ws/v1')
    if (!valid.includes(String(headers['x-nls-token']))) throw new Complaint(403, `The token '${String(headers['x-nls-token'])}' is invalid!`)
  }
}

async function order (socket: ScriptedSocket, name: string | undefined, taskId?: unknown): Promise<Order> {
  const message = await socket.nextJson() as unknown as Order
  const { message_id: id, task_id: task, name: said, ...rest } = message.header
  assert.deepEqual(rest, { namespace: 'FlowingSpeechSynthesizer', appkey: 'app-geheim' })
  assert.match(String(id), hex)
  assert.match(String(task), hex)
  if (taskId !== undefined) assert.equal(task, taskId)
  if (name !== undefined) assert.equal(said, name)
  return message
}

function event (task: unknown, name: string, more: object = {}): string {
  return JSON.stringify({
    header: { message_id: 'x', task_id: task, namespace: 'FlowingSpeechSynthesizer', name, status: 20_000_000, status_text: 'Gateway:SUCCESS:Success.', ...more }
  })
}

async function session (socket: ScriptedSocket, sound: readonly Buffer[], log: Log, failure?: object): Promise<void> {
  const { header, payload } = await order(socket, 'StartSynthesis')
  const task = header['task_id']
  log.starts.push(payload)
  if (failure !== undefined) {
    await socket.send(event(task, 'TaskFailed', failure))
    return
  }
  await socket.send(event(task, 'SynthesisStarted'))
  const texts: string[] = []
  log.texts.push(texts)
  for (;;) {
    const { header, payload } = await order(socket, undefined, task)
    if (header['name'] === 'StopSynthesis') { assert.equal(payload, undefined); break }
    assert.deepEqual([header['name'], Object.keys(payload!)], ['RunSynthesis', ['text']])
    texts.push(String(payload!['text']))
  }
  for (const [index, piece] of sound.entries()) {
    await socket.send(piece)
    if (index === 0) await socket.send(event(task, 'SentenceBegin'))
  }
  await socket.send(event(task, 'SynthesisCompleted'))
}

interface Started extends VoiceRig, Log { readonly protocol: AliyunFlowingProtocol }

async function start (t: TestContext, more: Partial<AliyunFlowingOptions> = {}, valid = ['let-me-in'], failure?: object): Promise<Started> {
  const log: Log = { starts: [], texts: [] }
  let protocol: AliyunFlowingProtocol
  const speaks = (socket: ScriptedSocket, sound: readonly Buffer[]): Promise<void> => session(socket, sound, log, failure)
  const rig = await startVoice(t, { handshake: handshakeFor(valid), session: speaks, prelude: 1 }, url => {
    protocol = new AliyunFlowingProtocol({ ...options, ...more, url: `${url}/ws/v1` })
    return protocol
  })
  return { ...rig, ...log, protocol: protocol! }
}

test('Aliyun\'s flowing synthesis conforms', t => ttsConformance(t, start, socketTraits))

test('a task asks for PCM of the voice, and says nothing that the service does not know', async t => {
  const { tts, starts, texts, fake } = await start(t)
  await speak(tts, { text: '你好。', language: 'zh' })
  assert.deepEqual(starts, [{
    format: 'pcm', voice: 'longxiaochun', sample_rate: 24_000, volume: 50, speech_rate: -100, pitch_rate: 20, enable_subtitle: false
  }])
  assert.deepEqual([texts, fake.complaints], [[['你好。']], []])
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

test('a task that failed is told in the words of the service, without what lets us in', async t => {
  const { tts } = await start(t, {}, undefined, { status: 41_020_001, status_text: 'no voice for app-geheim, let-me-in' })
  await assert.rejects(speak(tts), { code: 'CHORUS_PROVIDER_REFUSED', args: ['tts/aliyunFlowing', 41_020_001, 'no voice for ***, ***'] })
})

test('a token that the service does not take any more is replaced, and the sentence is spoken', async t => {
  const tokens = await startTokens(t)
  const valid = ['made-1']
  const { tts, fake } = await start(t, { token: '', tokenUrl: `${tokens.url}/` }, valid)
  await speak(tts)
  valid[0] = 'made-2'
  await Promise.all([speak(tts), speak(tts)]) // one of them needs a connection of its own
  assert.deepEqual(fake.requests.map(({ headers }) => headers['x-nls-token']), ['made-1', 'made-1', 'made-2'])
})

test('a new token that the service does not take is not replaced, and not quoted', async t => {
  const tokens = await startTokens(t)
  const { tts } = await start(t, { token: '', tokenUrl: `${tokens.url}/` }, [])
  await assert.rejects(speak(tts), { code: 'CHORUS_PROVIDER_REFUSED', args: ['tts/aliyunFlowing', 403, 'The token \'***\' is invalid!'] })
  assert.equal(tokens.requests.length, 1)
})

test('a task that failed for its token has the next sentence made with a new one', async t => {
  const tokens = await startTokens(t)
  const { tts } = await start(t, { token: '', tokenUrl: `${tokens.url}/` }, ['made-1', 'made-2'], { status: 40_000_001, status_text: 'ACCESS_DENIED' })
  await assert.rejects(speak(tts), { args: ['tts/aliyunFlowing', 40_000_001, 'ACCESS_DENIED'] })
  await assert.rejects(speak(tts))
  assert.equal(tokens.requests.length, 2)
})
