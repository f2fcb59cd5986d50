import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { otaAnswer, parseOtaRequest } from '../../src/protocol/ota.js'

const headers: Readonly<Record<string, string>> = {
  'device-id': 'aa:bb:cc:dd:ee:ff', 'client-id': 'c1', 'user-agent': 'bread-compact-wifi/2.4.2', 'accept-language': 'zh-CN'
}
const from = (given: Readonly<Record<string, string>>) => (name: string): string => given[name] ?? ''
const body = JSON.stringify({
  version: 2, language: 'en-US', minimum_free_heap_size: '8318916', mac_address: '11:22:33:44:55:66', uuid: 'u1',
  application: { name: 'xiaozhi', version: '2.4.1' }, board: { type: 'bread', ssid: 'home' }
})

test('headers and body are read', () => {
  assert.deepEqual(parseOtaRequest(from(headers), body), {
    deviceId: 'aa:bb:cc:dd:ee:ff', clientId: 'c1', language: 'zh-CN', version: '2.4.1'
  })
})

test('the body serves where headers are missing', () => {
  assert.deepEqual(parseOtaRequest(from({}), body), { deviceId: '11:22:33:44:55:66', clientId: 'u1', language: 'en-US', version: '2.4.1' })
})

for (const [name, broken] of [
  ['a quote inside the SSID (T003)', '{"board":{"ssid":"my "home""}}'],
  ['no body', ''], ['null', 'null'], ['a list', '[1]'], ['a number', '7'],
  ['optional fields missing (T004)', '{"minimum_free_heap_size":"1"}'],
  ['fields of other types', '{"application":7,"language":{},"mac_address":[],"uuid":null}'],
  ['an application without a version', '{"application":{"version":5}}'],
  ['an application that is null', '{"application":null}']
] as const) {
  test(`the headers serve where the body does not: ${name}`, () => {
    assert.deepEqual(parseOtaRequest(from(headers), broken), {
      deviceId: 'aa:bb:cc:dd:ee:ff', clientId: 'c1', language: 'zh-CN', version: '2.4.2'
    })
  })
}

test('rubbish is never an error', () => {
  fc.assert(fc.property(fc.oneof(fc.json(), fc.string()), fc.string(), (raw, header) => {
    const { deviceId, clientId } = parseOtaRequest(() => header, raw)
    assert.equal(typeof deviceId + typeof clientId, 'stringstring')
  }), { seed: 8, numRuns: 1000 })
})

const options = { websocketUrl: 'ws://10.0.0.1:8000/xiaozhi/v1/', version: '2.4.2', nowMs: 1786147425000, timeZoneOffsetMinutes: 480 }

test('the answer has what the device needs, and no mqtt (T001, T005, T016)', () => {
  assert.deepEqual(JSON.parse(otaAnswer(options)), {
    server_time: { timestamp: 1786147425000, timezone_offset: 480 },
    firmware: { version: '2.4.2', url: '' },
    websocket: { url: 'ws://10.0.0.1:8000/xiaozhi/v1/', token: '', version: 1 }
  })
})

for (const version of [undefined, '', 'v2.4.2', '2.4.', '2..4', '2.4-beta', 'x', '2.4.2\n']) {
  test(`a version that would crash the device is not sent back: ${JSON.stringify(version)}`, () => {
    assert.ok(!('firmware' in (JSON.parse(otaAnswer({ ...options, version })) as object)))
  })
}

test('keys are short enough for the device\'s storage, and the answer small (T006)', () => {
  const answer = otaAnswer({ ...options, websocketUrl: `ws://${'h'.repeat(253)}:65535/xiaozhi/v1/` })
  assert.ok(Buffer.byteLength(answer) < 6500)
  const { websocket } = JSON.parse(answer) as { websocket: Record<string, string | number> }
  for (const [key, value] of Object.entries(websocket)) {
    assert.ok(key.length <= 15)
    assert.ok(typeof value === 'string' ? Buffer.byteLength(value) < 1024 : Number.isInteger(value))
  }
})
