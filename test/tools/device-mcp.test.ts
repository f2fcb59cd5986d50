import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as loopTurn } from 'node:timers/promises'
import { defaultTools, FakeDevice, never, volume } from './fake-device.js'

test('the handshake is initialize, initialized and the list, with numbers for ids (T101)', async () => {
  const device = new FakeDevice()
  await device.list()
  assert.deepEqual(device.requests, [
    { jsonrpc: '2.0', id: 1, method: 'initialize', params: { protocolVersion: '2024-11-05', capabilities: {}, clientInfo: { name: 'Chorus', version: '1.0.0' } } },
    { jsonrpc: '2.0', method: 'notifications/initialized' },
    { jsonrpc: '2.0', id: 2, method: 'tools/list' }
  ])
  assert.deepEqual(device.names, ['self_audio_speaker_set_volume', 'self_lamp_turn_on'])
  assert.equal(device.tools.definitions[0]!.description, 'Set the volume. See self_lamp_turn_on.')
  assert.deepEqual(device.tools.definitions[0]!.parameters, volume.inputSchema)
  assert.equal(device.timer.running, 0)
})

for (const [url, isTold] of [
  ['http://192.168.1.5:8003/mcp/vision/explain', true], ['https://voice.example.org/mcp/vision/explain', true],
  ['ws://192.168.1.5/mcp', false], ['/mcp/vision/explain', false], ['http://localhost:8003/mcp', false], ['http://', false]
] as const) {
  test(`photos are ${isTold ? '' : 'not '}sent to ${url} (T118)`, async () => {
    const device = new FakeDevice()
    await device.list(defaultTools, { url, token: 'jwt' })
    assert.deepEqual(device.requests[0]!.params!['capabilities'], isTold ? { vision: { url, token: 'jwt' } } : {})
  })
}

test('a device may take its time, and its replies come between others (T103)', async () => {
  const device = new FakeDevice()
  const ready = device.tools.startMcp(undefined)
  await device.timer.pass(5000)
  await device.result({ tools: [] }, 99_999) // T110
  await device.result({}, 1)
  await device.timer.pass(5000)
  await device.result({ tools: defaultTools }, 2)
  await ready
  assert.equal(device.names.length, 2)
})

test('the list goes on page by page, and ends at a cursor that was seen (T104)', async () => {
  const device = new FakeDevice()
  const ready = device.tools.startMcp(undefined)
  await device.result({})
  await device.result({ tools: [{ name: 'a' }], nextCursor: 'b' })
  assert.deepEqual(device.last.params, { cursor: 'b' })
  await device.result({ tools: [{ name: 'b' }], nextCursor: 'c' })
  await device.result({ tools: [{ name: 'c' }], nextCursor: 'b' })
  await ready
  assert.deepEqual(device.names, ['a', 'b', 'c'])
  assert.equal(device.methods.length, 5)
})

test('no more than the configured pages and tools are read (T104)', async () => {
  const device = new FakeDevice(['--tools.maxListPages', '3'])
  const ready = device.tools.startMcp(undefined)
  await device.result({})
  for (let page = 0; page < 3; page++) await device.result({ tools: [{ name: `tool${page}` }], nextCursor: `page${page}` })
  await ready
  assert.equal(device.methods.filter(method => method === 'tools/list').length, 3)
  assert.equal(device.names.length, 3)
})

test('a device that fails to list its tools has none, and the session goes on (T105)', async () => {
  for (const fail of [(device: FakeDevice) => device.error('no "tools" here'), (device: FakeDevice) => device.timer.pass(10_000)]) {
    const device = new FakeDevice()
    const ready = device.tools.startMcp(undefined)
    await device.result({})
    await fail(device)
    await ready
    assert.deepEqual(device.names, [])
    assert.deepEqual(device.logged, ['warn a device did not list its tools'])
    assert.equal(device.timer.running, 0)
  }
})

