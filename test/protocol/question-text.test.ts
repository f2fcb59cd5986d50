import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { shownQuestion, wordsOfQuestion } from '../../src/protocol/question-text.js'

const shown: readonly (readonly [question: string, shown: string])[] = [
  ['  今天天气怎么样。', '今天天气怎么样'],
  ['“Turn on the light!”', 'Turn on the light'],
  ['Who is there?', 'Who is there?'],
  ['one; two;', 'one; two;'],
  ['😀 hello 👩‍🚀', 'hello'],
  ['🇩🇪 Hallo 👍🏽', 'Hallo'],
  ['【你好】：', '你好'],
  ['a, b. c', 'a, b. c'],
  ['{"speaker":"Ann","content":"Good morning."}', 'Good morning'],
  ['{"content":7}', '{"content":7}'],
  ['{"speaker":"Ann"', '{"speaker":"Ann'],
  ['% get_weather', '% get_weather'],
  ['…。！', '…'],
  ['。！', '。！'],
  ['', '']
]

for (const [question, expected] of shown) {
  test(`a screen shows ${JSON.stringify(question)} as ${JSON.stringify(expected)}`, () => { assert.equal(shownQuestion(question), expected) })
}

test('the words of a question are those that its speaker said', () => {
  assert.equal(wordsOfQuestion('{"speaker":"Ann","content":"good bye."}'), 'good bye.')
  assert.equal(wordsOfQuestion('good bye.'), 'good bye.')
})

test('what is shown is a part of any question, and never nothing of something', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), question => {
    const text = shownQuestion(question)
    assert.ok(question.includes(text) || wordsOfQuestion(question).includes(text))
    assert.equal(text === '', wordsOfQuestion(question) === '')
  }), { seed: 4 })
})

test('a question of ten thousand marks takes no time worth mentioning', () => {
  assert.equal(shownQuestion(`a${'。 '.repeat(10_000)}b`).length, 20_002)
})
