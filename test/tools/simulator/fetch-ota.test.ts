import assert from 'node:assert/strict'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import test, { type TestContext } from 'node:test'

import { fetchOta } from '../../../tools/simulator/fetch-ota.js'

async function serve (t: TestContext, listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  await new Promise<void>(resolve => { server.listen(0, '127.0.0.1', resolve) })
  t.after(() => { server.closeAllConnections(); server.close() })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/xiaozhi/ota/`
}

async function readBody (request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}

test('the device reports itself and reads the answer', async t => {
  const seen: { body?: string, request?: IncomingMessage } = {}
  const url = await serve(t, (request, response) => {
    void readBody(request).then(body => {
      Object.assign(seen, { body, request })
      response.end('{"websocket":{"url":"ws://h/","token":"t","version":1}}')
    })
  })
  const answer = await fetchOta(url, { deviceId: '02:00:00:00:00:01', language: 'zh-CN', version: '2.2.6' })
  const body = JSON.parse(seen.body!) as Record<string, Record<string, unknown>>
  assert.equal(seen.request!.method, 'POST')
  assert.equal(seen.request!.headers['device-id'], '02:00:00:00:00:01')
  assert.equal(seen.request!.headers['user-agent'], 'bread-compact-wifi/2.2.6')
  assert.equal(seen.request!.headers['accept-language'], 'zh-CN')
  assert.equal(seen.request!.headers['activation-version'], '1')
  assert.equal(body['application']!['version'], '2.2.6')
  assert.equal(typeof body['minimum_free_heap_size'], 'string')
  assert.equal(answer.status, 200)
  assert.deepEqual(answer.body!['websocket'], { url: 'ws://h/', token: 't', version: 1 })
})

test('an answer that a device could not hold is an error', async t => {
  const url = await serve(t, (_request, response) => { response.end('x'.repeat(9000)) })
  await assert.rejects(fetchOta(url, { deviceId: '02:00:00:00:00:01' }), /larger than 8192 bytes/)
})

test('a redirect is an answer like any other, as on the device', async t => {
  const url = await serve(t, (_request, response) => { response.writeHead(307, { Location: '/elsewhere' }).end() })
  const answer = await fetchOta(url, { deviceId: '02:00:00:00:00:01' })
  assert.equal(answer.status, 307)
  assert.equal(answer.body, undefined)
})
