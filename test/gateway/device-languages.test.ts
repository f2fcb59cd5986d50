import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DeviceLanguages } from '../../src/gateway/device-languages.js'
import { primarySubtag } from '../../src/protocol/language-tag.js'

for (const [tag, language] of [
  ['zh-CN', 'zh'], ['en_US', 'en'], ['de-DE,de;q=0.9', 'de'], ['FR', 'fr'], [' ja', 'ja'], ['yue-HK', 'yue'],
  ['', undefined], ['*', undefined], ['x', undefined], ['english', undefined], ['12', undefined]
] as const) {
  test(`the language of "${tag}"`, () => { assert.equal(primarySubtag(tag), language) })
}

test('the newest word of a device counts, and no word changes nothing', () => {
  const languages = new DeviceLanguages()
  languages.remember('a', 'zh-CN')
  languages.remember('a', 'de')
  languages.remember('a', '')
  languages.remember('', 'fr')
  assert.equal(languages.find('a'), 'de')
  assert.equal(languages.find(''), undefined)
  assert.equal(languages.find('b'), undefined)
})

test('of too many devices the one that was silent longest is forgotten', () => {
  const languages = new DeviceLanguages()
  languages.remember('first', 'en')
  languages.remember('second', 'en')
  languages.remember('first', 'de')
  for (let device = 0; device < 99_999; device++) languages.remember(`d${device}`, 'en')
  assert.equal(languages.find('second'), undefined)
  assert.equal(languages.find('first'), 'de')
})
