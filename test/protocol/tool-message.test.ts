import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseDeviceMessage } from '../../src/protocol/device-message.js'
import { parseCallResult, parseToolPage } from '../../src/protocol/mcp.js'
import { keepAliveMessage } from '../../src/protocol/server-message.js'
import { parseToolMessage } from '../../src/protocol/tool-message.js'
import { FakeDevice, never } from '../tools/fake-device.js'

const mcp = (payload: unknown): string => JSON.stringify({ session_id: 'S', type: 'mcp', payload })

test('a reply has the id and the result, or the message of the error', () => {
  assert.deepEqual(parseToolMessage(mcp({ jsonrpc: '2.0', id: 3, result: { tools: [] } })), { kind: 'mcp', reply: { kind: 'result', id: 3, result: { tools: [] } } })
  assert.deepEqual(parseToolMessage(mcp({ id: 3, error: { message: 'no' } })), { kind: 'mcp', reply: { kind: 'error', id: 3, message: 'no' } })
  assert.deepEqual(parseToolMessage(mcp({ id: 3, error: 'no' })), { kind: 'mcp', reply: { kind: 'error', id: 3, message: 'no' } })
  assert.deepEqual(parseToolMessage(mcp({ id: 3, error: { code: -1 } })), { kind: 'mcp', reply: { kind: 'error', id: 3, message: '{"code":-1}' } })
})

test('the message of an error may hold anything (T108)', () => {
  fc.assert(fc.property(fc.string(), fc.integer({ min: 0, max: 2 ** 31 - 1 }), (message, id) => {
    const raw = `{"session_id":"S","type":"mcp","payload":{"jsonrpc":"2.0","id":${id},"error":{"message":"${message}"}}}`
    const read = parseToolMessage(raw)
    assert.deepEqual(parseDeviceMessage(raw), { kind: 'tools' })
    assert.ok(read.kind === 'mcp' && read.reply.kind === 'error' && read.reply.id === id)
  }), { seed: 5, numRuns: 1000 })
})

test('requests, notifications and rubbish are no replies', () => {
  for (const payload of [undefined, null, 7, [], {}, { id: '3', result: {} }, { method: 'ping', id: 3 }, { method: 'notifications/state' }, { result: {} }]) {
    assert.equal(parseToolMessage(mcp(payload)).kind, 'unknown')
  }
})

test('the keep-alive is a notification, which firmware drops without a reply (T117)', () => {
  assert.deepEqual(JSON.parse(keepAliveMessage(true)), { type: 'mcp', payload: { jsonrpc: '2.0', method: 'notifications/keepalive' } })
})

const keys = fc.constantFrom(
  'id', 'result', 'error', 'message', 'tools', 'name', 'nextCursor', 'inputSchema', 'properties', 'required', 'type', 'content', 'text', 'image', 'isError',
  'descriptors', 'states', 'state', 'methods', 'parameters', 'annotations', 'audience', '__proto__', 'toString')

const shapes = fc.letrec(tie => ({
  value: fc.oneof({ depthSize: 'small' }, fc.jsonValue(), fc.array(tie('value'), { maxLength: 4 }), fc.dictionary(fc.oneof(fc.string({ maxLength: 5 }), keys), tie('value'), { maxKeys: 5 }))
})).value
test('over any JSON nothing throws, and what comes out has its form', () => {
  fc.assert(fc.property(shapes, value => {
    for (const raw of [JSON.stringify(value), mcp(value), JSON.stringify({ ...value as object, type: 'iot' })]) {
      const message = parseToolMessage(raw)
      if (message.kind === 'iot') for (const thing of message.report.things) assert.notEqual(thing.name, '')
    }
    for (const tool of parseToolPage(value).tools) assert.ok(tool.name !== '' && typeof tool.description === 'string')
    assert.equal(typeof parseCallResult(value).text, 'string')
  }), { seed: 6, numRuns: 2000 })
})

test('over any text nothing throws', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 200 }), text => {
    parseToolMessage(text)
    parseToolMessage(`{"type":"iot","descriptors":[${text}]}`)
  }), { seed: 7, numRuns: 2000 })
})

test('a device may say anything at any time, and its tools stay usable', async () => {
  await fc.assert(fc.asyncProperty(fc.array(shapes, { maxLength: 6 }), async values => {
    const device = new FakeDevice()
    for (const value of values) await device.say(JSON.stringify({ type: 'iot', descriptors: [value], states: [value] }))
    void device.tools.startMcp(undefined)
    await device.result({})
    await device.result(values[0] ?? { tools: values })
    for (const { name, parameters } of device.tools.definitions) {
      assert.match(name, /^[A-Za-z0-9_-]{1,64}$/)
      assert.equal(parameters['type'], 'object')
      void device.tools.call(name, '{}', never)
    }
    assert.ok(!device.tools.facts.includes('\n'))
    device.tools.close()
  }), { seed: 8, numRuns: 200 })
})

test('nesting without end costs nothing (30,000 brackets)', () => {
  const deep = `${'['.repeat(30_000)}${']'.repeat(30_000)}`
  for (const raw of [`{"type":"mcp","payload":{"id":1,"result":${deep}}}`, `{"type":"iot","descriptors":${deep},"states":[{"name":"a","state":{"b":${deep}}}]}`]) {
    const message = parseToolMessage(raw)
    if (message.kind === 'mcp' && message.reply.kind === 'result') assert.equal(parseCallResult(message.reply.result).text, '(too deeply nested)')
  }
})
