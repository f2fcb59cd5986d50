import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { test, type TestContext } from 'node:test'
import fc from 'fast-check'
import { VisionTokens } from '../../src/protocol/vision-token.js'
import type { ExplainRequest, Explainer } from '../../src/web/vision.js'
import { assertPlain, DEVICE_ID, deviceHeaders, exchange, get, head, makeWebRig, post, SERVER_KEY, type Headers, type WebRigOptions, type WireAnswer } from './web-rig.js'

const PATH = '/mcp/vision/explain'
const BOUNDARY = '----ESP32_CAMERA_BOUNDARY'
const tokens = await VisionTokens.create(SERVER_KEY)
const jpeg = Buffer.concat([Buffer.from('ffd8ffe0', 'hex'), Buffer.alloc(5000, 'x')])

type Part = readonly ['question' | 'file', string | Buffer]

function form (parts: readonly Part[]): Buffer {
  return Buffer.concat([...parts.flatMap(([name, content]) => [
    Buffer.from(`--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"${name === 'file' ? '; filename="camera.jpg"\r\nContent-Type: image/jpeg' : ''}\r\n\r\n`),
    Buffer.from(content),
    Buffer.from('\r\n')
  ]), Buffer.from(`--${BOUNDARY}--\r\n`)])
}

/** As firmware sends it: in pieces of 512 bytes, without a length. */
function chunked (body: Buffer): Buffer {
  const pieces: Buffer[] = []
  for (let at = 0; at < body.length; at += 512) {
    const piece = body.subarray(at, at + 512)
    pieces.push(Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from('\r\n'))
  }
  return Buffer.concat([...pieces, Buffer.from('0\r\n\r\n')])
}

function upload (parts: readonly Part[], headers: Headers = {}): Buffer {
  const all = {
    'Device-Id': DEVICE_ID, 'Client-Id': 'c1', Authorization: `Bearer ${tokens.sign(DEVICE_ID, Date.now())}`,
    'Content-Type': `multipart/form-data; boundary=${BOUNDARY}`, 'Transfer-Encoding': 'chunked', ...headers
  }
  return Buffer.concat([Buffer.from(head(`POST ${PATH}`, all)), chunked(form(parts))])
}

const usual: readonly Part[] = [['question', 'What is this?'], ['file', jpeg]]

async function makeRig (t: TestContext, options: WebRigOptions = {}) {
  const seen: ExplainRequest[] = []
  const explainer: Explainer = { explain: request => { seen.push(request); return Promise.resolve(' A cat. ') } }
  return { seen, ...await makeWebRig(t, { explainer, ...options }) }
}

function spokenIn (answer: WireAnswer): string {
  assertPlain(answer)
  assert.equal(answer.status, 200, answer.body)
  const { success, action, response } = JSON.parse(answer.body) as { success: boolean, action: string, response: string }
  assert.deepEqual([success, action], [true, 'RESPONSE'])
  assert.ok(Buffer.byteLength(answer.body) < 8192)
  return response
}

for (const [name, parts] of [['question first', usual], ['picture first', [...usual].reverse()]] as const) {
  test(`a picture in chunks without a length is explained, ${name} (T119)`, async t => {
    const { send, seen } = await makeRig(t)
    assert.equal(spokenIn(await send(upload(parts))), 'A cat.')
    assert.equal(seen.length, 1)
    assert.equal(seen[0]!.question, 'What is this?')
    assert.equal(seen[0]!.image.type, 'image/jpeg')
    assert.deepEqual(Buffer.from(seen[0]!.image.bytes), jpeg)
  })
}

test('a picture with a length, and one that waits for 100, are explained, too', async t => {
  const { send } = await makeRig(t)
  const body = form(usual)
  const headers = { 'Device-Id': DEVICE_ID, Authorization: `Bearer ${tokens.sign(DEVICE_ID, Date.now())}`, 'Content-Type': `multipart/form-data; boundary=${BOUNDARY}`, 'Content-Length': String(body.length) }
  assert.equal(spokenIn(await send(Buffer.concat([Buffer.from(head(`POST ${PATH}`, headers)), body]))), 'A cat.')
  const answer = await send(upload(usual, { Expect: '100-continue' }))
  assert.equal(answer.status, 100)
  assert.match(answer.body, /^HTTP\/1\.1 200 .*A cat\./s)
})

