import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { DashScopeProtocol, type DashScopeOptions } from '../../../src/providers/tts/dashscope.js'
import { Complaint, type ScriptedSocket, type VendorRequest } from '../../support/fake-vendor.js'
import { ttsConformance } from '../tts-conformance.js'
import { socketTraits, speak, startVoice, type VoiceRig } from './socket-rig.js'

const options: DashScopeOptions = {
  url: '', apiKey: 'sk-geheim', model: 'cosyvoice-v2', voice: 'longxiaochun_v2', sampleRateHz: 24_000, volume: 50, rate: 1.1, pitch: 0.9
}

interface Order { readonly header: Readonly<Record<string, unknown>>, readonly payload: Readonly<Record<string, unknown>> }

/** What was asked for in the sessions so far. */
interface Log { readonly tasks: Array<Readonly<Record<string, unknown>>>, readonly texts: string[][] }

function handshake ({ headers }: VendorRequest): void {
  if (headers.authorization !== 'bearer sk-geheim') throw new Complaint(401, 'Invalid API-key provided.')
  if (headers['x-dashscope-datainspection'] !== 'enable') throw new Complaint(400, 'no X-DashScope-DataInspection')
}

async function order (socket: ScriptedSocket, taskId: unknown): Promise<Order> {
  const message = await socket.nextJson() as unknown as Order
  assert.deepEqual(Object.keys(message).sort(), ['header', 'payload'])
  assert.deepEqual(message.header, { action: message.header['action'], task_id: taskId ?? message.header['task_id'], streaming: 'duplex' })
  assert.match(String(message.header['task_id']), /^[0-9a-f-]{36}$/)
  return message
}

function event (taskId: unknown, name: string, more: object = {}): string {
  return JSON.stringify({ header: { task_id: taskId, event: name, attributes: {}, ...more }, payload: {} })
}

async function session (socket: ScriptedSocket, sound: readonly Buffer[], log: Log, failure?: object): Promise<void> {
  const { header, payload } = await order(socket, undefined)
  assert.equal(header['action'], 'run-task')
  log.tasks.push(payload)
  const id = header['task_id']
  if (failure !== undefined) {
    await socket.send(event(id, 'task-failed', failure))
    return
  }
  await socket.send(event(id, 'task-started'))
  const texts: string[] = []
  log.texts.push(texts)
  for (;;) {
    const { header, payload } = await order(socket, id)
    const input = payload['input'] as Readonly<Record<string, unknown>>
    if (header['action'] === 'finish-task') { assert.deepEqual(payload, { input: {} }); break }
    assert.deepEqual([header['action'], Object.keys(payload), Object.keys(input)], ['continue-task', ['input'], ['text']])
    texts.push(String(input['text']))
  }
  for (const [index, piece] of sound.entries()) {
    await socket.send(piece)
    if (index === 0) await socket.send(event(id, 'result-generated'))
  }
  await socket.send(event(id, 'task-finished'))
}

interface Started extends VoiceRig, Log { readonly protocol: DashScopeProtocol }

async function start (t: TestContext, more: Partial<DashScopeOptions> = {}, failure?: object): Promise<Started> {
  const log: Log = { tasks: [], texts: [] }
  let protocol: DashScopeProtocol
  const rig = await startVoice(t, { handshake, session: (socket, sound) => session(socket, sound, log, failure), prelude: 1 }, url => {
    protocol = new DashScopeProtocol({ ...options, ...more, url })
    return protocol
  })
  return { ...rig, ...log, protocol: protocol! }
}

test('CosyVoice conforms', t => ttsConformance(t, start, socketTraits))

test('a task asks for PCM of the voice, and says nothing that the service does not know', async t => {
  const { tts, tasks, texts, fake } = await start(t)
  await speak(tts, { text: 'Guten Tag.', language: 'de' })
  assert.deepEqual(tasks, [{
    task_group: 'audio',
    task: 'tts',
    function: 'SpeechSynthesizer',
    model: 'cosyvoice-v2',
    parameters: { text_type: 'PlainText', voice: 'longxiaochun_v2', format: 'pcm', sample_rate: 24_000, volume: 50, rate: 1.1, pitch: 0.9 },
    input: {}
  }])
  assert.deepEqual([texts, fake.complaints], [[['Guten Tag.']], []])
})

test('a model of the third generation is told the language, if it is one of its own', async t => {
  const { tts, tasks } = await start(t, { model: 'cosyvoice-v3-flash' })
  for (const language of ['ja', 'fi']) await speak(tts, { language })
  assert.deepEqual(tasks.map(task => (task['parameters'] as Readonly<Record<string, unknown>>)['language_hints']), [['ja'], undefined])
})

test('a session takes text as it comes', async t => {
  const { protocol, texts } = await start(t)
  const controller = new AbortController()
  t.after(() => { controller.abort() })
  const said = await protocol.begin(await protocol.open(controller.signal), 'en')
  for (const delta of ['He', 'llo, ', 'world.']) said.say(delta)
  said.finish()
  let samples = 0
  for await (const chunk of said.chunks()) samples += chunk.samples.length
  assert.deepEqual([samples, texts], [1500, [['He', 'llo, ', 'world.']]])
})

test('what the service refuses is told in its words, without the key', async t => {
  const { tts } = await start(t, {}, { error_code: 'InvalidParameter', error_message: 'no such voice for sk-geheim' })
  await assert.rejects(speak(tts), { code: 'CHORUS_PROVIDER_REFUSED', args: ['tts/dashscope', 400, 'InvalidParameter: no such voice for ***'] })
})
