import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { noFeatures } from '../../src/protocol/device-hello.js'
import { parseDeviceMessage } from '../../src/protocol/device-message.js'

const hello = '{"type":"hello","version":1,"features":{"aec":true,"mcp":true,"glyph_push":true},' +
  '"text_font":{"bundle":"noto-v1","charset":"common","size":20,"bpp":4},"transport":"websocket",' +
  '"audio_params":{"format":"opus","sample_rate":16000,"channels":1,"frame_duration":60}}'

const said = (version: number | undefined, sampleRateHz?: number, features: object = {}, frameMs?: number): object => {
  return { kind: 'hello', hello: { version, sampleRateHz, frameMs, features: { ...noFeatures, ...features } } }
}

const understood: readonly (readonly [raw: string, message: object])[] = [
  [hello, said(1, 16_000, { mcp: true, aec: true }, 60)],
  ['{"type":"hello"}', said(undefined)],
  ['{"type":"hello","audioParams":{"sampleRate":48000},"features":{"emoji":false}}', said(undefined, 48_000, { emoji: false })],
  ['{"type":"hello","audio_params":[],"features":"mcp","foo":{}}', said(undefined)],
  ['{"type":"hello","version":"3"}', said(3)],
  ['{"type":"hello","version":"three"}', said(undefined)],
  ['{"session_id":"S","type":"listen","state":"start","mode":"auto"}', { kind: 'listenStart', mode: 'auto' }],
  ['{"session_id":"","type":"listen","state":"start","mode":"manual"}', { kind: 'listenStart', mode: 'manual' }],
  ['{"type":"listen","state":"start","mode":"realtime"}', { kind: 'listenStart', mode: 'realtime' }],
  ['{"type":"listen","state":"start"}', { kind: 'listenStart', mode: 'auto' }],
  ['{"type":"listen","state":"start","mode":"__proto__"}', { kind: 'listenStart', mode: 'auto' }],
  ['{"session_id":"S","type":"listen","state":"stop"}', { kind: 'listenStop' }],
  ['{"session_id":"S","type":"listen","state":"detect","text":"你好小智"}', { kind: 'listenDetect', text: '你好小智' }],
  ['{"type":"listen","state":"detect"}', { kind: 'listenDetect', text: '' }],
  ['{"type":"listen","state":"detect","text":7}', { kind: 'listenDetect', text: '' }],
  ['{"session_id":"S","type":"listen","state":"detect","text":"say "hi""}', { kind: 'listenDetect', text: 'say "hi"' }],
  ['{"session_id":"S","type":"listen","state":"detect","text":"a \\ b, "text":"c"}"}', { kind: 'listenDetect', text: 'a \\ b, "text":"c"}' }],
  ['{"session_id":"S","type":"listen","state":"detect","text":"two\nlines"}', { kind: 'listenDetect', text: 'two\nlines' }],
  ['{"session_id":"S","type":"goodbye"}', { kind: 'goodbye' }],
  ['{"type":"ping"}', { kind: 'ping' }],
  ['{"session_id":"S","type":"speak_ready","state":"ready"}', { kind: 'speakReady' }],
  ['{"type":"server","action":"restart","content":{"secret":"s"}}', { kind: 'server', action: 'restart', secret: 's' }],
  ['{"type":"server","content":7}', { kind: 'server', action: '', secret: '' }],
  ['{"session_id":"S","type":"mcp","payload":{}}', { kind: 'tools' }],
  ['{"type":"mcp","payload":{"id":1,"error":{"message":"no "such" tool"}}}', { kind: 'tools' }],
  [' { "payload" : {}, "type" : "mcp" }', { kind: 'tools' }],
  ['{"session_id":"S","type":"iot","update":true,"descriptors":[{}]}', { kind: 'tools' }],
  ['{"type":"hello","features":{"mcp":"yes"}}', said(undefined)],
  ['{"session_id":"S","type":"abort"}', { kind: 'abort', reason: undefined }],
  ['{"session_id":"S","type":"abort","reason":"wake_word_detected"}', { kind: 'abort', reason: 'wake_word_detected' }]
]

for (const [raw, message] of understood) test(`read: ${raw.slice(0, 70)}`, () => { assert.deepEqual(parseDeviceMessage(raw), message) })

const ignored = [
  '', ' ', 'null', '7', '"listen"', '[]', '[{"type":"hello"}]', '{}', '{"type":null}', '{"type":["hello"]}',
  '{"type":"listen"}', '{"type":"listen","state":"pause"}', `{"type":${'['.repeat(30_000)}${']'.repeat(30_000)}}`,
  '{"type":"listen","state":"det"ect","text":"hi"}',
  `${'['.repeat(100_000)}`, hello.slice(0, -1)
]

for (const raw of ignored) test(`not of use: ${raw.slice(0, 60)}`, () => { assert.equal(parseDeviceMessage(raw).kind, 'unknown') })

test('rubbish is never an error', () => {
  const kinds = new Set(['hello', 'listenStart', 'listenStop', 'listenDetect', 'abort', 'goodbye', 'ping', 'speakReady', 'server', 'unknown'])
  const rubbish = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.json(),
    fc.record({
      type: fc.oneof(fc.constantFrom('hello', 'listen', 'abort', 'server'), fc.jsonValue()),
      state: fc.oneof(fc.constantFrom('start', 'stop', 'detect'), fc.jsonValue()),
      mode: fc.jsonValue(),
      text: fc.jsonValue(),
      version: fc.jsonValue(),
      reason: fc.jsonValue()
    }, { requiredKeys: [] }).map(value => JSON.stringify(value))
  )
  fc.assert(fc.property(rubbish, raw => { assert.ok(kinds.has(parseDeviceMessage(raw).kind)) }), { seed: 4, numRuns: 2000 })
})

test('a message cut anywhere is never an error', () => {
  for (let length = 0; length < hello.length; length++) assert.equal(parseDeviceMessage(hello.slice(0, length)).kind, 'unknown')
})
