import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { emotionMessage, helloMessage, sentenceMessage, sttMessage, ttsMessage } from '../../src/protocol/server-message.js'

// The texts of the reference server, byte for byte.
const golden: readonly (readonly [made: string, text: string])[] = [
  [helloMessage('S', { sampleRateHz: 16000, frameMs: 60 }),
    '{"type":"hello","version":1,"transport":"websocket","audio_params":{"format":"opus","sample_rate":16000,"channels":1,"frame_duration":60},"session_id":"S"}'],
  [sttMessage('S', '今天天气怎么样'), '{"type":"stt","text":"今天天气怎么样","session_id":"S"}'],
  [ttsMessage('S', 'start'), '{"type":"tts","state":"start","session_id":"S"}'],
  [emotionMessage('S', 'happy', '🙂'), '{"type":"llm","text":"🙂","emotion":"happy","session_id":"S"}'],
  [sentenceMessage('S', '今天广州多云'), '{"type":"tts","state":"sentence_start","session_id":"S","text":"今天广州多云"}'],
  [ttsMessage('S', 'stop'), '{"type":"tts","state":"stop","session_id":"S"}']
]

for (const [made, text] of golden) test(`golden: ${text.slice(0, 60)}`, () => { assert.equal(made, text) })

test('any text is escaped, valid UTF-8, and short (T072, T073)', () => {
  fc.assert(fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.constant('😀"\n'.repeat(2000))), text => {
    for (const message of [sttMessage('S', text), sentenceMessage('S', text)]) {
      assert.equal(typeof (JSON.parse(message) as { text: string }).text, 'string')
      assert.equal(Buffer.from(message).toString(), message) // no half of a surrogate pair
      assert.ok(Buffer.byteLength(message) <= 8192)
    }
  }), { seed: 6 })
})

test('a long text is cut between two characters', () => {
  const { text } = JSON.parse(sentenceMessage('S', `a${'😀'.repeat(2000)}`)) as { text: string }
  assert.equal(text, `a${'😀'.repeat(999)}`)
})