test('an upload that arrives byte by byte is explained', async t => {
  const { port, seen } = await makeRig(t)
  const bytes = upload([['question', '猫？'], ['file', jpeg.subarray(0, 40)]])
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  t.after(() => { socket.destroy() })
  for (const byte of bytes) await new Promise<void>(resolve => { socket.write(Uint8Array.of(byte), () => { resolve() }) })
  const [chunk] = await once(socket, 'data') as [Buffer]
  assert.match(chunk.toString(), /^HTTP\/1\.1 200 /)
  assert.equal(seen[0]!.question, '猫？')
  assert.equal(seen[0]!.image.bytes.length, 40)
})

test('an upload without a valid token is 401, also one that calls itself a web client (T120)', async t => {
  const { send, seen } = await makeRig(t)
  const other = await VisionTokens.create('other')
  const wrong: readonly Headers[] = [
    { Authorization: '' }, { Authorization: 'Bearer x' }, { Authorization: tokens.sign(DEVICE_ID, Date.now()) },
    { Authorization: `Bearer ${other.sign(DEVICE_ID, Date.now())}` }, { Authorization: `Bearer ${tokens.sign(DEVICE_ID, Date.now() - 3_700_000)}` },
    { Authorization: 'Bearer x', 'Client-Id': 'web_test_client' }
  ]
  for (const headers of wrong) {
    const answer = await send(upload(usual, headers))
    assert.equal(answer.status, 401)
    assertPlain(answer)
    assert.equal(answer.body, '{"success":false,"message":"无效的认证token或token已过期"}')
  }
  const { web } = JSON.parse((await send(get('/healthz'))).body) as { web: Record<string, number> }
  assert.equal(web['unauthorizedUploads'], wrong.length)
  assert.equal(seen.length, 0)
})

test('the token of another device is refused in the words of the replaced server', async t => {
  const { send, seen } = await makeRig(t)
  const answer = await send(upload(usual, { 'Device-Id': '11:22:33:44:55:66' }))
  assert.deepEqual([answer.status, answer.body], [200, '{"success":false,"message":"设备ID与token不匹配"}'])
  assert.equal(seen.length, 0)
})

test('a picture over the limit is 413, and one of the limit is not (T122)', async t => {
  const { send } = await makeRig(t, { settings: { 'vision.maxImageBytes': 65_536 } })
  const picture = (bytes: number): Buffer => Buffer.concat([jpeg.subarray(0, 4), Buffer.alloc(bytes - 4)])
  for (const bytes of [65_537, 200_000]) {
    const answer = await send(upload([['question', 'x'], ['file', picture(bytes)]]))
    assert.equal(answer.status, 413)
    assertPlain(answer)
  }
  assert.equal(spokenIn(await send(upload([['file', picture(65_535)]]))), 'A cat.')
})

test('a client that sends without end is cut off', async t => {
  const { port, send } = await makeRig(t, { settings: { 'vision.maxImageBytes': 65_536 } })
  const socket = connect({ port, host: '127.0.0.1' })
  socket.on('error', () => {})
  const closed = new Promise<void>(resolve => { socket.once('close', () => { resolve() }) })
  socket.write(upload([['file', jpeg]]).subarray(0, 1000))
  const piece = chunked(Buffer.alloc(65_536)).subarray(0, -5)
  const more = (): void => { if (!socket.destroyed) socket.write(piece, () => { setImmediate(more) }) }
  more()
  await closed
  assert.equal((await send(get('/healthz'))).status, 200)
})

test('an upload that takes too long is 408 (T122)', async t => {
  const { port } = await makeRig(t, { settings: { 'vision.uploadTimeoutMs': 100 } })
  const answer = await exchange(port, upload(usual).subarray(0, -600))
  assert.equal(answer.status, 408)
  assertPlain(answer)
})

