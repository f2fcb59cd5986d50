import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { SentenceSplitter } from '../../src/dialogue/sentence-splitter.js'

function split (text: string, maxLength?: number): string[] {
  return splitDeltas([text], maxLength)
}

function splitDeltas (deltas: readonly string[], maxLength?: number): string[] {
  const splitter = new SentenceSplitter(maxLength === undefined ? {} : { maxLength })
  return [...deltas.flatMap(delta => splitter.push(delta)), ...splitter.end()]
}

const squeeze = (text: string): string => text.replace(/\s+/g, '')

const cases: ReadonlyArray<readonly [behaviour: string, text: string, sentences: readonly string[]]> = [
  ['sentences end at stops', 'It rains. Take a coat! Will you?', ['It rains.', 'Take a coat!', 'Will you?']],
  ['Chinese sentences end at wide stops', '下雨了。带上伞！好吗？', ['下雨了。', '带上伞！', '好吗？']],
  ['the first clause goes out early, later ones wait', 'As far as I know, it rains, and snows, too. So, stay in.', ['As far as I know,', 'it rains, and snows, too.', 'So, stay in.']],
  ['the first Chinese clause goes out early', '你好，我是小智，很高兴见到你。今天，天气好。', ['你好，', '我是小智，很高兴见到你。', '今天，天气好。']],
  ['a first clause of one word waits for more', 'Well, that is a good one, really.', ['Well, that is a good one,', 'really.']],
  ['one Chinese character is no clause', '嗯，我知道，明天。', ['嗯，我知道，', '明天。']],
  ['decimals stay whole', 'Pi is 3.14 or so. Good.', ['Pi is 3.14 or so.', 'Good.']],
  ['thousands stay whole', 'It has 1,000,000 people. Good.', ['It has 1,000,000 people.', 'Good.']],
  ['clock times stay whole', 'Meet me there at 10:30 sharp. Good.', ['Meet me there at 10:30 sharp.', 'Good.']],
  ['a number ends a sentence', 'That was in 1999. Then it ended.', ['That was in 1999.', 'Then it ended.']],
  ['titles stay with their names', 'Dr. Smith met Mrs. Jones and St. Nick. They ate.', ['Dr. Smith met Mrs. Jones and St. Nick.', 'They ate.']],
  ['e.g. and i.e. end nothing', 'Take fruit, e.g. Apples or i.e. Pears. Good.', ['Take fruit, e.g. Apples or i.e. Pears.', 'Good.']],
  ['countries of initials stay whole', 'He left the U.S. Army and the U.K. today. Good.', ['He left the U.S. Army and the U.K. today.', 'Good.']],
  ['initials end a sentence before a word that starts one', 'He lives in the U.S. He likes it. So do I. We all do.', ['He lives in the U.S.', 'He likes it.', 'So do I.', 'We all do.']],
  ['initials of people stay with their names', 'I read J. R. R. Tolkien. Good.', ['I read J. R. R. Tolkien.', 'Good.']],
  ['a.m. goes on or ends', 'At 9 a.m. we start. At 5 p.m. Bring a coat. At 6 p.m. Monday it ends.', ['At 9 a.m. we start.', 'At 5 p.m.', 'Bring a coat.', 'At 6 p.m. Monday it ends.']],
  ['etc. goes on or ends', 'Apples, pears, etc. are fruit. I like apples, etc. You too.', ['Apples, pears, etc. are fruit.', 'I like apples, etc.', 'You too.']],
  ['No. before a number is no sentence', 'It is No. 5 here. Is it? No. It is not.', ['It is No. 5 here.', 'Is it?', 'No.', 'It is not.']],
  ['addresses stay whole', 'See https://example.com/a.b?c=d.e,f for it. Good.', ['See https://example.com/a.b?c=d.e,f for it.', 'Good.']],
  ['an address before a Chinese comma stays whole', '请看https://example.com/a.html，谢谢。', ['请看https://example.com/a.html，', '谢谢。']],
  ['an ellipsis stays whole and goes on in small letters', 'Well... maybe so... Perhaps not.', ['Well... maybe so...', 'Perhaps not.']],
  ['a Chinese ellipsis stays whole', '让我想想……对了。好……', ['让我想想……', '对了。', '好……']],
  ['degrees stay with what they are of', 'Ph.D. students, et al., like it at 5°C. Nobody does. So did Smith et al. and I.', ['Ph.D. students, et al.,', 'like it at 5°C.', 'Nobody does.', 'So did Smith et al. and I.']],
  ['a question quoted does not end the sentence around it', '"Really?" he asked. "I see." She left.', ['"Really?" he asked.', '"I see."', 'She left.']],
  ['closing quotes belong to their sentence', 'He said "Stop." Then she said (loudly!) that. 他说：“走。”好。', ['He said "Stop."', 'Then she said (loudly!)', 'that.', '他说：“走。”', '好。']],
  ['runs of marks stay together', 'What?! No way!!! 真的？！好。', ['What?!', 'No way!!!', '真的？！', '好。']],
  ['narrow marks between Chinese end sentences', '你好!你叫什么?我叫小明.好', ['你好!', '你叫什么?', '我叫小明.', '好']],
  ['lines are sentences', 'Things\n- one\n- two\r\n\r\nEnd', ['Things', '- one', '- two', 'End']],
  ['list numbers stay with their items', '1. Apples\n2. Pears\n10. Plums', ['1. Apples', '2. Pears', '10. Plums']],
  ['table rows stay whole', '| a | b. c |\n| d! e | f, g, h |\n', ['| a | b. c |', '| d! e | f, g, h |']],
  ['an emoji starts the next sentence', 'Hello!😀 How are you? 你好。😀好', ['Hello!', '😀 How are you?', '你好。', '😀好']],
  ['what has no mark at its end comes at the end', 'and so on', ['and so on']],
  ['blank text is no sentence', ' \n \t\n', []],
  ['a lone mark costs nothing', '.', ['.']]
]

