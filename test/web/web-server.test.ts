import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { test, type TestContext } from 'node:test'
import { ChorusError } from '../../src/core/errors.js'
import { MemoryDirectory } from './memory-directory.js'
import { assertPlain, deviceHeaders, exchange, get, head, makeWebRig, post, report } from './web-rig.js'

/** A socket whose trouble is of no interest. */
function open (t: TestContext, port: number): Socket {
  const socket = connect({ port, host: '127.0.0.1' })
  socket.on('error', () => {})
  t.after(() => { socket.destroy() })
  return socket
}

test('health is JSON, with figures of the port', async t => {
  const { send } = await makeWebRig(t)
  const answer = await send(get('/healthz'))
  const { web, ...rest } = JSON.parse(answer.body) as { web: Record<string, number> }
  assert.deepEqual(rest, { status: 'ok', sessions: 3 })
  assert.equal(web['downloads'], 0)
  assertPlain(answer)
})

test('a gateway that does not answer in time is 503', async t => {
  const { send, warnings } = await makeWebRig(t, { health: () => Promise.reject(new ChorusError('CHORUS_PROVIDER_TIMEOUT', ['the gateway', 1])) })
  const answer = await send(get('/healthz'))
  assert.equal(answer.status, 503)
  assertPlain(answer)
  assert.equal(warnings.length, 1)
})

test('elsewhere is nothing, and no redirect', async t => {
  const { send } = await makeWebRig(t)
  for (const request of [get('/'), get('/xiaozhi'), post('/healthz', '{}'), get('/xiaozhi/ota/x'), get('//healthz'), head('PUT /xiaozhi/ota', {}), get('/constructor')]) {
    const answer = await send(request)
    assert.equal(answer.status, 404)
    assertPlain(answer)
  }
})

test('a path of 60,000 slashes costs no more than any other', async t => {
  const { send } = await makeWebRig(t, { settings: { 'http.maxHeaderBytes': 65_536 } })
  const began = performance.now()
  for (let count = 0; count < 5; count++) assert.equal((await send(get(`${'/'.repeat(60_000)}x`))).status, 404)
  assert.ok(performance.now() - began < 5000, 'it took seconds')
})

test('a browser may ask from anywhere (HTTP-04)', async t => {
  const { send } = await makeWebRig(t)
  for (const path of ['/xiaozhi/ota/', '/mcp/vision/explain', '/xiaozhi/ota/download/x.bin']) {
    const answer = await send(head(`OPTIONS ${path}`, {}))
    assert.deepEqual([answer.status, answer.body], [200, ''])
    assertPlain(answer)
    assert.equal(answer.headers.get('access-control-allow-methods'), 'GET, POST, OPTIONS')
    assert.equal(answer.headers.get('access-control-allow-headers'), 'client-id, content-type, device-id, authorization')
    assert.equal(answer.headers.get('access-control-allow-credentials'), 'true')
  }
})

test('a body over the limit is refused, and one of the limit is not', async t => {
  const { send } = await makeWebRig(t, { settings: { 'http.maxBodyBytes': 2048 } })
  for (const length of [2049, 8000]) {
    const refused = await send(post('/xiaozhi/ota/', 'x'.repeat(length)))
    assert.equal(refused.status, 413)
    assertPlain(refused)
  }
  assert.equal((await send(post('/xiaozhi/ota/', 'x'.repeat(2048)))).status, 200)
})

test('a body in chunks is read like any other', async t => {
  const { send } = await makeWebRig(t)
  const body = report('1.2.3')
  const chunked = `${body.slice(0, 5).length.toString(16)}\r\n${body.slice(0, 5)}\r\n${body.slice(5).length.toString(16)}\r\n${body.slice(5)}\r\n0\r\n\r\n`
  const answer = await send(head('POST /xiaozhi/ota', { ...deviceHeaders, 'Transfer-Encoding': 'chunked' }) + chunked)
  assert.match(answer.body, /"version":"1\.2\.3"/)
})

test('a header over the limit is refused', async t => {
  const { send } = await makeWebRig(t, { settings: { 'http.maxHeaderBytes': 1024 } })
  const answer = await send(get('/healthz', { 'X-Long': 'x'.repeat(4000) }))
  assert.deepEqual([answer.status, answer.headers.get('content-length')], [431, '0'])
})

