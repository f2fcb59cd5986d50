import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test, type TestContext } from 'node:test'
import { loadConfig } from '../../src/core/config.js'
import { chooseAsr, chooseLlm, chooseTts, chooseVision } from '../../src/providers/registry.js'

const local = { hasEspeak: false, jobs: { speak: () => Promise.reject(new Error('not here')) } }
const load = (...argv: string[]) => loadConfig({ argv: ['--llm.ollama.url', '', ...argv], env: {} }).config

async function llmOf (t: TestContext, ...argv: string[]) {
  const { provider, because } = await chooseLlm(load(...argv))
  t.after(() => provider.close())
  return { name: provider.name, because }
}

async function ttsOf (t: TestContext, ...argv: string[]) {
  const { provider, because } = await chooseTts(load(...argv), local)
  t.after(() => provider.close())
  return { name: provider.name, because }
}

async function asrOf (t: TestContext, ...argv: string[]): Promise<string | undefined> {
  const asr = await chooseAsr(load(...argv))
  t.after(() => asr?.close())
  return asr?.name
}

async function serveOllama (t: TestContext, models: readonly string[]): Promise<string> {
  const server = createServer((_request, response) => { response.end(JSON.stringify({ models: models.map(name => ({ name })) })) })
  await new Promise<void>(resolve => { server.listen(0, '127.0.0.1', resolve) })
  t.after(() => { server.close(); server.closeAllConnections() })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

test('with nothing configured the offline phrases answer', async t => {
  const { name, because } = await llmOf(t)
  assert.equal(name, 'llm/offline')
  assert.match(because, /OPENAI_API_KEY/)
})

test('a key or an address is enough for a service', async t => {
  assert.deepEqual(await llmOf(t, '--llm.openai.apiKey', 'k'), { name: 'llm/openai', because: 'gpt-4o-mini at https://api.openai.com/v1' })
  const own = await llmOf(t, '--llm.openai.baseUrl', 'http://127.0.0.1:9/v1', '--llm.openai.model', 'm')
  assert.deepEqual(own, { name: 'llm/openai', because: 'm at http://127.0.0.1:9/v1' })
})

test('without a name the first chat model is taken that the service lists', async t => {
  const server = createServer((request, response) => {
    if (request.headers.authorization !== 'Bearer k') response.writeHead(401)
    response.end(JSON.stringify({ object: 'list', data: [{ id: 'text-embedding-1' }, { id: 'qwen-chat' }, { id: 'other' }] }))
  })
  await new Promise<void>(resolve => { server.listen(0, '127.0.0.1', resolve) })
  t.after(() => { server.close(); server.closeAllConnections() })
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`
  assert.equal((await llmOf(t, '--llm.openai.baseUrl', baseUrl, '--llm.openai.apiKey', 'k')).because, `qwen-chat at ${baseUrl}`)
  assert.equal((await llmOf(t, '--llm.openai.baseUrl', baseUrl)).because, `gpt-4o-mini at ${baseUrl}`)
})

test('a key is never among the reasons', async t => {
  assert.doesNotMatch(JSON.stringify([await llmOf(t, '--llm.openai.apiKey', 'geheim'), await ttsOf(t, '--tts.openai.apiKey', 'geheim')]), /geheim/)
})

test('offline is offline although a service is configured', async t => {
  assert.deepEqual(await llmOf(t, '--llm.provider', 'offline', '--llm.openai.apiKey', 'k'), { name: 'llm/offline', because: 'llm.provider says so' })
})

test('an Ollama with a model is taken, one without is not', async t => {
  const url = await serveOllama(t, ['tiny:1b'])
  const { name, because } = await llmOf(t, '--llm.ollama.url', url)
  assert.equal(name, 'llm/openai')
  assert.ok(because.includes(url), because)
  assert.equal((await llmOf(t, '--llm.ollama.url', await serveOllama(t, []))).name, 'llm/offline')
})

test('the voice is local unless one is configured', async t => {
  const { name, because } = await ttsOf(t)
  assert.equal(name, 'tts/local')
  assert.match(because, /espeak-ng is not installed/)
  assert.equal((await ttsOf(t, '--tts.provider', 'espeak', '--tts.openai.apiKey', 'k')).name, 'tts/local')
  assert.equal((await ttsOf(t, '--tts.openai.apiKey', 'k')).name, 'tts/openai')
  const shared = await ttsOf(t, '--tts.provider', 'openai', '--llm.openai.baseUrl', 'http://127.0.0.1:9/v1')
  assert.deepEqual(shared, { name: 'tts/openai', because: 'gpt-4o-mini-tts at http://127.0.0.1:9/v1' })
})

test('a key goes to its own service only, also for the voice', async t => {
  const keys: unknown[] = []
  const server = createServer((request, response) => {
    keys.push(request.headers.authorization)
    response.writeHead(401).end()
  })
  await new Promise<void>(resolve => { server.listen(0, '127.0.0.1', resolve) })
  t.after(() => { server.close(); server.closeAllConnections() })
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`
  const speak = async (...argv: string[]): Promise<void> => {
    const { provider } = await chooseTts(load('--tts.provider', 'openai', '--llm.openai.apiKey', 'theirs', ...argv), local)
    t.after(() => provider.close())
    const request = { text: 'Hi.', language: 'en', signal: new AbortController().signal }
    await assert.rejects(async () => { for await (const _ of provider.synthesise(request)); })
  }
  await speak('--tts.openai.baseUrl', baseUrl)
  await speak('--tts.openai.baseUrl', baseUrl, '--tts.openai.apiKey', 'ours')
  await speak('--llm.openai.baseUrl', baseUrl)
  assert.equal(keys.length, 3)
  assert.notEqual(keys[0], 'Bearer theirs')
  assert.deepEqual(keys.slice(1), ['Bearer ours', 'Bearer theirs'])
})

test('recognition is local unless a service is configured for it', async t => {
  assert.equal(await asrOf(t), undefined)
  assert.equal(await asrOf(t, '--llm.openai.apiKey', 'k'), undefined)
  assert.equal(await asrOf(t, '--asr.provider', 'moonshine', '--asr.openai.apiKey', 'k'), undefined)
  assert.equal(await asrOf(t, '--asr.openai.apiKey', 'k'), 'asr/openai')
  assert.equal(await asrOf(t, '--asr.openai.baseUrl', 'http://127.0.0.1:9/v1'), 'asr/openai')
  assert.equal(await asrOf(t, '--asr.provider', 'openai', '--llm.openai.apiKey', 'k'), 'asr/openai')
})

async function visionOf (t: TestContext, ...argv: string[]) {
  const { provider, because } = await chooseVision(load(...argv))
  t.after(() => provider?.close())
  return { name: provider?.name, because }
}

test('pictures are for the language model of OpenAI, and for no other unless it is said', async t => {
  const none = { name: undefined, because: 'no vision.openai is set, and the language model is not that of OpenAI' }
  assert.deepEqual(await visionOf(t), none)
  assert.deepEqual(await visionOf(t, '--llm.openai.baseUrl', 'http://127.0.0.1:9/v1', '--llm.openai.apiKey', 'k'), none)
  assert.equal((await visionOf(t, '--llm.openai.apiKey', 'k')).because, 'gpt-4o-mini at https://api.openai.com/v1')
  assert.equal((await visionOf(t, '--llm.openai.apiKey', 'k', '--llm.openai.model', 'gpt-5')).because, 'gpt-5 at https://api.openai.com/v1')
  assert.equal((await visionOf(t, '--llm.openai.apiKey', 'k', '--vision.provider', 'none')).name, undefined)
})

test('a model that sees may be anywhere, and gets the key of the language model only at the same address', async t => {
  const own = ['--llm.openai.baseUrl', 'http://127.0.0.1:9/v1', '--llm.openai.apiKey', 'k']
  assert.deepEqual(await visionOf(t, ...own, '--vision.openai.model', 'm'), { name: 'vision/openai', because: 'm at http://127.0.0.1:9/v1' })
  const seen: (string | undefined)[] = []
  const server = createServer((request, response) => {
    seen.push(request.headers.authorization)
    response.end(JSON.stringify({ object: 'list', data: [{ id: 'sees' }] }))
  })
  await new Promise<void>(resolve => { server.listen(0, '127.0.0.1', resolve) })
  t.after(() => { server.close(); server.closeAllConnections() })
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`
  assert.equal((await visionOf(t, ...own, '--vision.openai.baseUrl', baseUrl)).because, `sees at ${baseUrl}`)
  assert.deepEqual(seen, [undefined])
})
