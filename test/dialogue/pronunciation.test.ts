import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Pronunciation } from '../../src/dialogue/pronunciation.js'

test('words are replaced wherever they stand, and what replaces them is left alone', () => {
  const pronunciation = new Pronunciation(['ESP32|E S P thirty two', '重庆|崇庆', 'a.b|E'])
  assert.equal(pronunciation.of('An ESP32, and another ESP32!'), 'An E S P thirty two, and another E S P thirty two!')
  assert.equal(pronunciation.of('我在重庆。'), '我在崇庆。')
  assert.equal(pronunciation.of('axb a.b'), 'axb E')
})

test('of two words that begin alike the longer one counts, whatever their order', () => {
  for (const rules of [['New|old', 'New York|Big Apple'], ['New York|Big Apple', 'New|old']]) {
    assert.equal(new Pronunciation(rules).of('New York is New.'), 'Big Apple is old.')
  }
})

test('a word may be replaced by nothing, and by something with a bar in it', () => {
  assert.equal(new Pronunciation(['(laughs)|', 'x|a|b']).of('x (laughs)'), 'a|b ')
})

test('without words a sentence stays as it is', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), sentence => { assert.equal(new Pronunciation([]).of(sentence), sentence) }), { seed: 3 })
})

test('any word can be replaced', () => {
  const word = fc.string({ unit: 'grapheme', minLength: 1 }).filter(text => !text.includes('|'))
  fc.assert(fc.property(word, written => { assert.equal(new Pronunciation([`${written}|!`]).of(written), '!') }), { seed: 3 })
})