test('what is no HTTP is refused', async t => {
  const { send } = await makeWebRig(t)
  for (const rubbish of ['\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03', 'hello\r\n\r\n', 'GET / HTTP/9\r\n\r\n', 'POST /xiaozhi/ota HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n']) {
    const answer = await send(Buffer.from(rubbish, 'latin1'))
    assert.deepEqual([answer.status, answer.headers.get('content-length')], [400, '0'])
  }
})

for (const [name, start] of [
  ['a header', 'POST /xiaozhi/ota HTTP/1.1\r\nHost: a\r\n'],
  ['a body', post('/xiaozhi/ota', report()).slice(0, -10)]
] as const) {
  test(`a client that never ends ${name} is closed`, async t => {
    const { port } = await makeWebRig(t, { settings: { 'http.headerTimeoutMs': 100, 'http.requestTimeoutMs': 200 } })
    assert.equal((await exchange(port, start)).status, 408)
  })
}

test('a connection on which nothing moves is closed', async t => {
  const { port, send } = await makeWebRig(t, { settings: { 'http.idleTimeoutMs': 100 } })
  const socket = open(t, port)
  await once(socket, 'close', { signal: AbortSignal.timeout(10_000) })
  const { web } = JSON.parse((await send(get('/healthz'))).body) as { web: Record<string, number> }
  assert.equal(web['stalledConnections'], 1)
})

test('a device that goes in mid-request does no harm', async t => {
  const { port, send, warnings } = await makeWebRig(t)
  const socket = open(t, port)
  await once(socket, 'connect')
  socket.write(post('/xiaozhi/ota/', 'x'.repeat(500)).slice(0, -200))
  socket.resetAndDestroy()
  assert.equal((await send(get('/healthz'))).status, 200)
  assert.deepEqual(warnings, [])
})

test('registrations over the limit are 503 at once, and slow senders keep nobody away (T015)', async t => {
  let release = (): void => {}
  const held = new Promise<void>(resolve => { release = resolve })
  const directory = new MemoryDirectory()
  const find = directory.find.bind(directory)
  let waiting = 0
  let arrived = (): void => {}
  const bothArrived = new Promise<void>(resolve => { arrived = resolve })
  directory.find = async deviceId => {
    if (++waiting === 2) arrived()
    await held
    return find(deviceId)
  }
  const { port, send } = await makeWebRig(t, { directory, settings: { 'http.maxRequests': 2 } })
  for (let client = 0; client < 5; client++) open(t, port).write(post('/xiaozhi/ota/', report()).slice(0, -1))
  const first = [send(post('/xiaozhi/ota/', report())), send(post('/xiaozhi/ota/', report()))]
  await bothArrived
  const refused = await send(post('/xiaozhi/ota/', report()))
  assert.equal(refused.status, 503)
  assertPlain(refused)
  release()
  for (const answer of await Promise.all(first)) assert.equal(answer.status, 200)
})

test('one address that has too many connections is told, and others are not', async t => {
  const { port, send } = await makeWebRig(t, { settings: { 'http.maxConnectionsPerAddress': 2 } })
  const held = [open(t, port), open(t, port)]
  await Promise.all(held.map(socket => once(socket, 'connect')))
  const refused = await send(get('/healthz'))
  assert.equal(refused.status, 503)
  assertPlain(refused)
  const elsewhere = connect({ port, host: '127.0.0.1', localAddress: '127.0.0.2' })
  elsewhere.write(get('/healthz'))
  const [chunk] = await once(elsewhere, 'data') as [Buffer]
  assert.match(chunk.toString(), /^HTTP\/1\.1 200 /)
  for (const socket of held) socket.destroy()
  while ((await send(get('/healthz'))).status !== 200);
})

test('a storm of registrations is answered whole (T015)', async t => {
  const { send } = await makeWebRig(t)
  const answers = await Promise.all(Array.from({ length: 300 }, (_, index) => send(post('/xiaozhi/ota/', report(), { ...deviceHeaders, 'Device-Id': `d:${index}` }))))
  for (const answer of answers) assert.ok(answer.status === 200 || answer.status === 503)
  assert.ok(answers.filter(({ status }) => status === 200).length > 200)
})

test('a port has one listener', async t => {
  const { port } = await makeWebRig(t)
  await assert.rejects(makeWebRig(t, { settings: { 'http.port': port } }), { code: 'CHORUS_PORT_TAKEN' })
})
