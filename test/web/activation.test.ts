import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import { assertPlain, CLIENT_ID, DEVICE_ID, deviceHeaders, makeWebRig, otaOf, post, report, type Headers, type WireAnswer } from './web-rig.js'

const KEY = '00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff'
const SERIAL = 'SN-0123456789abcdef0123456789abc'
const code = { settings: { 'auth.admission': 'code' } } as const
const withSerials = { ...code, files: { 'serials.csv': `# factory\n${SERIAL},${KEY}\n` } } as const
const serialHeaders: Headers = { ...deviceHeaders, 'Activation-Version': '2', 'Serial-Number': SERIAL }

function proof (challenge: string, key = KEY, serial = SERIAL): string {
  const hmac = createHmac('sha256', Buffer.from(key, 'hex')).update(challenge).digest('hex')
  return JSON.stringify({ algorithm: 'hmac-sha256', serial_number: serial, challenge, hmac })
}

const activate = (body = '{}', headers: Headers = deviceHeaders): string => post('/xiaozhi/ota/activate', body, headers)
const register = (headers: Headers = deviceHeaders): string => post('/xiaozhi/ota/', report(), headers)

function assertStatus (answer: WireAnswer, status: number): void {
  assertPlain(answer)
  assert.equal(answer.status, status, answer.body)
  assert.ok(answer.body.length < 200)
}

test('a device that needs a code gets the same one at each poll, and no token (T010)', async t => {
  const { send } = await makeWebRig(t, code)
  const first = otaOf(await send(register()))
  assert.match(first.activation!.code, /^\d{6}$/)
  assert.equal(first.activation!.message, `请在服务器上输入验证码\n${first.activation!.code}`)
  assert.equal(typeof first.activation!.timeout_ms, 'number')
  assert.deepEqual(first.websocket, { url: 'ws://voice.local:8123/xiaozhi/v1/', token: '', version: 1 })
  assert.deepEqual(otaOf(await send(register())).activation, first.activation)
})

for (const path of ['/xiaozhi/ota/activate', '/xiaozhi/ota/activate/']) {
  test(`while nobody approved the code ${path} is 202, then 200, and the next registration has no activation (T011, T012)`, async t => {
    const { send, memory } = await makeWebRig(t, code)
    const { activation } = otaOf(await send(register()))
    assertStatus(await send(post(path, '{}')), 202)
    assert.ok(memory.approve(activation!.code))
    assertStatus(await send(post(path, '{}')), 200)
    const after = otaOf(await send(register()))
    assert.equal(after.activation, undefined)
    assert.notEqual(after.websocket.token, '')
  })
}

test('without a registration there is nothing to activate (T014)', async t => {
  const { send, memory } = await makeWebRig(t, code)
  assertStatus(await send(activate()), 404)
  assertStatus(await send(activate('{}', {})), 400)
  assertStatus(await send(activate('rubbish')), 404)
  assert.equal(await memory.find(DEVICE_ID), undefined)
})

test('a proof that is right waits for the code, and counts once (T013)', async t => {
  const { send, memory } = await makeWebRig(t, withSerials)
  const { code, challenge } = otaOf(await send(register(serialHeaders))).activation!
  assertStatus(await send(activate(proof(challenge), serialHeaders)), 202)
  assertStatus(await send(activate(proof(challenge), serialHeaders)), 202)
  memory.approve(code)
  assertStatus(await send(activate(proof(challenge), serialHeaders)), 200)
  assertStatus(await send(activate(proof(challenge), serialHeaders)), 403)
})

test('a proof that is wrong is refused, before and after the code was approved (T013)', async t => {
  const { send, memory } = await makeWebRig(t, withSerials)
  const { code, challenge } = otaOf(await send(register(serialHeaders))).activation!
  const other = otaOf(await send(register({ ...serialHeaders, 'Device-Id': '11:22:33:44:55:66' }))).activation!.challenge
  const wrong = [
    proof(challenge, KEY.replace('0', '1')), proof(other), proof(''), proof(challenge, KEY, 'SN-of-nobody'),
    JSON.stringify({ ...JSON.parse(proof(challenge)) as object, hmac: '' }), '{}'
  ]
  for (const body of wrong) assertStatus(await send(activate(body, serialHeaders)), 403)
  memory.approve(code)
  for (const body of wrong) assertStatus(await send(activate(body, serialHeaders)), 403)
  assertStatus(await send(activate(proof(challenge), { ...serialHeaders, 'Serial-Number': 'SN-of-nobody' })), 403)
  assertStatus(await send(activate(proof(challenge), serialHeaders)), 200)
})

