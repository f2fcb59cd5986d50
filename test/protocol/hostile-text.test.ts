import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseActivationProof } from '../../src/protocol/activation.js'
import { parseDeviceMessage } from '../../src/protocol/device-message.js'
import { isNewerVersion, isSafeVersion } from '../../src/protocol/firmware-version.js'
import { imageType } from '../../src/protocol/image-type.js'
import { primarySubtag } from '../../src/protocol/language-tag.js'
import { parseMqttClientId, parseTopicMac } from '../../src/protocol/mqtt-credentials.js'
import { readMqttMessage, udpHello } from '../../src/protocol/mqtt-message.js'
import { parseOrder } from '../../src/protocol/order.js'
import { parseOtaRequest } from '../../src/protocol/ota.js'
import { verifyToken } from '../../src/protocol/token.js'
import { parseToolMessage } from '../../src/protocol/tool-message.js'
import { VisionTokens } from '../../src/protocol/vision-token.js'

const owner = { clientId: 'c', deviceId: 'd' }
const tokens = new VisionTokens('key', Buffer.alloc(32, 1))

/** All that reads text of a device. */
const readers: Readonly<Record<string, (text: string) => unknown>> = {
  parseActivationProof,
  parseDeviceMessage,
  isSafeVersion,
  isNewerVersion: text => isNewerVersion('1.2.3', text),
  primarySubtag,
  parseMqttClientId,
  parseTopicMac,
  readMqttMessage,
  udpHello: text => udpHello(text, { server: '127.0.0.1', port: 1, key: Buffer.alloc(16), nonce: Buffer.alloc(16) }),
  parseOrder,
  'parseOtaRequest, body': text => parseOtaRequest(() => '', text),
  'parseOtaRequest, headers': text => parseOtaRequest(() => text, '{}'),
  verifyToken: text => verifyToken('key', owner, text, 0),
  parseToolMessage,
  'VisionTokens.verify': text => tokens.verify(text, 0)
}

/** What patterns begin to match at, and go back over. */
const pieces = [
  ' ', '\n', '"', '\\', '[', '{', '{"a":', '"type":"', '"text":"', '"session_id":"', '"id":1,"error":{"message":"', '"id"', '"}', '}', '" } } ', '@@@', '/', '.',
  '1.', '-', 'a', 'a.', ',', '你', '\ufffd', '{"type":"mcp"', '{"session_id" : "x" , "type":"iot",', '"error":{"message":""}}}'
]
/** Far more than any limit lets in: what is not linear takes minutes. */
const HOSTILE_LENGTH = 1_000_000
/** Of a reader that looks at everything some times, on a machine that is busy. */
const DEADLINE_MS = 5000

for (const [name, read] of Object.entries(readers)) {
  test(`${name} ends soon, whatever is repeated`, () => {
    for (const piece of pieces) {
      for (const end of ['', '"}', 'x']) {
        const text = piece.repeat(HOSTILE_LENGTH / piece.length) + end
        const began = process.cpuUsage()
        read(text)
        const { user, system } = process.cpuUsage(began)
        assert.ok((user + system) / 1000 < DEADLINE_MS, `${JSON.stringify(piece)} … ${end} took ${(user + system) / 1000} ms`)
      }
    }
  })

  test(`${name} throws over nothing`, () => {
    const mixed = fc.array(fc.oneof(fc.constantFrom(...pieces), fc.string({ unit: 'binary', maxLength: 8 })), { maxLength: 20 }).map(parts => parts.join(''))
    fc.assert(fc.property(fc.oneof(mixed, fc.json()), text => { read(text) }), { seed: 11, numRuns: 500 })
  })
}

const members = fc.constantFrom(
  'type', 'session_id', 'transport', 'version', 'audio_params', 'audioParams', 'sample_rate', 'sampleRate', 'features', 'mcp', 'aec', 'emoji'
)
const inner = fc.dictionary(members, fc.jsonValue({ maxDepth: 1 }))
const deviceObject = fc.dictionary(members, fc.oneof(fc.jsonValue({ maxDepth: 2 }), inner), { maxKeys: 6 })

test('of a hello every number is finite and every feature is yes or no', () => {
  fc.assert(fc.property(deviceObject, value => {
    const message = parseDeviceMessage(JSON.stringify({ ...value, type: 'hello' }))
    assert.ok(message.kind === 'hello')
    const { version, sampleRateHz, features } = message.hello
    for (const number of [version, sampleRateHz]) assert.ok(number === undefined || Number.isFinite(number))
    assert.ok(Object.values(features).every(feature => typeof feature === 'boolean'))
  }), { seed: 12, numRuns: 2000 })
})

test('the envelope of an MQTT message is read alike, escaped or not', () => {
  const word = fc.string({ maxLength: 20 }).filter(text => !/["\\]/.test(text) && JSON.stringify(text) === `"${text}"`)
  fc.assert(fc.property(word.filter(type => type !== ''), word, (type, sessionId) => {
    const raw = `{"session_id":"${sessionId}","type":"${type}","text":"it said "no""}`
    const whole = JSON.stringify({ session_id: sessionId, type, text: 'it said "no"' })
    assert.deepEqual(readMqttMessage(raw), readMqttMessage(whole))
    assert.deepEqual(readMqttMessage(whole), { type, sessionId: sessionId || undefined, transport: undefined })
  }), { seed: 13 })
})

test('a hello for UDP keeps what the session says, and its key comes back', () => {
  fc.assert(fc.property(deviceObject, fc.string(), fc.uint8Array({ minLength: 16, maxLength: 16 }), (value, sessionId, key) => {
    const hello = JSON.stringify({ ...value, type: 'hello', session_id: sessionId })
    const made = udpHello(hello, { server: '10.0.0.1', port: 8884, key, nonce: key })
    const read = JSON.parse(made!.text) as { readonly udp: { readonly key: string }, readonly session_id: string }
    assert.deepEqual([made!.sessionId, read.session_id, Buffer.from(read.udp.key, 'hex')], [sessionId, sessionId, Buffer.from(key)])
  }), { seed: 14 })
})

test('a picture is of a type that it may have, or of none', () => {
  const heads = ['\xff\xd8\xff', '\x89PNG\r\n\x1a\n', 'GIF89a', 'BM', 'II*\0', 'RIFF', 'RIFF1234WEBP', ''].map(head => Buffer.from(head, 'latin1'))
  fc.assert(fc.property(fc.constantFrom(...heads), fc.uint8Array({ maxLength: 20 }), (head, rest) => {
    assert.match(imageType(Buffer.concat([head, rest])) ?? 'image/none', /^image\/(jpeg|png|gif|bmp|tiff|webp|none)$/)
  }), { seed: 15, numRuns: 1000 })
})

test('a client id is read into an id in one form, whatever the case and the marks between', () => {
  const digits = fc.array(fc.integer({ min: 0, max: 255 }), { minLength: 6, maxLength: 6 }).map(list => list.map(byte => byte.toString(16).padStart(2, '0')))
  fc.assert(fc.property(digits, fc.constantFrom('_', ':', '-'), fc.boolean(), (pairs, mark, isUpper) => {
    const text = isUpper ? pairs.join(mark).toUpperCase() : pairs.join(mark)
    assert.equal(parseMqttClientId(`GID_x@@@${text}@@@c`)?.deviceId, pairs.join(':'))
  }), { seed: 16 })
})
