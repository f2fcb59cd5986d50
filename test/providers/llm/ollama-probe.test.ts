import assert from 'node:assert/strict'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { detectOllama } from '../../../src/providers/llm/ollama-probe.js'

async function serve (t: TestContext, listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  await new Promise<void>(resolve => { server.listen(0, '127.0.0.1', resolve) })
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

test('an Ollama tells its chat models', async t => {
  const paths: Array<string | undefined> = []
  const url = await serve(t, (request, response) => {
    paths.push(request.url)
    response.end(JSON.stringify({
      models: [
        { name: 'qwen2.5:7b', model: 'qwen2.5:7b', size: 1, details: { family: 'qwen2', families: ['qwen2'] } },
        { name: 'nomic-embed-text:latest', details: { family: 'nomic-bert' } },
        { name: 'my-vectors', details: { family: 'bert' } },
        { name: 'bge-m3', details: {} },
        { name: 'llama3.2' }
      ]
    }))
  })
  assert.deepEqual(await detectOllama(url), { url, models: ['qwen2.5:7b', 'llama3.2'] })
  assert.deepEqual(await detectOllama(`${url}/v1/`), { url, models: ['qwen2.5:7b', 'llama3.2'] })
  assert.deepEqual(paths, ['/api/tags', '/api/tags'])
})

test('an Ollama without models is one', async t => {
  const url = await serve(t, (_, response) => { response.end('{"models":[]}') })
  assert.deepEqual(await detectOllama(url), { url, models: [] })
})

test('nobody, or somebody else, is no Ollama', async t => {
  assert.equal(await detectOllama('http://127.0.0.1:1'), undefined)
  assert.equal(await detectOllama('not an address'), undefined)
  for (const body of ['', '<html>', '[]', 'null', '{"models":5}']) {
    assert.equal(await detectOllama(await serve(t, (_, response) => { response.end(body) })), undefined, body)
  }
  assert.equal(await detectOllama(await serve(t, (_, response) => { response.writeHead(404).end('{"models":[]}') })), undefined)
})

test('one that does not answer is given up', { timeout: 10_000 }, async t => {
  assert.equal(await detectOllama(await serve(t, () => {})), undefined)
  assert.equal(await detectOllama(await serve(t, (_, response) => { response.write('{"models":') })), undefined)
})

test('an abort ends the probe', { timeout: 10_000 }, async t => {
  const controller = new AbortController()
  const url = await serve(t, () => { controller.abort() })
  assert.equal(await detectOllama(url, controller.signal), undefined)
  assert.equal(await detectOllama(url, controller.signal), undefined)
})
