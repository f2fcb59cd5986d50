import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeConfig } from '../../src/core/config.js'
import { greetingForWakeWord } from '../../src/session/wake-words.js'

const { wakeWords } = makeConfig().session

test('a wake word becomes a greeting, however it is written', () => {
  assert.equal(greetingForWakeWord('你好小智', wakeWords, 'zh'), '嘿，你好呀')
  assert.equal(greetingForWakeWord('你好，小智！', wakeWords, 'en'), '嘿，你好呀')
  assert.equal(greetingForWakeWord('Hi, ESP.', ['hi esp'], 'en'), 'Hello')
  assert.equal(greetingForWakeWord('Hi, ESP.', ['hi esp'], 'de'), 'Hello')
})

test('a text that only contains a wake word is a question', () => {
  for (const text of ['你好小智，今天天气怎么样', 'What time is it?', '', '…']) assert.equal(greetingForWakeWord(text, wakeWords, 'zh'), text)
})
