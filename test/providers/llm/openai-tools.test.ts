import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { OpenAiLlm } from '../../../src/providers/llm/openai.js'
import type { ChatMessage, ToolCall, ToolSpec } from '../../../src/providers/types.js'
import { type ChatDelta, FakeOpenAi } from '../../support/fake-openai.js'

const signal = new AbortController().signal
const question: ChatMessage = { role: 'user', content: 'Lamp on!' }
const parameters = { type: 'object', properties: { level: { type: 'integer' } } }
const tools: readonly ToolSpec[] = [{ name: 'lamp_on', description: 'Lamp on', parameters }]

async function start (t: TestContext): Promise<{ fake: FakeOpenAi, llm: OpenAiLlm }> {
  const fake = await FakeOpenAi.start(t)
  const llm = new OpenAiLlm({ baseUrl: fake.baseUrl, apiKey: fake.apiKey, model: 'fake' })
  t.after(() => llm.close())
  return { fake, llm }
}

async function collect (llm: OpenAiLlm, messages: readonly ChatMessage[] = [question]): Promise<(string | ToolCall)[]> {
  const pieces: (string | ToolCall)[] = []
  for await (const piece of llm.stream({ messages, tools, signal })) if (piece !== '') pieces.push(piece)
  return pieces
}

const delta = (...calls: object[]): ChatDelta => ({ choices: [{ index: 0, delta: { content: null, tool_calls: calls } }] })
const lamp = (id: string, args: string): ToolCall => ({ id, name: 'lamp_on', arguments: args })

test('tools are offered, and their calls and results told, as a strict server wants it', async t => {
  const { fake, llm } = await start(t)
  const history: readonly ChatMessage[] = [
    question, { role: 'assistant', content: '', toolCalls: [lamp('c1', '{"level":3}')] }, { role: 'tool', content: 'true', callId: 'c1' }
  ]
  await collect(llm, history)
  const { body } = fake.requests[0]!
  assert.deepEqual(body['tools'], [{ type: 'function', function: tools[0] }])
  assert.deepEqual(body['messages'], [
    { role: 'user', content: 'Lamp on!' },
    { role: 'assistant', content: '', tool_calls: [{ id: 'c1', type: 'function', function: { name: 'lamp_on', arguments: '{"level":3}' } }] },
    { role: 'tool', tool_call_id: 'c1', content: 'true' }
  ])
})

const streams: readonly (readonly [name: string, deltas: readonly ChatDelta[], pieces: readonly (string | ToolCall)[]])[] = [
  ['in pieces, by index, two at once', [
    'Yes.',
    delta({ index: 0, id: 'c1', type: 'function', function: { name: 'lamp_on', arguments: '' } }),
    delta({ index: 0, function: { arguments: '{"le' } }, { index: 1, id: 'c2', function: { name: 'lamp_on', arguments: '{}' } }),
    delta({ index: 0, function: { arguments: 'vel":3}' } })
  ], ['Yes.', lamp('c1', '{"level":3}'), lamp('c2', '{}')]],
  ['whole, without an index or an id (Ollama)', [
    delta({ function: { name: 'lamp_on', arguments: '{"level":3}' } }, { function: { name: 'lamp_on', arguments: '{}' } })
  ], [lamp('call_0', '{"level":3}'), lamp('call_1', '{}')]],
  ['in pieces, without an index', [
    delta({ id: 'c1', function: { name: 'lamp_on', arguments: '{"le' } }), delta({ function: { arguments: 'vel":3}' } })
  ], [lamp('c1', '{"level":3}')]],
  ['with the name said again, with two of one id, and with arguments that are an object', [
    delta({ index: 0, id: 'c', function: { name: 'lamp_on', arguments: { level: 3 } } }), delta({ index: 0, id: 'c', function: { name: 'lamp_on', arguments: '' } }),
    delta({ index: 1, id: 'c', function: { name: 'lamp_on' } })
  ], [lamp('c', '{"level":3}'), lamp('call_1', '')]],
  ['without a name', [delta({ index: 0, id: 'c1', function: { arguments: '{}' } }), delta({ index: 1 }), 'No.'], ['No.']]
]

for (const [name, deltas, pieces] of streams) {
  test(`calls come ${name}`, async t => {
    const { fake, llm } = await start(t)
    fake.chat = () => deltas
    assert.deepEqual(await collect(llm), pieces)
  })
}

test('a model that takes no tools answers without them, and is not offered any again', async t => {
  const { fake, llm } = await start(t)
  fake.fail({ kind: 'status', status: 400, body: '{"error":{"message":"registry.ollama.ai/library/gemma3 does not support tools"}}' })
  assert.equal((await collect(llm)).join(''), 'Hello world.')
  await collect(llm)
  assert.deepEqual(fake.requests.map(({ body }) => 'tools' in body), [true, false, false])
})

test('another refusal is a refusal', async t => {
  const { fake, llm } = await start(t)
  fake.fail({ kind: 'status', status: 400, body: '{"error":{"message":"too many tokens"}}' })
  await assert.rejects(collect(llm), { code: 'CHORUS_PROVIDER_REFUSED' })
  assert.equal(fake.requests.length, 1)
})

test('after an abort no call comes', async t => {
  const { fake, llm } = await start(t)
  fake.chat = () => ['Yes.', delta({ index: 0, id: 'c1', function: { name: 'lamp_on', arguments: '{}' } })]
  const controller = new AbortController()
  const pieces: unknown[] = []
  for await (const piece of llm.stream({ messages: [question], tools, signal: controller.signal })) {
    pieces.push(piece)
    controller.abort()
  }
  assert.deepEqual(pieces, ['Yes.'])
})
