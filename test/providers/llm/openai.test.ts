import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { setImmediate as loopTurn } from 'node:timers/promises'
import { ChorusError, describeError } from '../../../src/core/errors.js'
import { OpenAiLlm, type OpenAiLlmOptions } from '../../../src/providers/llm/openai.js'
import { type ChatDelta, FakeOpenAi } from '../../support/fake-openai.js'
import { llmConformance, type LlmRig } from '../llm-conformance.js'

const signal = new AbortController().signal
const messages = [{ role: 'user', content: 'Hello?' }] as const

async function start (t: TestContext, options: Partial<OpenAiLlmOptions> = {}): Promise<{ fake: FakeOpenAi, llm: OpenAiLlm }> {
  const fake = await FakeOpenAi.start(t)
  const llm = new OpenAiLlm({ baseUrl: fake.baseUrl, apiKey: fake.apiKey, model: 'fake', ...options })
  t.after(() => llm.close())
  return { fake, llm }
}

async function textOf (llm: OpenAiLlm): Promise<string> {
  let text = ''
  for await (const delta of llm.stream({ messages, signal })) text += String(delta)
  return text
}

async function textFor (t: TestContext, deltas: readonly ChatDelta[]): Promise<string> {
  const { fake, llm } = await start(t)
  fake.chat = () => deltas
  return await textOf(llm)
}

async function makeRig (t: TestContext): Promise<LlmRig> {
  const { fake, llm } = await start(t)
  return {
    llm,
    answer (deltas) { fake.chat = () => deltas },
    fail (fault) { fake.fail(fault) },
    nextRequest: () => fake.nextRequest(),
    countRequests: () => fake.requests.length
  }
}

test('an OpenAI-compatible model conforms', t => llmConformance(t, makeRig))

test('only what was configured is sent, and a strict server takes it', async t => {
  const { fake, llm } = await start(t)
  await textOf(llm)
  assert.deepEqual(fake.requests[0]!.body, { model: 'fake', messages: [...messages], stream: true })
})

test('settings, headers and extra fields arrive', async t => {
  const { fake, llm } = await start(t, { temperature: 0.5, maxTokens: 100, headers: { 'x-title': 'Chorus' }, extraBody: { enable_thinking: false } })
  fake.extraFields.add('enable_thinking')
  await textOf(llm)
  const { body, headers } = fake.requests[0]!
  assert.deepEqual(body, { model: 'fake', messages: [...messages], stream: true, temperature: 0.5, max_tokens: 100, enable_thinking: false })
  assert.equal(headers['x-title'], 'Chorus')
})

test('without a key no authorization is sent', async t => {
  const { fake, llm } = await start(t, { apiKey: '' })
  await assert.rejects(textOf(llm), { code: 'CHORUS_PROVIDER_REFUSED' })
  assert.equal(fake.requests[0]!.headers.authorization, undefined)
})

test('reasoning is dropped', async t => {
  const reasoning = { choices: [{ index: 0, delta: { content: null, reasoning_content: 'hmm' } }] }
  assert.equal(await textFor(t, [reasoning, reasoning, 'Yes.']), 'Yes.')
})

test('thoughts between tags are dropped', async t => {
  assert.equal(await textFor(t, ['<thi', 'nk>hmm <b', '></thin', 'k>\n\n', '\nYes', ' <thin ice>', '.']), 'Yes <thin ice>.')
})

test('empty choices, usage and keep-alive chunks are no text', async t => {
  const usage = { choices: [], usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 } }
  assert.equal(await textFor(t, [{ choices: [], prompt_filter_results: [] }, { choices: [{ index: 0 }] }, { id: 'x' }, 'Yes.', usage]), 'Yes.')
})

test('an answer without [DONE] is an answer', async t => {
  const { fake, llm } = await start(t)
  fake.fail({ kind: 'no-done' })
  assert.equal(await textOf(llm), 'Hello world.')
})

test('an answer without a word is an answer', async t => {
  assert.equal(await textFor(t, []), '')
})

test('content that is no text is rubbish', async t => {
  await assert.rejects(textFor(t, [{ choices: [{ delta: { content: 5 } }] }]), { code: 'CHORUS_PROVIDER_RUBBISH' })
})

test('an error within the stream is a refusal', async t => {
  await assert.rejects(textFor(t, ['Yes', { error: { message: 'out of memory', type: 'server_error' } }]),
    { code: 'CHORUS_PROVIDER_REFUSED', message: 'llm/openai answered with status 200: out of memory' })
})

test('a page instead of a stream is not read to its end', async t => {
  const { fake, llm } = await start(t)
  fake.fail({ kind: 'rubbish', contentType: 'text/html; charset=utf-8', body: '<html>Sign in</html>' })
  await assert.rejects(textOf(llm), { code: 'CHORUS_PROVIDER_RUBBISH', args: ['llm/openai', 'text/html; charset=utf-8'] })
})

test('a refusal says what the server said, without the key', async t => {
  const { fake, llm } = await start(t, { apiKey: 'sk-wrong-987654321' })
  const error = await textOf(llm).catch((error: unknown) => error)
  assert.ok(error instanceof ChorusError)
  assert.match(error.message, /^llm\/openai answered with status 401: Incorrect API key provided/)
  assert.doesNotMatch(describeError(error) + JSON.stringify(error), /987654321/)
  assert.equal(fake.requests.length, 1)
})

test('broken JSON is not printed', async t => {
  const printed = t.mock.method(process.stderr, 'write', () => true)
  const { fake, llm } = await start(t)
  fake.fail({ kind: 'broken-json', after: 1 })
  await assert.rejects(textOf(llm), { code: 'CHORUS_PROVIDER_RUBBISH' })
  assert.equal(printed.mock.callCount(), 0)
})

test('the answer begins when the first byte comes, however late', async t => {
  const { fake, llm } = await start(t)
  let open = (): void => {}
  fake.fail({ kind: 'slow-first-byte', until: new Promise(resolve => { open = resolve }) })
  const arrived = fake.nextRequest()
  const text = textOf(llm)
  await arrived
  open()
  assert.equal(await text, 'Hello world.')
})

test('a server that is not there is a broken connection', async () => {
  const server = createServer()
  await new Promise<void>(resolve => { server.listen(0, '127.0.0.1', resolve) })
  const { port } = server.address() as AddressInfo
  await new Promise<void>(resolve => { server.close(() => { resolve() }) })
  const llm = new OpenAiLlm({ baseUrl: `http://127.0.0.1:${port}/v1`, apiKey: 'k', model: 'm' })
  await llm.warm()
  await assert.rejects(textOf(llm), { code: 'CHORUS_PROVIDER_BROKEN', message: /ECONNREFUSED/ })
  await llm.close()
})

test('warming opens the connection that the first answer uses', async t => {
  const { fake, llm } = await start(t)
  await llm.warm()
  await loopTurn() // undici frees a connection one turn of the loop after the answer
  await textOf(llm)
  assert.deepEqual(fake.requests.map(request => request.path), ['/v1/models', '/v1/chat/completions'])
  assert.equal(fake.requests[0]!.clientPort, fake.requests[1]!.clientPort)
})
