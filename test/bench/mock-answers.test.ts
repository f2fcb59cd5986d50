import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import fc from 'fast-check'
import OpenAI from 'openai'
import { frame } from '../../bench/mock-ai/frame.js'
import { oggOpusSeconds } from '../../bench/mock-ai/ogg.js'
import { parseOptions } from '../../bench/mock-ai/options.js'
import { parseWav } from '../support/wav.js'
import { eventsIn, readAll, ServedMock } from './mock-service.js'

interface SpeechEvent { readonly type: string, readonly audio?: string, readonly usage?: Readonly<Record<string, number>> }

async function writeJson (t: TestContext, value: unknown): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'mock-ai-'))
  t.after(() => rm(folder, { recursive: true }))
  await writeFile(join(folder, 'script.json'), typeof value === 'string' ? value : JSON.stringify(value))
  return join(folder, 'script.json')
}

function connect (mock: ServedMock): OpenAI {
  return new OpenAI({ baseURL: `${mock.origin}/v1`, apiKey: 'any', maxRetries: 0 })
}

const tool = (name: string): OpenAI.Chat.ChatCompletionTool => ({ type: 'function', function: { name, parameters: { type: 'object' } } })
const lamps = [tool('lamp'), tool('volume')]
const both = [{ name: 'lamp', arguments: { on: true, text: 'grün' } }, { name: 'volume' }]

test('a script calls several tools at once, and speaks when their results are there', async t => {
  const script = await writeJson(t, [
    { when: { contains: 'LIGHT', offered: 'volume' }, call: both },
    { when: { contains: 'light' }, say: 'It is bright now.' }
  ])
  const client = connect(await ServedMock.start(t, ['--script', script]))
  const question = [{ role: 'user' as const, content: 'Make light, and be loud!' }]
  for (const stream of [true, false]) {
    const request = { model: 'm', messages: question, tools: lamps }
    const { message, finish_reason: reason } = stream
      ? (await client.chat.completions.stream(request).finalChatCompletion()).choices[0]!
      : (await client.chat.completions.create(request)).choices[0]!
    assert.equal(reason, 'tool_calls')
    const calls = message.tool_calls as OpenAI.Chat.ChatCompletionMessageFunctionToolCall[]
    assert.deepEqual(calls.map(call => [call.function.name, call.function.arguments]), [['lamp', '{"on":true,"text":"grün"}'], ['volume', '{}']])
    assert.equal(new Set(calls.map(({ id }) => id)).size, 2)
    const results = calls.map(({ id }) => ({ role: 'tool' as const, tool_call_id: id, content: 'done' }))
    const after = await client.chat.completions.create({ model: 'm', messages: [...question, message, ...results], tools: lamps })
    assert.equal(after.choices[0]!.message.content, 'It is bright now.')
  }
})

test('the first rule that fits decides; where none does there is the one reply', async t => {
  const script = await writeJson(t, [
    { when: { contains: 'weather' }, say: 'Ünsettled, 20 °C.' },
    { when: { offered: 'lamp' }, call: [{ name: 'lamp', arguments: {} }] }
  ])
  const client = connect(await ServedMock.start(t, ['--script', script, '--tool-call', 'volume {"to": 5}']))
  const ask = async (content: OpenAI.Chat.ChatCompletionUserMessageParam['content'], extra: object = {}): Promise<unknown> => {
    const { message } = (await client.chat.completions.stream({ model: 'm', messages: [{ role: 'user', content }], ...extra }).finalChatCompletion()).choices[0]!
    return message.content ?? message.tool_calls!.map(call => call.type === 'function' ? call.function.name : '')
  }
  assert.equal(await ask('What about the Weather?', { tools: lamps }), 'Ünsettled, 20 °C.')
  assert.equal(await ask([{ type: 'text', text: 'weather' }]), 'Ünsettled, 20 °C.')
  assert.deepEqual(await ask('Hello', { tools: lamps }), ['lamp'])
  assert.deepEqual(await ask('Hello', { tools: [tool('volume')] }), ['volume'])
  assert.match(String(await ask('Hello', { tools: lamps, tool_choice: 'none' })), /^That is a good question/)
  assert.match(String(await ask('Hello')), /^That is a good question/)
})

test('who wants no parallel calls gets one', async t => {
  const client = connect(await ServedMock.start(t, ['--script', await writeJson(t, [{ call: both }])]))
  const messages = [{ role: 'user' as const, content: 'Hello' }]
  const { choices } = await client.chat.completions.create({ model: 'm', messages, tools: lamps, parallel_tool_calls: false })
  assert.equal(choices[0]!.message.tool_calls!.length, 1)
})