test('a call has arguments of the types in the schema (T106)', async () => {
  for (const [written, sent] of [['{"volume":50}', 50], ['{"volume":50.7}', 50], ['{"volume":"50"}', 50], ['{"volume":"50%","x":null}', 50], ['{"volume":120}', 120]] as const) {
    const device = new FakeDevice()
    await device.list()
    const result = device.tools.call('self_audio_speaker_set_volume', written, never)
    await loopTurn()
    assert.deepEqual(device.last, { jsonrpc: '2.0', id: 3, method: 'tools/call', params: { name: 'self.audio_speaker.set_volume', arguments: { volume: sent } } })
    await device.text('true')
    assert.deepEqual(await result, { kind: 'text', text: 'true' })
  }
})

for (const written of ['{"volume":null}', '{"volume":"loud"}', '{}', '', '[1]', '{"volume":1e300}', '{"volume"', '{"volume":{}}', '{"__proto__":{"volume":5}}']) {
  test(`the model is told of arguments that do not fit, and the device is not asked: ${written}`, async () => {
    const device = new FakeDevice()
    await device.list()
    const result = await device.tools.call('self_audio_speaker_set_volume', written, never)
    assert.equal(result.kind, 'failed')
    assert.ok(!device.methods.includes('tools/call'))
  })
}

/** What the model hears when the device does this. */
async function resultAfter (act: (device: FakeDevice) => Promise<void>): Promise<unknown> {
  const device = new FakeDevice()
  await device.list()
  const result = device.tools.call('self_lamp_turn_on', '{}', never)
  await loopTurn()
  await act(device)
  return await result
}

test('the text of an error reaches the model, also where it breaks the JSON (T107, T108)', async () => {
  assert.deepEqual(await resultAfter(device => device.error('Value exceeds maximum allowed: 100')), { kind: 'failed', text: 'Value exceeds maximum allowed: 100' })
  assert.deepEqual(await resultAfter(device => device.error('no "lamp" here\n\\')), { kind: 'failed', text: 'no "lamp" here\n\\' })
  assert.deepEqual(await resultAfter(device => device.result({ content: [{ type: 'text', text: 'broken' }], isError: true })), { kind: 'failed', text: 'broken' })
})

test('a device that says nothing, or nothing that can be read, fails the call in time (T108, T109)', async () => {
  for (const raw of ['', '{"type":"mcp","payload":{"id":3,"result":{"content":[{"text":"a"b"}]}}}', '{"type":"mcp"}', '{"type":"mcp","payload":[]}']) {
    assert.deepEqual(await resultAfter(async device => {
      await device.say(raw)
      await device.timer.pass(9_999)
      await device.timer.pass(1)
    }), { kind: 'failed', text: 'the device gave no answer in 10 s' })
  }
})

test('a photo may take 30 s (T109)', async () => {
  const device = new FakeDevice()
  await device.list([{ name: 'self.camera.take_photo', inputSchema: { properties: { question: { type: 'string' } }, required: ['question'] } }])
  assert.ok(device.tools.isSlow('self_camera_take_photo'))
  const result = device.tools.call('self_camera_take_photo', '{"question":7}', never)
  await device.timer.pass(29_999)
  await device.text('{"success":true,"action":"RESPONSE","response":"A cat."}')
  assert.deepEqual(await result, { kind: 'answer', text: 'A cat.' })
  assert.deepEqual(device.last.params!['arguments'], { question: '7' })
})

