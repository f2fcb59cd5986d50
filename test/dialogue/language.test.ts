import assert from 'node:assert/strict'
import { test } from 'node:test'
import { languageOf } from '../../src/dialogue/language.js'

test('the script tells the language', () => {
  assert.equal(languageOf('今天 is Monday'), 'zh')
  assert.equal(languageOf('今日は月曜日'), 'ja')
  assert.equal(languageOf('カメラ'), 'ja')
  assert.equal(languageOf('오늘은 월요일'), 'ko')
})

test('other text has the language expected of it', () => {
  assert.equal(languageOf('Hello'), 'en')
  assert.equal(languageOf('Guten Tag', 'de'), 'de')
  assert.equal(languageOf('12', 'zh'), 'zh')
})
