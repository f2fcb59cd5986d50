import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeConfig } from '../../src/core/config.js'
import { isPhrase } from '../../src/session/phrases.js'
import { greetingFor, languageOfWakeWord } from '../../src/session/wake-words.js'

const { wakeWords } = makeConfig().session

test('a wake word is one however it is written', () => {
  for (const text of ['你好小智', '你好，小智！', 'Hi, ESP.', 'hi esp', 'ALEXA']) assert.ok(isPhrase(text, wakeWords), text)
})

test('a text that only contains a wake word is a question', () => {
  for (const text of ['你好小智，今天天气怎么样', 'What time is it?', '', '…']) assert.ok(!isPhrase(text, wakeWords), text)
})

test('a phrase is recognised in what a recogniser wrote about who said it', () => {
  assert.ok(isPhrase('{"speaker":"Ann","content":"你好，小智！"}', wakeWords))
  assert.ok(!isPhrase('{"speaker":"你好小智","content":"What time is it?"}', wakeWords))
})

test('a Chinese wake word is greeted in Chinese, others in the language of the device', () => {
  assert.deepEqual([['你好小智', 'en'], ['你好小智', 'yue'], ['Hi ESP', 'de']].map(([text, language]) => languageOfWakeWord(text!, language!)), ['zh', 'yue', 'de'])
  assert.deepEqual(['zh', 'en', 'de'].map(greetingFor), ['嘿，你好呀', 'Hello', 'Hello'])
})
