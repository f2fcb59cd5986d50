import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeConfig } from '../../src/core/config.js'
import { parseMqttClientId } from '../../src/protocol/mqtt-credentials.js'
import { verifyToken } from '../../src/protocol/token.js'
import { checkOtaSettings } from '../../src/web/check-ota-settings.js'
import { MemoryDirectory } from './memory-directory.js'
import { assertPlain, CLIENT_ID, DEVICE_ID, deviceHeaders, get, makeWebRig, otaOf, post, report, SERVER_KEY } from './web-rig.js'

const nowS = (): number => Date.now() / 1000

for (const path of ['/xiaozhi/ota/', '/xiaozhi/ota', '/xiaozhi/ota/?x=1', '/xiaozhi/ota//']) {
  test(`a device registers at ${path}, in one answer with a length (T001, T002, T005, T016)`, async t => {
    const { send, languages } = await makeWebRig(t)
    const answer = await send(post(path, report()))
    assert.match(answer.headers.get('content-type')!, /^application\/json/)
    const { websocket, firmware, server_time: time, mqtt, activation } = otaOf(answer)
    assert.equal(websocket.url, 'ws://voice.local:8123/xiaozhi/v1/')
    assert.equal(websocket.version, 1)
    assert.deepEqual(firmware, { version: '2.4.2', url: '' })
    assert.deepEqual([mqtt, activation], [undefined, undefined])
    assert.ok(Math.abs(time.timestamp - Date.now()) < 60_000)
    assert.equal(time.timezone_offset, 0 - new Date().getTimezoneOffset())
    assert.deepEqual(languages, [`${DEVICE_ID} zh-CN`])
  })
}

test('a broken body is no error (T003)', async t => {
  const { send } = await makeWebRig(t)
  assert.deepEqual(otaOf(await send(post('/xiaozhi/ota/', '{"ssid":"my "home""}'))).firmware, { version: '2.4.2', url: '' })
})

test('without a Device-Id there is nothing to register', async t => {
  const { send } = await makeWebRig(t)
  const answer = await send(post('/xiaozhi/ota/', '{}', {}))
  assert.equal(answer.status, 400)
  assert.deepEqual(JSON.parse(answer.body), { error: 'Device ID is required' })
})

test('each device has a token of its own, by the algorithm of the replaced server (T017)', async t => {
  const { send } = await makeWebRig(t)
  const owner = { clientId: CLIENT_ID, deviceId: DEVICE_ID }
  const { token } = otaOf(await send(post('/xiaozhi/ota/', '{}'))).websocket
  assert.equal(verifyToken(SERVER_KEY, owner, token, nowS()).kind, 'valid')
  assert.doesNotMatch(token, / /)
  const other = otaOf(await send(post('/xiaozhi/ota/', '{}', { ...deviceHeaders, 'Device-Id': '11:22:33:44:55:66' }))).websocket.token
  assert.equal(verifyToken(SERVER_KEY, owner, other, nowS()).kind, 'forged')
})

test('a bound device has a token by its own key', async t => {
  const { send, memory } = await makeWebRig(t, { settings: { 'auth.admission': 'code' } })
  memory.approve(otaOf(await send(post('/xiaozhi/ota/', '{}'))).activation!.code)
  const { token } = otaOf(await send(post('/xiaozhi/ota/', '{}'))).websocket
  const { key } = (await memory.find(DEVICE_ID))!
  const owner = { clientId: CLIENT_ID, deviceId: DEVICE_ID }
  assert.equal(verifyToken(key, owner, token, nowS()).kind, 'valid')
  assert.equal(verifyToken(SERVER_KEY, owner, token, nowS()).kind, 'forged')
})

test('what the device reports is kept', async t => {
  const { send, memory } = await makeWebRig(t)
  await send(post('/xiaozhi/ota/', report('2.2.6', 'esp-box')))
  await send(post('/xiaozhi/ota/', report('2.2.7', 'esp-box')))
  const { state, language, firmwareVersion, board, clientId } = (await memory.find(DEVICE_ID))!
  assert.deepEqual({ state, language, firmwareVersion, board, clientId }, { state: 'admitted', language: 'zh', firmwareVersion: '2.2.7', board: 'esp-box', clientId: CLIENT_ID })
})

for (const [name, settings, expected] of [
  ['a host name', { 'gateway.publicHost': 'chorus.example' }, 'ws://chorus.example:8123/xiaozhi/v1/'],
  ['a whole address', { 'gateway.publicUrl': 'wss://chorus.example/talk' }, 'wss://chorus.example/talk']
] as const) {
  test(`${name} that was set goes before the one that was asked for`, async t => {
    const { send } = await makeWebRig(t, { settings })
    assert.equal(otaOf(await send(post('/xiaozhi/ota/', '{}'))).websocket.url, expected)
  })
}

