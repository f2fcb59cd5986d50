import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { otaAnswer, type OtaAnswerOptions } from '../../src/protocol/ota-answer.js'
import { parseOtaRequest } from '../../src/protocol/ota.js'

const headers: Readonly<Record<string, string>> = {
  'device-id': 'aa:bb:cc:dd:ee:ff', 'client-id': 'c1', 'user-agent': 'bread-compact-wifi/2.4.2', 'accept-language': 'zh-CN'
}
const from = (given: Readonly<Record<string, string>>) => (name: string): string => given[name] ?? ''
const body = JSON.stringify({
  version: 2, language: 'en-US', minimum_free_heap_size: '8318916', mac_address: '11:22:33:44:55:66', uuid: 'u1',
  application: { name: 'xiaozhi', version: '2.4.1' }, board: { type: 'bread', ssid: 'home' }
})
const fromHeaders = {
  deviceId: 'aa:bb:cc:dd:ee:ff', clientId: 'c1', language: 'zh-CN', version: '2.4.2', board: 'bread-compact-wifi', serialNumber: undefined
}

test('headers and body are read', () => {
  assert.deepEqual(parseOtaRequest(from(headers), body), { ...fromHeaders, version: '2.4.1', board: 'bread' })
})

test('the body serves where headers are missing', () => {
  assert.deepEqual(parseOtaRequest(from({}), body), {
    deviceId: '11:22:33:44:55:66', clientId: 'u1', language: 'en-US', version: '2.4.1', board: 'bread', serialNumber: undefined
  })
})

for (const [board, version] of [['device-model', 'device-version'], ['device_model', 'device_version'], ['model', 'firmware-version'], ['model', 'app-version'], ['model', 'application-version']] as const) {
  test(`the headers ${board} and ${version} go before the body, as on the replaced server`, () => {
    const { board: name, version: number } = parseOtaRequest(from({ ...headers, [board]: 'esp-box', [version]: '9.9.9' }), body)
    assert.deepEqual([name, number], ['esp-box', '9.9.9'])
  })
}

test('a device without a Client-Id has its Device-Id for one', () => {
  assert.equal(parseOtaRequest(from({ 'device-id': 'a:b' }), '').clientId, 'a:b')
})

test('an id that holds the bar of a token, or no end, is none', () => {
  for (const id of ['a|b', 'a b', 'x'.repeat(65), 'é', 'a\nb']) assert.equal(parseOtaRequest(from({ 'device-id': id }), '').deviceId, '')
})

for (const [name, broken] of [
  ['a quote inside the SSID (T003)', '{"board":{"ssid":"my "home""}}'],
  ['no body', ''], ['null', 'null'], ['a list', '[1]'], ['a number', '7'],
  ['optional fields missing (T004)', '{"minimum_free_heap_size":"1"}'],
  ['fields of other types', '{"application":7,"language":{},"mac_address":[],"uuid":null,"board":"x"}'],
  ['an application without a version', '{"application":{"version":5}}'],
  ['an application that is null', '{"application":null,"board":null}']
] as const) {
  test(`the headers serve where the body does not: ${name}`, () => {
    assert.deepEqual(parseOtaRequest(from(headers), broken), fromHeaders)
  })
}

const options: OtaAnswerOptions = {
  websocketUrl: 'ws://10.0.0.1:8000/xiaozhi/v1/', token: 't.1', firmware: { version: '2.4.2', url: '' }, nowMs: 1786147425000, timeZoneOffsetMinutes: 480
}

test('the answer has what the device needs, and no mqtt (T001, T005, T016)', () => {
  assert.deepEqual(JSON.parse(otaAnswer(options)), {
    server_time: { timestamp: 1786147425000, timezone_offset: 480 },
    firmware: { version: '2.4.2', url: '' },
    websocket: { url: 'ws://10.0.0.1:8000/xiaozhi/v1/', token: 't.1', version: 1 }
  })
})

test('force is there only where it is meant (T009)', () => {
  const force = (isForced: boolean): unknown => (JSON.parse(otaAnswer({ ...options, firmware: { version: '1.0', url: 'http://a/', isForced } })) as { firmware: object }).firmware
  assert.deepEqual(force(true), { version: '1.0', url: 'http://a/', force: 1 })
  assert.deepEqual(force(false), { version: '1.0', url: 'http://a/' })
})

for (const version of ['', 'v2.4.2', '2.4.', '2..4', '2.4-beta', 'x', '2.4.2\n', '1.1.1.1.1.1.1.1.1', '9999999999']) {
  test(`a version that would crash the device is not sent: ${JSON.stringify(version)}`, () => {
    assert.ok(!('firmware' in (JSON.parse(otaAnswer({ ...options, firmware: { version, url: '' } })) as object)))
  })
}

for (const [name, change] of [
  ['an address of 1 KB', { websocketUrl: `ws://${'h'.repeat(1020)}` }],
  ['a token of 1 KB', { token: 'é'.repeat(512) }],
  ['a message of 7 KB', { activation: { code: '1', message: 'm'.repeat(7000), challenge: 'c' } }]
] as const) {
  test(`what would break a device is never sent: ${name} (T006)`, () => {
    assert.throws(() => otaAnswer({ ...options, ...change }), { code: 'CHORUS_OTA_UNSTORABLE' })
  })
}

test('whatever a device says, its answer can be read and stored', () => {
  const word = fc.oneof(fc.string(), fc.string({ minLength: 60, maxLength: 70, unit: 'binary' }), fc.constantFrom('2.4.2', 'a/1.0', 'aa:bb'))
  const requests = fc.record({ header: fc.dictionary(fc.constantFrom(...Object.keys(headers), 'model', 'serial-number'), word), body: fc.oneof(fc.json(), word) })
  fc.assert(fc.property(requests, ({ header, body }) => {
    const device = parseOtaRequest(from(header), body)
    assert.match(device.deviceId, /^[\w:.@-]{0,64}$/)
    assert.match(device.clientId, /^[\w:.@-]{0,64}$/)
    const answer = otaAnswer({ ...options, firmware: device.version === undefined ? undefined : { version: device.version, url: '' } })
    assert.ok(Buffer.byteLength(answer) < 6500)
    const { websocket } = JSON.parse(answer) as { websocket: Record<string, string | number> }
    assert.deepEqual(Object.keys(websocket), ['url', 'token', 'version'])
  }), { seed: 8, numRuns: 1000 })
})