for (const [behaviour, text, expected] of cases) {
  test(behaviour, () => {
    assert.deepEqual(split(text), expected)
    assert.deepEqual(splitDeltas([...text]), expected, 'the same one character at a time')
  })
}

test('a first clause comes out while the rest has not arrived', () => {
  const splitter = new SentenceSplitter()
  assert.deepEqual(splitter.push('今天天气'), [])
  assert.deepEqual(splitter.push('很好，'), ['今天天气很好，'])
  assert.deepEqual(splitter.push('适合出门'), [])
  assert.deepEqual(splitter.push('。要'), ['适合出门。'])
  assert.deepEqual(splitter.end(), ['要'])
})

test('a sentence comes out with the space after its stop', () => {
  const splitter = new SentenceSplitter()
  assert.deepEqual(splitter.push('It rains.'), [])
  assert.deepEqual(splitter.push(' Take'), ['It rains.'])
})

test('after its end a splitter serves the next answer', () => {
  const splitter = new SentenceSplitter()
  splitter.push('你好，世界')
  splitter.end()
  assert.deepEqual(splitter.push('再见，朋友，走'), ['再见，'])
})

test('an over-long clause is cut at its last comma', () => {
  const text = `${'word '.repeat(10)}last, ${'more '.repeat(10)}`.trim()
  assert.deepEqual(split(text, 80), [`${'word '.repeat(10)}last,`, 'more '.repeat(10).trim()])
})

test('an over-long clause without a comma is cut at a space', () => {
  const parts = split('one two three four five six seven', 12)
  assert.deepEqual(parts, ['one two', 'three four', 'five six', 'seven'])
})

test('over-long text without spaces is cut between characters', () => {
  assert.deepEqual(split('一'.repeat(450)), ['一'.repeat(200), '一'.repeat(200), '一'.repeat(50)])
})

test('a surrogate pair is never cut', () => {
  for (const sentence of split('a' + '😀'.repeat(300), 7)) assert.doesNotMatch(sentence, /\p{Surrogate}/u)
})

test('a surrogate pair cut between deltas comes out whole', () => {
  const [high, low] = ['😀'.slice(0, 1), '😀'.slice(1)]
  assert.deepEqual(splitDeltas([`你好${high!}`, `${low!}。`]), ['你好😀。'])
})

// Pieces that make the hard cases likely; free text on top of them.
const pieces = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('Dr.', 'U.S.', 'a.m.', 'e.g.', '3.14', '1,000', '10:30', 'The', 'No.', '...', '……', 'https://a.b/c?d=e.',
    '你好', '，', '。', '？！', '"', '”', '. ', ', ', '! ', '\n', '| a. b |\n', '```\n', '😀', '𠀀', ' ', 'etc. ', 'I', '1. ') },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 6 }) },
  { weight: 1, arbitrary: fc.string({ unit: 'grapheme', maxLength: 30 }) }
)
const answers = fc.array(pieces, { maxLength: 60 }).map(parts => parts.join(''))

test('however the deltas are cut, the sentences are the same', () => {
  const cuts = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 })
  fc.assert(fc.property(answers, cuts, fc.integer({ min: 2, max: 60 }), (text, sizes, maxLength) => {
    const deltas: string[] = []
    for (let at = 0, turn = 0; at < text.length; turn++) {
      const size = sizes[turn % sizes.length]!
      deltas.push(text.slice(at, at + size))
      at += size
    }
    assert.deepEqual(splitDeltas(deltas, maxLength), split(text, maxLength))
  }), { numRuns: 2_000 })
})

test('nothing is lost, doubled, blank or too long', () => {
  fc.assert(fc.property(answers, text => {
    const sentences = split(text)
    assert.equal(squeeze(sentences.join('')), squeeze(text))
    for (const sentence of sentences) {
      assert.notEqual(sentence.trim(), '')
      assert.ok(sentence.length <= 200 + 24, `${sentence.length}`)
      assert.ok(Buffer.byteLength(sentence) <= 1024)
    }
  }), { numRuns: 1_000 })
})
