import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { WebSocket } from 'ws'
import { SimulatedDevice } from '../../tools/simulator/simulated-device.js'
import type { JsonObject, TurnRecord } from '../../tools/simulator/types.js'
import { ChorusServer } from '../support/chorus-server.js'
import { FakeOpenAi, type ChatDelta } from '../support/fake-openai.js'

interface Ends { after (fn: () => void): void }

function makeDevice (t: Ends, url: string, tools: ConstructorParameters<typeof SimulatedDevice>[1] = []) {
  const device = new SimulatedDevice({ url, profile: { mic: 'off' } }, tools)
  t.after(() => { device.close() })
  const seen: string[] = []
  device.on('message', (message, direction) => { seen.push(summary(message, direction)) })
  const ask = async (text: string): Promise<string[]> => {
    seen.length = 0
    await device.sendText(text)
    await device.turnDone()
    return [...seen]
  }
  return { device, ask }
}

function summary (message: JsonObject, direction: 'in' | 'out'): string {
  const { type, state, text, payload } = message
  if (type !== 'mcp') return [type, state, text].filter(part => part !== undefined).join(' ')
  const { method, params } = payload as { readonly method?: string, readonly params?: object }
  return direction === 'out' ? 'reply' : `${method} ${JSON.stringify(params ?? {})}`
}

test('a device is asked for its tools, and a request in words changes it', { timeout: 60_000 }, async t => {
  const server = await ChorusServer.start(t)
  const { device, ask } = makeDevice(t, server.url)
  const seen = await ask('Set the volume to fifty.')
  assert.equal(device.mcp.volume, 50)
  const at = (start: string): number => {
    const index = seen.findIndex(entry => entry.startsWith(start))
    assert.ok(index >= 0, `no ${start} in ${seen.join(' | ')}`)
    return index
  }
  // Appendix B.3.
  const order = ['initialize', 'notifications/initialized', 'tools/list {}', '% self_audio', 'tools/call', 'tts sentence_start The volume is now fifty.', 'tts stop']
  const places = order.map(start => at(start.startsWith('%') ? `stt ${start}` : start))
  assert.deepEqual(places, [...places].sort((one, other) => one - other), seen.join(' | '))
  assert.ok(seen.includes('tools/call {"name":"self.audio_speaker.set_volume","arguments":{"volume":50}}'))
  await ask('A bit louder please.')
  assert.equal(device.mcp.volume, 60)
  await ask('把音量调到三十五')
  assert.equal(device.mcp.volume, 35)
})

/** A chunk in which the model calls a tool. */
function call (name: string, args: object): ChatDelta {
  const calls = [{ index: 0, id: `id_${name}`, type: 'function', function: { name, arguments: JSON.stringify(args) } }]
  return { choices: [{ index: 0, delta: { role: 'assistant', content: null, tool_calls: calls }, finish_reason: null }] }
}

async function startWithModel (t: TestContext, chat: FakeOpenAi['chat']): Promise<ChorusServer> {
  const fake = await FakeOpenAi.start(t)
  fake.chat = chat
  const llm = { CHORUS_LLM_PROVIDER: 'openai', CHORUS_LLM_OPENAI_BASE_URL: fake.baseUrl, CHORUS_LLM_OPENAI_API_KEY: fake.apiKey, CHORUS_LLM_OPENAI_MODEL: 'fake' }
  return await ChorusServer.start(t, { env: { ...llm, CHORUS_TTS_PROVIDER: 'flite' } })
}

interface Asked {
  readonly messages: readonly { readonly role: string, readonly content: string }[]
  readonly tools?: readonly { readonly function: { readonly name: string } }[]
}

test('a photo is taken after something was said, and what it shows is spoken as the device has it (§12.4)', { timeout: 60_000 }, async t => {
  const asked: Asked[] = []
  const server = await startWithModel(t, body => {
    asked.push(body as unknown as Asked)
    return [call('self_camera_take_photo', { question: 'What is this?', extra: null })]
  })
  // Three dozen more tools make a second page of the list.
  const more = Array.from({ length: 36 }, (_, index) => ({ name: `self.lamp${index}.turn_on`, description: 'd'.repeat(200), run: () => 'true' }))
  const { device, ask } = makeDevice(t, server.url, [...more, {
    name: 'self.camera.take_photo', description: 'Take a photo', strings: ['question'], run: () => '{"success":true,"action":"RESPONSE","response":"It is a red cup."}'
  }])
  const photo = new Promise<TurnRecord>(resolve => {
    device.on('message', (message, direction) => { if (direction === 'in' && JSON.stringify(message).includes('tools/call')) resolve({ ...device.currentTurn! }) })
  })
  const seen = await ask('What is this?')
  assert.deepEqual(asked.map(({ tools }) => tools?.length), [41])
  const spoken = ['tts start', 'tts sentence_start Let me take a look.', 'tools/call', 'tts sentence_start It is a red cup.', 'tts stop']
  const places = spoken.map(start => seen.findIndex(entry => entry.startsWith(start)))
  assert.ok(places.every((place, at) => place > (places[at - 1] ?? -1)), seen.join(' | '))
  assert.ok(seen.includes('tools/call {"name":"self.camera.take_photo","arguments":{"question":"What is this?"}}'))
  assert.ok((await photo).playedFrames + (await photo).sentences.length > 0)
  assert.ok(device.turns[0]!.lostBeforeSpeaking === 0)
})