for (const [result, heard] of [
  [{ content: [{ type: 'text', text: '{"audio_speaker":{"volume":70}}' }] }, { kind: 'text', text: '{"audio_speaker":{"volume":70}}' }], // T114
  [{ content: [{ type: 'image', image: '{"type":"image","mimeType":"image/jpeg","data":"AA=="}' }] }, { kind: 'text', text: '(an image, image/jpeg)' }], // T113
  [{ content: [{ type: 'image', image: '{broken' }] }, { kind: 'text', text: '(an image, of unknown type)' }],
  [{ content: [{ type: 'text', text: 'a' }, { type: 'text', text: 'b' }] }, { kind: 'text', text: 'a\nb' }],
  [{ content: [null, 7, { type: 'text' }] }, { kind: 'text', text: '' }],
  [{ anything: true }, { kind: 'text', text: '{"anything":true}' }],
  ['plain', { kind: 'text', text: 'plain' }],
  [{ content: [{ type: 'text', text: '{"action":"NONE"}' }] }, { kind: 'done' }],
  [{ content: [{ type: 'text', text: '{"action":"REQLLM","result":"21 degrees"}' }] }, { kind: 'text', text: '21 degrees' }],
  [{ content: [{ type: 'text', text: '{"action":"dance"}' }] }, { kind: 'text', text: '{"action":"dance"}' }]
] as const) {
  test(`a result: ${JSON.stringify(result)}`, async () => {
    assert.deepEqual(await resultAfter(device => device.result(result)), heard)
  })
}

test('a long result is cut between two characters', async () => {
  const heard = await resultAfter(device => device.text('好'.repeat(5000))) as { readonly text: string }
  assert.equal(heard.text, `${'好'.repeat(2730)}…`)
})

test('calls reach the device one at a time, and in order (T112)', async () => {
  const device = new FakeDevice()
  await device.list()
  const results = ['10', '20', '30'].map(level => device.tools.call('self_audio_speaker_set_volume', `{"volume":${level}}`, never))
  for (const level of [10, 20, 30]) {
    await loopTurn()
    assert.deepEqual(device.last.params!['arguments'], { volume: level })
    assert.equal(device.methods.filter(method => method === 'tools/call').length, level / 10)
    if (level === 20) await device.timer.pass(10_000) // one that fails holds up no other
    else await device.text(`${level}`)
  }
  assert.deepEqual((await Promise.all(results)).map(({ kind }) => kind), ['text', 'failed', 'text'])
})

test('after an abort nobody waits, the next call waits for the device, and what was not sent is not sent', async () => {
  const device = new FakeDevice()
  await device.list()
  const controller = new AbortController()
  const cut = device.tools.call('self_lamp_turn_on', '{}', controller.signal)
  const unsent = device.tools.call('self_lamp_turn_on', '{}', controller.signal)
  await loopTurn()
  controller.abort()
  assert.deepEqual([await cut, await unsent], [{ kind: 'failed', text: 'interrupted' }, { kind: 'failed', text: 'interrupted' }])
  const next = device.tools.call('self_audio_speaker_set_volume', '{"volume":5}', never)
  await loopTurn()
  assert.equal(device.methods.filter(method => method === 'tools/call').length, 1)
  await device.text('late')
  await loopTurn()
  assert.deepEqual(device.last.params!['arguments'], { volume: 5 })
  await device.text('true')
  assert.deepEqual(await next, { kind: 'text', text: 'true' })
})

test('when the device goes, what waits is over and no timer runs', async () => {
  const device = new FakeDevice()
  await device.list()
  const result = device.tools.call('self_lamp_turn_on', '{}', never)
  await loopTurn()
  device.tools.close()
  assert.deepEqual(await result, { kind: 'failed', text: 'interrupted' })
  assert.equal(device.timer.running, 0)
  assert.deepEqual(await device.tools.call('self_lamp_turn_on', '{}', never), { kind: 'failed', text: 'interrupted' })
  const early = new FakeDevice()
  const ready = early.tools.startMcp(undefined)
  early.tools.close()
  await ready
  assert.equal(early.requests.length, 1)
})

test('a question waits for the list, but not long, and once only', async () => {
  const device = new FakeDevice()
  void device.tools.startMcp(undefined)
  let isReady = false
  void device.tools.whenReady(never).then(() => { isReady = true })
  await device.timer.pass(999)
  assert.equal(isReady, false)
  await device.timer.pass(1)
  assert.equal(isReady, true)
  await device.tools.whenReady(never)
  const quick = new FakeDevice()
  void quick.tools.startMcp(undefined)
  const ready = quick.tools.whenReady(never)
  await quick.result({})
  await quick.result({ tools: defaultTools })
  await ready
  assert.equal(quick.timer.running, 0)
})
