import assert from 'node:assert/strict'
import test from 'node:test'

import { countWordErrors, normaliseWords } from '../../../tools/simulator/word-error-rate.js'

test('figures and their words are the same', () => {
  const same: readonly (readonly [string, string])[] = [
    ['7 of clubs', 'Seven of clubs.'],
    ['25 pieces', 'twenty-five pieces'],
    ['it is 12:05', 'It is twelve oh five'],
    ['at 9:00', 'at nine'],
    ['1,250 people', 'one thousand two hundred fifty people'],
    ['3.14', 'three point one four'],
    ['the 21st', 'the twenty-first'],
    ['50%', 'fifty percent'],
    ["it's", 'it’s']
  ]
  for (const [left, right] of same) assert.deepEqual(normaliseWords(left), normaliseWords(right), left)
})

test('errors are counted against the words that were said', () => {
  assert.deepEqual(countWordErrors('four queen of clubs', 'for queen of of clubs'), { errors: 2, words: 4, rate: 0.5 })
  assert.deepEqual(countWordErrors('seven of clubs', ''), { errors: 3, words: 3, rate: 1 })
  assert.deepEqual(countWordErrors('', ''), { errors: 0, words: 0, rate: 0 })
})

test('Chinese is compared by character', () => {
  assert.deepEqual(normaliseWords('你好,小智!'), ['你', '好', '小', '智'])
})

test('a compound is the same word with and without its hyphen', () => {
  assert.equal(countWordErrors('I am the offline assistant.', 'I am the off-line assistant.').errors, 0)
  assert.equal(countWordErrors('The off-line one.', 'the offline one').errors, 0)
  assert.equal(countWordErrors('forty-two', 'forty two').errors, 0)
  assert.equal(countWordErrors('We work on line.', 'We work off-line.').errors, 1)
})