/** A bare socket: what is on the wire, when the test wants it. */
async function connect (t: Ends, url: string, features: object) {
  const socket = new WebSocket(url)
  t.after(() => { socket.terminate() })
  const seen: JsonObject[] = []
  const waiting: { readonly wanted: string, readonly resolve: (message: JsonObject) => void }[] = []
  socket.on('message', (data: Buffer, isBinary) => {
    if (isBinary) return
    const message = JSON.parse(data.toString()) as JsonObject
    seen.push(message)
    for (const { wanted, resolve } of waiting) if (data.includes(wanted)) resolve(message)
  })
  await new Promise<void>((resolve, reject) => { socket.once('open', resolve).once('error', reject) })
  const send = (message: object): void => { socket.send(JSON.stringify({ session_id: '', ...message })) }
  send({ type: 'hello', version: 1, transport: 'websocket', features })
  return {
    seen,
    send,
    next: (wanted: string) => new Promise<JsonObject>(resolve => { waiting.push({ wanted, resolve }) }),
    reply: (request: JsonObject, result: object): void => {
      send({ type: 'mcp', payload: { jsonrpc: '2.0', id: (request['payload'] as JsonObject)['id'], result } })
    }
  }
}

test('an abort while a tool works: its late answer is told to nobody, and the next question is answered (T098)', { timeout: 60_000 }, async t => {
  const asked: Asked[] = []
  const server = await startWithModel(t, body => {
    const { messages } = body as unknown as Asked
    asked.push({ messages })
    return messages.at(-1)!.role === 'tool' ? [`It said ${messages.at(-1)!.content}.`] : [call('lamp', {})]
  })
  const { next, reply, send, seen } = await connect(t, server.url, { mcp: true })
  reply(await next('initialize'), {})
  reply(await next('tools/list'), { tools: [{ name: 'lamp' }] })
  send({ type: 'listen', state: 'detect', text: 'First question' })
  const first = await next('tools/call')
  const stopped = next('"stop"')
  send({ type: 'abort' })
  await stopped
  send({ type: 'listen', state: 'detect', text: 'Second question' })
  await next('tts')
  const second = next('tools/call')
  reply(first, { content: [{ type: 'text', text: 'one' }] })
  reply(await second, { content: [{ type: 'text', text: 'two' }] })
  await next('"stop"')
  assert.deepEqual(seen.flatMap(({ state, text }) => state === 'sentence_start' ? [text] : []), ['It said two.'])
  assert.deepEqual(asked.at(-1)!.messages.map(({ role, content }) => `${role} ${content}`).slice(1), [
    'user First question', 'assistant ', 'tool Error: interrupted', 'user Second question', 'assistant ', 'tool two'
  ])
})

test('older firmware: things are offered, commands reach them, and their states are in the prompt (MSG-11)', { timeout: 60_000 }, async t => {
  const asked: Asked[] = []
  const server = await startWithModel(t, body => {
    asked.push(body as unknown as Asked)
    return asked.length === 1 ? [call('speaker_setvolume', { volume: '30' })] : ['It is thirty now.']
  })
  const { next, send, seen } = await connect(t, server.url, {})
  const methods = { SetVolume: { description: 'Set it', parameters: { volume: { description: '0 to 100', type: 'number' } } } }
  send({ type: 'iot', update: true, descriptors: [{ name: 'Speaker', properties: { volume: { type: 'number' } }, methods }] })
  send({ type: 'iot', update: true, states: [{ name: 'Speaker', state: { volume: 60 } }] })
  send({ type: 'listen', state: 'detect', text: 'Volume thirty' })
  await next('"stop"')
  assert.ok(seen.every(({ type }) => type !== 'mcp')) // T102
  assert.deepEqual(seen.find(({ type }) => type === 'iot'), { type: 'iot', commands: [{ name: 'Speaker', method: 'SetVolume', parameters: { volume: 30 } }] })
  assert.match(asked[0]!.messages[0]!.content, /The device reports: Speaker: volume 60\.$/)
  assert.deepEqual(asked[0]!.tools!.map(({ function: { name } }) => name), ['get_speaker_volume', 'speaker_setvolume'])
  assert.ok(seen.some(({ text }) => text === '% speaker_setvolume'))
})

test('a device is told where its pictures go, and what it sends there is explained (T118, T119)', { timeout: 60_000 }, async t => {
  const fake = await FakeOpenAi.start(t)
  fake.chat = () => ['A red cup.']
  const vision = ['--vision.openai.baseUrl', fake.baseUrl, '--vision.openai.apiKey', fake.apiKey, '--vision.openai.model', 'sees']
  const server = await ChorusServer.start(t, { args: [...vision, '--gateway.publicHost', '127.0.0.1'] })
  const { next } = await connect(t, `${server.url}?device-id=02:00:00:00:00:08&client-id=c`, { mcp: true })
  const { params } = (await next('initialize'))['payload'] as { params: { capabilities: { vision: { url: string, token: string } } } }
  const { url, token } = params.capabilities.vision
  const form = new FormData()
  form.append('question', 'What is this?')
  form.append('file', new Blob([Buffer.from('ffd8ffe000104a464946', 'hex')], { type: 'image/jpeg' }), 'camera.jpg')
  const answer = await fetch(url, { method: 'POST', headers: { 'device-id': '02:00:00:00:00:08', authorization: `Bearer ${token}` }, body: form })
  assert.deepEqual(await answer.json(), { success: true, action: 'RESPONSE', response: 'A red cup.' })
})
