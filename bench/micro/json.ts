import { parseDeviceMessage } from '../../src/protocol/device-message.js'
import { helloMessage, sentenceMessage, sttMessage, ttsMessage } from '../../src/protocol/server-message.js'
import { consume, type MicroCase } from './types.js'

const SESSION = '0b4f2c1e-8a57-4c7f-9d0a-5b8f1f7f3c21'
const ROUNDS = 64

// What a device says in one conversation, as the firmware writes it.
const incoming = [
  '{"type":"hello","version":1,"features":{"mcp":true},"transport":"websocket","audio_params":{"format":"opus","sample_rate":16000,"channels":1,"frame_duration":60}}',
  `{"session_id":"${SESSION}","type":"listen","state":"detect","text":"你好小智"}`,
  `{"session_id":"${SESSION}","type":"listen","state":"start","mode":"auto"}`,
  `{"session_id":"${SESSION}","type":"listen","state":"stop"}`,
  `{"session_id":"${SESSION}","type":"abort","reason":"wake_word_detected"}`
]

const SENTENCE = 'In Berlin it is 18 degrees, with a light breeze from the west.'
const audio = { sampleRateHz: 24_000, frameMs: 60 }

// The same messages as `json-out`'s, ready to be written.
const outgoing = [
  helloMessage(SESSION, audio), sttMessage(SESSION, 'What is the weather like?'), ttsMessage(SESSION, 'start'),
  sentenceMessage(SESSION, SENTENCE), ttsMessage(SESSION, 'stop')
].map(text => JSON.parse(text) as object)

export const jsonIn: MicroCase = {
  unit: 'message of a device',
  ours: 'ours',
  alternative: 'JSON.parse',
  variants: {
    'JSON.parse': () => ({
      operations: ROUNDS * incoming.length,
      run: () => {
        for (let round = 0; round < ROUNDS; round++) {
          for (const text of incoming) consume((JSON.parse(text) as { type: string }).type.length)
        }
      }
    }),
    ours: () => ({
      operations: ROUNDS * incoming.length,
      run: () => {
        for (let round = 0; round < ROUNDS; round++) for (const text of incoming) consume(parseDeviceMessage(text).kind.length)
      }
    })
  }
}

export const jsonOut: MicroCase = {
  unit: 'message to a device',
  ours: 'ours',
  alternative: 'JSON.stringify',
  variants: {
    'JSON.stringify': () => ({
      operations: ROUNDS * outgoing.length,
      run: () => {
        for (let round = 0; round < ROUNDS; round++) for (const message of outgoing) consume(JSON.stringify(message).length)
      }
    }),
    ours: () => ({
      operations: ROUNDS * outgoing.length,
      run: () => {
        for (let round = 0; round < ROUNDS; round++) {
          consume(helloMessage(SESSION, audio).length)
          consume(sttMessage(SESSION, 'What is the weather like?').length)
          consume(ttsMessage(SESSION, 'start').length)
          consume(sentenceMessage(SESSION, SENTENCE).length)
          consume(ttsMessage(SESSION, 'stop').length)
        }
      }
    })
  }
}