for (const [name, request, status, pattern] of [
  ['no picture', upload([['question', 'x'], ['file', 'hello']]), 200, /不支持的文件格式/],
  ['no file', upload([['question', 'x']]), 200, /不支持的文件格式/],
  ['a form without a boundary', upload(usual, { 'Content-Type': 'multipart/form-data' }), 400, /multipart/],
  ['another boundary', upload(usual, { 'Content-Type': 'multipart/form-data; boundary=other' }), 400, /multipart/],
  ['no form', upload(usual, { 'Content-Type': 'image/jpeg' }), 400, /multipart/]
] as const) {
  test(`${name} is refused`, async t => {
    const { send, seen } = await makeRig(t)
    const answer = await send(request)
    assert.equal(answer.status, status)
    assertPlain(answer)
    assert.match(answer.body, /^\{"success":false,/)
    assert.match(answer.body, pattern)
    assert.equal(seen.length, 0)
  })
}

test('a long question is cut, and where none is asked the picture is described in the language of the device', async t => {
  const { send, seen } = await makeRig(t, { settings: { 'vision.maxQuestionBytes': 64 } })
  await send(upload([['question', 'q'.repeat(1000)], ['file', jpeg]]))
  await send(upload([['file', jpeg]]))
  await send(post('/xiaozhi/ota/', '{}', deviceHeaders))
  await send(upload([['question', ' '], ['file', jpeg]]))
  assert.deepEqual(seen.map(({ question }) => question), ['q'.repeat(64), 'What do you see in this picture?', '你在这张图片里看到了什么？'])
})

test('a model that is slow is an apology in time, and is told to stop (T121)', async t => {
  let stopped = (): void => {}
  const isStopped = new Promise<void>(resolve => { stopped = resolve })
  const explainer: Explainer = {
    explain: ({ signal }) => new Promise(() => { signal.addEventListener('abort', () => { stopped() }) })
  }
  const { send, warnings } = await makeRig(t, { explainer, settings: { 'vision.answerTimeoutMs': 200 } })
  assert.match(spokenIn(await send(upload(usual))), /^Sorry/)
  await isStopped
  assert.match(warnings.join(), /a picture was not explained: the vision model gave no answer in \d+ ms/)
})

test('a model that fails, or says nothing, is an apology', async t => {
  for (const explain of [() => Promise.reject(new Error('no')), () => Promise.resolve(' ')]) {
    const { send } = await makeRig(t, { explainer: { explain } })
    assert.match(spokenIn(await send(upload(usual))), /^Sorry/)
  }
})

test('an answer of any length fits into a device', async t => {
  const { send } = await makeRig(t, { explainer: { explain: () => Promise.resolve('猫'.repeat(20_000)) } })
  assert.match(spokenIn(await send(upload(usual))), /^猫+…$/)
})

test('without a model the device says so', async t => {
  const { send } = await makeWebRig(t)
  assert.match(spokenIn(await send(upload(usual))), /no vision model is set up/)
})

test('of more pictures at once than may be the next one is an apology', async t => {
  let arrived = (): void => {}
  const isThere = new Promise<void>(resolve => { arrived = resolve })
  let release = (_text: string): void => {}
  const explainer: Explainer = { explain: () => new Promise(resolve => { release = resolve; arrived() }) }
  const { send } = await makeRig(t, { explainer, settings: { 'vision.maxUploads': 1 } })
  const first = send(upload(usual))
  await isThere
  assert.match(spokenIn(await send(upload(usual))), /too many pictures/)
  release('A dog.')
  assert.equal(spokenIn(await first), 'A dog.')
})

test('a person who opens the address is told that it works', async t => {
  const { send } = await makeRig(t, { settings: { 'http.publicUrl': 'https://chorus.example' } })
  assert.equal((await send(get(PATH))).body, 'MCP Vision 接口运行正常，视觉解释接口地址是：https://chorus.example/mcp/vision/explain\n')
})

test('uploads of any bytes are answered or cut off, and the next one is explained', async t => {
  const { send } = await makeRig(t, { settings: { 'vision.uploadTimeoutMs': 300, 'http.headerTimeoutMs': 300, 'http.requestTimeoutMs': 300 } })
  const good = upload([['question', 'What is this?'], ['file', jpeg.subarray(0, 60)]])
  const bodyAt = good.indexOf('\r\n\r\n') + 4
  const mutation = fc.record({ at: fc.nat(good.length - 1), remove: fc.nat(20), insert: fc.oneof(fc.uint8Array({ maxLength: 8 }), fc.constantFrom('\r\n', '--', '\0', `--${BOUNDARY}`, 'ffffffff\r\n').map(text => Buffer.from(text))) })
  await fc.assert(fc.asyncProperty(fc.array(mutation, { minLength: 1, maxLength: 3 }), fc.boolean(), async (mutations, keepsHead) => {
    let bytes = good
    for (const { at, remove, insert } of mutations) {
      const from = keepsHead ? Math.max(at, bodyAt) : at
      bytes = Buffer.concat([bytes.subarray(0, from), insert, bytes.subarray(from + remove)])
    }
    const answer = await send(bytes)
    assert.ok([NaN, 200, 400, 401, 404, 408, 413, 431].includes(answer.status), String(answer.status))
  }), { seed: 6, numRuns: 150 })
  assert.equal(spokenIn(await send(good)), 'A cat.')
})