test('a script that is none is refused in words', async t => {
  const scripts: readonly (readonly [unknown, RegExp])[] = [
    ['[', /cannot read/],
    [{}, /is not a list of rules/],
    [[{ say: 'a' }, 'b'], /rule 2 of .* is no object/],
    [[{ say: 'a', call: both }], /either "say" or "call"/],
    [[{ when: { contains: 'a' } }], /either "say" or "call"/],
    [[{ when: { conatins: 'a' }, say: 'b' }], /unknown "conatins"/],
    [[{ says: 'b', say: 'b' }], /unknown "says"/],
    [[{ when: { contains: 5 }, say: 'b' }], /"contains" is a text, not 5/],
    [[{ call: [] }], /"call" is a list/],
    [[{ call: [{ name: 'a b' }] }], /"a b" is no name of a tool/],
    [[{ call: [{ name: 'a', arguments: '{}' }] }], /the arguments of a are an object/]
  ]
  for (const [script, message] of scripts) {
    const file = await writeJson(t, script)
    assert.throws(() => parseOptions(['--script', file]), { name: 'OptionError', message })
  }
})

test('the usage comes with the last chunk, if it is asked for', async t => {
  const mock = await ServedMock.start(t)
  const parse = async (fields: object): Promise<readonly { readonly usage?: unknown, readonly choices: readonly unknown[] }[]> => {
    const events = eventsIn((await readAll(await mock.chat(fields))).bytes)
    assert.equal(events.pop(), '[DONE]')
    return events.map(event => JSON.parse(event) as { choices: unknown[] })
  }
  const chunks = await parse({ stream_options: { include_usage: true } })
  assert.deepEqual(chunks.slice(0, -1).map(({ usage }) => usage), chunks.slice(1).map(() => null))
  const { choices, usage } = chunks.at(-1)!
  const { prompt_tokens: prompt, completion_tokens: completion, total_tokens: total } = usage as Record<string, number>
  assert.deepEqual([choices, completion, total], [[], chunks.length - 2, prompt! + completion!])
  assert.ok((await parse({})).every(chunk => !('usage' in chunk)))
})

test('tokens come at their rate, and not both by rate and by gap', async t => {
  const mock = await ServedMock.start(t, ['--tokens-per-second', '200'])
  const beganMs = performance.now()
  const tokens = eventsIn((await readAll(await mock.chat())).bytes).length - 2
  assert.ok(performance.now() - beganMs >= (tokens - 1) * 5 - 1)
  const both = ['--tokens-per-second', '50', '--token-ms', '20']
  assert.throws(() => parseOptions(both), { name: 'OptionError', message: /--tokens-per-second and --token-ms say the same/ })
})

test('speech as events is the same audio, and its last event says what it cost', async t => {
  const mock = await ServedMock.start(t, ['--answer-s', '4'])
  for (const format of ['pcm', 'wav', 'opus']) {
    const plain = Buffer.from(await (await mock.speech({ response_format: format })).arrayBuffer())
    const response = await mock.speech({ response_format: format, stream_format: 'sse' })
    assert.match(response.headers.get('content-type')!, /^text\/event-stream/)
    const events = eventsIn((await readAll(response)).bytes).map(event => JSON.parse(event) as SpeechEvent)
    const { type, usage } = events.pop()!
    assert.deepEqual([type, usage!['total_tokens']], ['speech.audio.done', usage!['input_tokens']! + usage!['output_tokens']!])
    assert.ok(events.length > 1 && events.every(event => event.type === 'speech.audio.delta'))
    assert.deepEqual(Buffer.concat(events.map(({ audio }) => Buffer.from(audio!, 'base64'))), plain)
  }
})

test('speech is the same however much of it is sent at once', async t => {
  const input = 'That is a good question. '.repeat(4)
  const speak = async (chunkMs: string, format: string): Promise<Buffer> => {
    const mock = await ServedMock.start(t, ['--answer-s', '20', '--chunk-ms', chunkMs])
    return Buffer.from(await (await mock.speech({ input, response_format: format })).arrayBuffer())
  }
  const pcm = await speak('20', 'pcm')
  assert.ok(pcm.length > 3 * 2 * 24_000, 'the recording does not repeat')
  for (const chunkMs of ['100', '140', '1000']) assert.deepEqual(await speak(chunkMs, 'pcm'), pcm)
  const { samples } = parseWav(await speak('200', 'wav'))
  assert.deepEqual(Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength), pcm)
  assert.equal(oggOpusSeconds(await speak('500', 'opus')), pcm.length / 48_000)
  assert.throws(() => parseOptions(['--chunk-ms', '50']), { name: 'OptionError', message: /--chunk-ms is a multiple of 20, not 50/ })
})

test('a chunk is framed by its length in bytes, be it text or bytes', () => {
  fc.assert(fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), text => {
    const framed = Buffer.from(frame(text))
    const [head] = framed.toString('latin1').split('\r\n', 1)
    assert.deepEqual(framed.subarray(head!.length + 2, -2), Buffer.from(text))
    assert.equal(Number.parseInt(head!, 16), Buffer.byteLength(text))
    assert.deepEqual(frame(Buffer.from(text)), framed)
  }))
})