test('where nobody has the keys of serial numbers the code alone counts, but not a foreign challenge', async t => {
  const { send } = await makeWebRig(t, code)
  const { challenge } = otaOf(await send(register(serialHeaders))).activation!
  assertStatus(await send(activate(proof(challenge), serialHeaders)), 202)
  assertStatus(await send(activate(proof('another'), serialHeaders)), 403)
})

test('a line of serials.csv that is wrong is told and left out', async t => {
  const { send, warnings } = await makeWebRig(t, { ...code, files: { 'serials.csv': `serial,key\n${SERIAL},${KEY}\r\n` } })
  const { challenge } = otaOf(await send(register(serialHeaders))).activation!
  assertStatus(await send(activate(proof(challenge), serialHeaders)), 202)
  assert.equal(warnings.length, 1)
  assert.match(warnings[0]!, /serials\.csv: line 1/)
})

test('a bound Device-Id that comes with another Client-Id needs a code again, and the first one keeps its place', async t => {
  const { send, memory } = await makeWebRig(t, code)
  memory.approve(otaOf(await send(register())).activation!.code)
  const thief = { ...deviceHeaders, 'Client-Id': 'thief' }
  const { activation, websocket } = otaOf(await send(register(thief)))
  assert.equal(websocket.token, '')
  assertStatus(await send(activate('{}', thief)), 202)
  assert.equal(otaOf(await send(register())).activation, undefined)
  memory.approve(activation!.code)
  assertStatus(await send(activate('{}', thief)), 200)
  assert.equal((await memory.find(DEVICE_ID))!.clientId, 'thief')
})

test('a revoked device is refused, and so is one that stands not in the allow-list', async t => {
  const open = await makeWebRig(t)
  otaOf(await open.send(register()))
  open.memory.revoke(DEVICE_ID)
  assertStatus(await open.send(register()), 403)
  const listed = await makeWebRig(t, { settings: { 'auth.admission': 'allowlist', 'auth.allowedDevices': [DEVICE_ID.toUpperCase()] } })
  assert.equal(otaOf(await listed.send(register())).activation, undefined)
  assertStatus(await listed.send(register({ ...deviceHeaders, 'Device-Id': '11:22:33:44:55:66' })), 403)
})

test('a new device from a public address needs a code; only trusted proxies may tell addresses', async t => {
  const trusting = await makeWebRig(t, { settings: { 'auth.trustedProxies': ['127.0.0.0/8'] } })
  const from = (address: string, id: string): string => register({ ...deviceHeaders, 'Device-Id': id, 'X-Forwarded-For': address })
  assert.notEqual(otaOf(await trusting.send(from('8.8.8.8', 'a:1'))).activation, undefined)
  assert.equal(otaOf(await trusting.send(from('192.168.1.7', 'a:2'))).activation, undefined)
  assert.notEqual(otaOf(await trusting.send(from('192.168.1.7, 8.8.8.8', 'a:3'))).activation, undefined, 'the client wrote the first one')
  assert.equal(otaOf(await trusting.send(from('8.8.8.8, fd00::1, 127.0.0.1', 'a:4'))).activation, undefined)
  const careful = await makeWebRig(t)
  assert.notEqual(otaOf(await careful.send(from('192.168.1.7', 'a:5'))).activation, undefined, 'a proxy that nobody vouches for')
})

test('two first contacts with one Device-Id at once: one is let in, the other needs a code', async t => {
  const { send } = await makeWebRig(t)
  const answers = await Promise.all([CLIENT_ID, 'other'].map(id => send(register({ ...deviceHeaders, 'Client-Id': id }))))
  assert.equal(answers.filter(answer => otaOf(answer).activation === undefined).length, 1)
})

test('who claims the Device-Id of another changes nothing of what is known of it', async t => {
  const { send, memory } = await makeWebRig(t)
  await send(register())
  await send(post('/xiaozhi/ota/', report('9.9.9', 'other'), { ...deviceHeaders, 'Client-Id': 'thief', 'Accept-Language': 'de' }))
  const { firmwareVersion, board, language } = (await memory.find(DEVICE_ID))!
  assert.deepEqual([firmwareVersion, board, language], ['2.4.2', 'bread-compact-wifi', 'zh'])
})

test('two that claim one Device-Id have a code each', async t => {
  const { send, memory } = await makeWebRig(t, code)
  const thief = { ...deviceHeaders, 'Client-Id': 'thief' }
  const [own, other] = [otaOf(await send(register())).activation!, otaOf(await send(register(thief))).activation!]
  assert.notEqual(own.code, other.code)
  assert.deepEqual(otaOf(await send(register())).activation, own)
  memory.approve(own.code)
  assertStatus(await send(activate('{}', thief)), 404)
  assertStatus(await send(activate()), 200)
})