test('a host that is none is replaced by the address that was reached', async t => {
  const { send } = await makeWebRig(t)
  assert.equal(otaOf(await send(post('/xiaozhi/ota/', '{}', { ...deviceHeaders, Host: 'a"b' }))).websocket.url, 'ws://127.0.0.1:8123/xiaozhi/v1/')
})

test('a broker that was set is told beside the WebSocket, to devices that are let in', async t => {
  const { send } = await makeWebRig(t, { settings: { 'mqtt.endpoint': 'chorus.example:1883', 'mqtt.signatureKey': 'k' } })
  const { mqtt, websocket } = otaOf(await send(post('/xiaozhi/ota/', report())))
  assert.equal(mqtt!['client_id'], 'GID_bread-compact-wifi@@@aa_bb_cc_dd_ee_ff@@@aa_bb_cc_dd_ee_ff')
  assert.notEqual(websocket.token, '')
  assert.equal(otaOf(await send(post('/xiaozhi/ota/', report(), { ...deviceHeaders, 'Client-Id': 'another' }))).mqtt, undefined)
})

test('where MQTT is offered a device is told the broker of this server, and its token is its password', async t => {
  const { send, memory } = await makeWebRig(t, { settings: { 'mqtt.enabled': true, 'mqtt.offer': true }, mqttPort: 1999 })
  const stated = { ...deviceHeaders, 'Device-Id': DEVICE_ID.toUpperCase() }
  const { mqtt } = otaOf(await send(post('/xiaozhi/ota/', report(), stated)))
  assert.equal(mqtt!['endpoint'], 'voice.local:1999')
  assert.equal(parseMqttClientId(mqtt!['client_id']!)?.clientId, CLIENT_ID)
  const owner = { deviceId: DEVICE_ID, clientId: CLIENT_ID }
  assert.equal(verifyToken(SERVER_KEY, owner, mqtt!['password']!, Date.now() / 1000).kind, 'valid')
  assert.equal((await memory.find(DEVICE_ID))?.state, 'admitted')
})

test('MQTT is not offered unless the operator wants it, nor to a device that the broker would refuse', async t => {
  const enabled = await makeWebRig(t, { settings: { 'mqtt.enabled': true }, mqttPort: 1999 })
  assert.equal(otaOf(await enabled.send(post('/xiaozhi/ota/', report()))).mqtt, undefined)
  const offering = await makeWebRig(t, { settings: { 'mqtt.enabled': true, 'mqtt.offer': true }, mqttPort: 1999 })
  for (const ids of [{ 'Device-Id': 'no-mac' }, { 'Client-Id': 'a@@@b' }]) {
    assert.equal(otaOf(await offering.send(post('/xiaozhi/ota/', report(), { ...deviceHeaders, ...ids }))).mqtt, undefined)
  }
})

test('the clock of devices may be in another time zone', async t => {
  const { send } = await makeWebRig(t, { settings: { 'ota.timeZone': 'Asia/Kolkata' } })
  assert.equal(otaOf(await send(post('/xiaozhi/ota/', '{}'))).server_time.timezone_offset, 330)
})

for (const [name, settings, code] of [
  ['an address of 1 KB', { 'gateway.publicUrl': `wss://${'h'.repeat(1100)}/` }, 'CHORUS_OTA_UNSTORABLE'],
  ['a message of 6 KB', { 'ota.activationMessage': 'm'.repeat(6000) }, 'CHORUS_OTA_UNSTORABLE'],
  ['a broker of 1 KB', { 'mqtt.endpoint': 'b'.repeat(1100), 'mqtt.signatureKey': 'k' }, 'CHORUS_OTA_UNSTORABLE'],
  ['MQTT offered and not served', { 'mqtt.offer': true }, 'CHORUS_CONFIG_INVALID'],
  ['a time zone that there is not', { 'ota.timeZone': 'Mars/Olympus' }, 'CHORUS_CONFIG_INVALID']
] as const) {
  test(`a setting that would break devices stops the start: ${name} (T006)`, () => {
    assert.throws(() => { checkOtaSettings(makeConfig(settings)) }, { code })
  })
}

test('the settings that there are by default break nothing', () => { checkOtaSettings(makeConfig()) })

test('a store that does not answer in time is 503, so that the device tries again', async t => {
  const directory = new MemoryDirectory()
  directory.find = () => new Promise(() => {})
  const { send } = await makeWebRig(t, { directory, settings: { 'http.answerTimeoutMs': 100 } })
  const answer = await send(post('/xiaozhi/ota/', '{}'))
  assert.equal(answer.status, 503)
  assertPlain(answer)
})

test('a person who opens the address is told that it works', async t => {
  const { send } = await makeWebRig(t)
  const answer = await send(get('/xiaozhi/ota/'))
  assert.equal(answer.status, 200)
  assert.match(answer.body, /^OTA接口运行正常，向设备发送的websocket地址是：ws:\/\/voice\.local:8123\/xiaozhi\/v1\/\n/)
})
