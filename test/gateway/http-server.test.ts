import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { test, type TestContext } from 'node:test'
import { loadConfig } from '../../src/core/config.js'
import { DeviceLanguages } from '../../src/gateway/device-languages.js'
import { listenHttp } from '../../src/gateway/http-server.js'

async function makeRig (t: TestContext, argv: readonly string[] = []) {
  const { config } = loadConfig({ argv: ['--http.host', '127.0.0.1', '--http.port', '0', ...argv], env: {} })
  const languages = new DeviceLanguages()
  const server = await listenHttp({ config, languages, gatewayPort: () => 8123, health: () => ({ status: 'ok', sessions: 3 }) })
  t.after(() => server.close())
  return { port: server.port, languages, send: (request: string) => exchange(server.port, request) }
}

interface Answer { readonly status: number, readonly headers: ReadonlyMap<string, string>, readonly body: string }

// Down to the bytes: a client library would hide chunks and redirects.
async function exchange (port: number, request: string): Promise<Answer> {
  const socket = connect({ port, host: '127.0.0.1' })
  let text = ''
  socket.on('data', (chunk: Buffer) => { text += chunk.toString() })
  socket.on('error', () => {})
  socket.write(request)
  await once(socket, 'close', { signal: AbortSignal.timeout(3000) })
  const [head = '', body = ''] = text.split('\r\n\r\n')
  const [line = '', ...lines] = head.split('\r\n')
  const headers = new Map(lines.map(header => {
    const at = header.indexOf(':')
    return [header.slice(0, at).toLowerCase(), header.slice(at + 1).trim()] as const
  }))
  return { status: Number(line.split(' ')[1]), headers, body }
}

function post (path: string, body: string, headers = 'Device-Id: aa:bb:cc:dd:ee:ff\r\nAccept-Language: zh-CN\r\n'): string {
  return `POST ${path} HTTP/1.1\r\nHost: voice.local:8003\r\nConnection: close\r\n${headers}Content-Type: application/json\r\n` +
    `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
}

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: voice.local:8003\r\nConnection: close\r\n\r\n`

function assertWhole ({ headers, body }: Answer): void {
  assert.equal(headers.get('content-length'), String(Buffer.byteLength(body)))
  assert.equal(headers.has('transfer-encoding'), false)
}

for (const path of ['/xiaozhi/ota/', '/xiaozhi/ota', '/xiaozhi/ota/?x=1']) {
  test(`a device registers at ${path}, in one answer with a length (T001, T002)`, async t => {
    const { send, languages } = await makeRig(t)
    const answer = await send(post(path, '{"application":{"version":"2.4.2"}}'))
    assert.equal(answer.status, 200)
    assert.match(answer.headers.get('content-type')!, /^application\/json/)
    assertWhole(answer)
    const { websocket, firmware, server_time: time } = JSON.parse(answer.body) as Record<string, Record<string, unknown>>
    assert.deepEqual(websocket, { url: 'ws://voice.local:8123/xiaozhi/v1/', token: '', version: 1 })
    assert.deepEqual(firmware, { version: '2.4.2', url: '' })
    assert.ok(Math.abs(Number(time!['timestamp']) - Date.now()) < 60_000)
    assert.equal(time!['timezone_offset'], 0 - new Date().getTimezoneOffset())
    assert.equal(languages.find('aa:bb:cc:dd:ee:ff'), 'zh')
  })
}

test('a broken body is no error (T003)', async t => {
  const { send } = await makeRig(t)
  assert.equal((await send(post('/xiaozhi/ota/', '{"ssid":"my "home""}'))).status, 200)
})

test('a host name that was set goes before the one that was asked for', async t => {
  const { send } = await makeRig(t, ['--gateway.publicHost', 'chorus.example'])
  assert.match((await send(post('/xiaozhi/ota/', '{}'))).body, /"ws:\/\/chorus\.example:8123\//)
})

test('an answer is small, whatever the device sends (T006)', async t => {
  const { send } = await makeRig(t)
  const body = JSON.stringify({ application: { version: '1'.repeat(10_000) }, uuid: 'u'.repeat(3000) })
  const answer = await send(post('/xiaozhi/ota/', body))
  assert.ok(Buffer.byteLength(answer.body) < 6500, `${Buffer.byteLength(answer.body)} bytes`)
})

test('a body over the limit is refused, and one of the limit is not', async t => {
  const { send } = await makeRig(t, ['--http.maxBodyBytes', '2048'])
  const refused = await send(post('/xiaozhi/ota/', 'x'.repeat(2049)))
  assert.equal(refused.status, 413)
  assertWhole(refused)
  assert.equal((await send(post('/xiaozhi/ota/', 'x'.repeat(2048)))).status, 200)
})

test('a person who opens the address is told that it works', async t => {
  const { send } = await makeRig(t)
  const answer = await send(get('/xiaozhi/ota/'))
  assert.equal(answer.status, 200)
  assert.match(answer.body, /ws:\/\/voice\.local:8123\/xiaozhi\/v1\//)
})

test('health is JSON', async t => {
  const { send } = await makeRig(t)
  const answer = await send(get('/healthz'))
  assert.deepEqual(JSON.parse(answer.body), { status: 'ok', sessions: 3 })
  assertWhole(answer)
})

test('elsewhere is nothing, and no redirect', async t => {
  const { send } = await makeRig(t)
  for (const request of [get('/'), get('/xiaozhi'), post('/healthy', '{}'), get('/xiaozhi/ota/x')]) {
    const answer = await send(request)
    assert.equal(answer.status, 404)
    assertWhole(answer)
  }
})

test('a device that goes in mid-request does no harm', async t => {
  const { port, send } = await makeRig(t)
  const socket = connect({ port, host: '127.0.0.1' })
  await once(socket, 'connect')
  socket.write(post('/xiaozhi/ota/', 'x'.repeat(500)).slice(0, -200))
  socket.resetAndDestroy()
  assert.equal((await send(get('/healthz'))).status, 200)
})

test('a port has one listener', async t => {
  const { port } = await makeRig(t)
  await assert.rejects(makeRig(t, ['--http.port', String(port)]), { code: 'CHORUS_PORT_TAKEN' })
})
