import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { activationMessage, isProofRight, isSameChallenge, parseActivationProof } from '../../src/protocol/activation.js'
import { imageType } from '../../src/protocol/image-type.js'
import { mqttSettings } from '../../src/protocol/mqtt-credentials.js'
import { timeZoneOffsetMinutes } from '../../src/protocol/time-zone.js'
import { visionAnswer } from '../../src/protocol/vision-answer.js'

test('the mqtt block is that of the replaced server, its password too (B.7)', () => {
  assert.deepEqual(mqttSettings({ endpoint: 'host:1883', signatureKey: 'test', deviceId: '11:22:33:44:55:66', board: 'default' }), {
    endpoint: 'host:1883',
    client_id: 'GID_default@@@11_22_33_44_55_66@@@11_22_33_44_55_66',
    username: 'eyJpcCI6ICJ1bmtub3duIn0=',
    password: 'hZJwgmOR6HqJpjUkj9+lCO8jguzt71NO6d+ddeiDVUM=',
    publish_topic: 'device-server',
    subscribe_topic: 'devices/p2p/11_22_33_44_55_66'
  })
  assert.match(mqttSettings({ endpoint: 'h', signatureKey: 'k', deviceId: 'a', board: 'my board:1' }).client_id, /^GID_my_board_1@@@/)
})

test('a proof is right for its key and challenge only (T013)', () => {
  const key = Buffer.from('0123456789abcdef')
  const hmac = createHmac('sha256', key).update('challenge').digest('hex')
  const proof = { serialNumber: 's', challenge: 'challenge', hmac }
  assert.ok(isProofRight(key, proof))
  assert.ok(!isProofRight(Buffer.from('other'), proof))
  assert.ok(!isProofRight(key, { ...proof, challenge: 'challengf' }))
  for (const wrong of ['', hmac.slice(1), `${hmac}00`, 'z'.repeat(64)]) assert.ok(!isProofRight(key, { ...proof, hmac: wrong }))
})

test('any body of an activation is read', () => {
  fc.assert(fc.property(fc.oneof(fc.json(), fc.string()), body => { parseActivationProof(body) }), { seed: 2 })
  assert.equal(parseActivationProof('{}'), undefined)
  assert.deepEqual(parseActivationProof('{"serial_number":"s","challenge":"c","hmac":7}'), { serialNumber: 's', challenge: 'c', hmac: '7' })
})

test('challenges are compared whole', () => {
  assert.ok(isSameChallenge('abc', 'abc'))
  for (const other of ['abd', 'ab', 'abcd', '']) assert.ok(!isSameChallenge('abc', other))
})

test('the message of an activation has the code, in the words of the operator or the language of the device', () => {
  assert.equal(activationMessage('http://x/\n{code}', 'en', '123456'), 'http://x/\n123456')
  assert.match(activationMessage('', 'zh', '123456'), /验证码\n123456$/)
  assert.match(activationMessage('', undefined, '123456'), /^Approve.*\n123456$/)
})

for (const [zone, ms, minutes] of [
  ['Asia/Shanghai', 0, 480], ['UTC', 0, 0], ['Asia/Kolkata', 0, 330], ['America/St_Johns', Date.UTC(2026, 0, 1), -210],
  ['Europe/Berlin', Date.UTC(2026, 0, 1), 60], ['Europe/Berlin', Date.UTC(2026, 6, 1), 120]
] as const) {
  test(`${zone} is ${minutes} minutes ahead at ${new Date(ms).toISOString()}`, () => { assert.equal(timeZoneOffsetMinutes(ms, zone), minutes) })
}

test('without a time zone that of the system counts, and a wrong one is told', () => {
  assert.equal(timeZoneOffsetMinutes(0, ''), 0 - new Date(0).getTimezoneOffset())
  assert.throws(() => timeZoneOffsetMinutes(0, 'Mars/Olympus'), RangeError)
})

test('an answer about a picture fits into a device, whatever the model says, and is cut between characters (T119)', () => {
  const text = fc.oneof(fc.string({ maxLength: 9000, unit: 'binary' }), fc.string({ minLength: 5000, maxLength: 9000 }), fc.constantFrom('"'.repeat(9000), '😀'.repeat(4000), '\u0000'.repeat(8000), '\ud800'.repeat(7000)))
  fc.assert(fc.property(text, response => {
    const json = visionAnswer(response)
    assert.ok(Buffer.byteLength(json) <= 6500)
    const answer = JSON.parse(json) as { success: boolean, action: string, response: string }
    assert.deepEqual({ ...answer, response: '' }, { success: true, action: 'RESPONSE', response: '' })
    if (answer.response !== response) assert.ok(response.startsWith(answer.response.slice(0, -1)) && answer.response.endsWith('…'))
    if (Buffer.byteLength(JSON.stringify(response)) < 6000) assert.equal(answer.response, response)
  }), { seed: 4, numRuns: 200 })
  assert.ok(!/\\ud83d…/.test(visionAnswer('😀'.repeat(4000))))
})

for (const [type, hex] of [
  ['image/jpeg', 'ffd8ffe0'], ['image/png', '89504e470d0a1a0a'], ['image/gif', '474946383961'], ['image/bmp', '424d0000'],
  ['image/tiff', '49492a00'], ['image/tiff', '4d4d002a'], ['image/webp', '524946460000000057454250'],
  [undefined, ''], [undefined, 'ffd8'], [undefined, '524946460000000057415645'], [undefined, '3c68746d6c3e']
] as const) {
  test(`${hex || 'nothing'} is ${type ?? 'no picture'}`, () => { assert.equal(imageType(Buffer.from(hex, 'hex')), type) })
}
