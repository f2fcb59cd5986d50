import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { defaultMood, moodOf, moods } from '../../src/dialogue/emotion.js'
import { SentenceSplitter } from '../../src/dialogue/sentence-splitter.js'
import { SpeechText, speechTextOf } from '../../src/dialogue/speech-text.js'

function speak (answer: string): string[] {
  const splitter = new SentenceSplitter()
  const speech = new SpeechText()
  return [...splitter.push(answer), ...splitter.end()].map(sentence => speech.clean(sentence).text).filter(text => text !== '')
}

const cases: ReadonlyArray<readonly [behaviour: string, sentence: string, text: string]> = [
  ['bold and italics lose their stars', 'This is **very** *good* and ***both***.', 'This is very good and both.'],
  ['bold and italics lose their lines', 'This is __very__ _good_.', 'This is very good.'],
  ['Chinese emphasis loses its stars', '这是**重点**和*斜体*。', '这是重点和斜体。'],
  ['half a pair goes too', '**Note. ', 'Note.'],
  ['a product keeps its star', 'So 3 * 4 is 12.', 'So 3 * 4 is 12.'],
  ['a name with lines is read as words', 'Call set_volume_level now.', 'Call set volume level now.'],
  ['struck text is read', 'It is ~~not~~ so.', 'It is not so.'],
  ['a heading loses its marks', '## The plan ##', 'The plan'],
  ['a hash inside stays', 'C# is number #1.', 'C# is number #1.'],
  ['quotes lose their marks', '> > To be or not.', 'To be or not.'],
  ['bullets go', '- Apples', 'Apples'],
  ['star bullets go', '* **Apples**: red', 'Apples: red'],
  ['tasks lose their box', '- [x] Buy milk', 'Buy milk'],
  ['numbers of a list stay', '2. Pears', '2. Pears'],
  ['minus signs stay', '-5 degrees', '-5 degrees'],
  ['links become their label', 'See [the page](https://example.com/a_(b)?c=d).', 'See the page.'],
  ['half a link goes', 'the page](https://example.com/a) is good.', 'the page is good.'],
  ['pictures go', 'Look ![a cat](cat.png) here.', 'Look here.'],
  ['a bare address becomes its host', 'See https://www.example.com/a/b?c=d. It is good.', 'See example.com. It is good.'],
  ['an address in brackets becomes its host', 'See <https://example.com/a>.', 'See example.com.'],
  ['inline code is read', 'Type `npm start`.', 'Type npm start.'],
  ['code within one line goes', 'Run ```ls -l``` now.', 'Run now.'],
  ['tags go', 'One<br>two <b>three</b> a < b.', 'One two three a < b.'],
  ['a formula loses its signs', 'So $a^2$ is it, for $5 and $6.', 'So a^2 is it, for $5 and $6.'],
  ['escapes go', 'A \\*star\\*.', 'A star.'],
  ['a rule is nothing', '---', ''],
  ['a mark alone is nothing', '。！', ''],
  ['stars alone are nothing', '**', ''],
  ['emoji go', '😀 Hello 👨‍👩‍👧 you 👍🏽 ❤️ 🇩🇪!', 'Hello you!'],
  ['emoji alone are nothing', '🎉🎉', ''],
  ['a keycap keeps its digit', '1️⃣ first', '1 first'],
  ['signs that are words stay', 'Lego® costs 5 €.', 'Lego® costs 5 €.'],
  ['marks left by a cut go', '，然后” 走', '然后” 走'],
  ['a decimal at the front stays', '.5 is half', '.5 is half'],
  ['line ends become spaces', 'one\ntwo\r\nthree', 'one two three']
]

for (const [behaviour, sentence, text] of cases) test(behaviour, () => { assert.equal(speechTextOf(sentence).text, text) })

test('code is not spoken, however it is cut', () => {
  assert.deepEqual(speak('Look at this.\n```python\nprint("Hello. World!")\nx = 1\n```\nThat is it.'), ['Look at this.', 'That is it.'])
})

test('a table is spoken as columns and values', () => {
  assert.deepEqual(speak('| Name | Age |\n|---|:-:|\n| **Ann** | 5 |\n| Bob | |\n\nDone.'), ['Name, Age.', 'Name: Ann, Age: 5.', 'Name: Bob.', 'Done.'])
  assert.deepEqual(speak('| 城市 | 温度 |\n|---|---|\n| 北京 | 三度 |\n'), ['城市，温度。', '城市：北京，温度：三度。'])
})

test('a second table has its own header', () => {
  assert.deepEqual(speak('| A |\n|--|\n| 1 |\nText\n| B |\n|--|\n| 2 |'), ['A.', 'A: 1.', 'Text', 'B.', 'B: 2.'])
})

test('the mood is that of the first face that firmware knows', () => {
  assert.deepEqual(moodOf('🎉 so 😭 then 😂'), { emotion: 'crying', emoji: '😭' })
  assert.deepEqual(moodOf('🎉'), defaultMood)
  assert.equal(moodOf('no face © 5'), undefined)
  assert.deepEqual(speechTextOf('🤔让我想想。'), { text: '让我想想。', mood: { emotion: 'thinking', emoji: '🤔' } })
})

test('firmware has 21 faces', () => {
  assert.equal(moods.size, 21)
  assert.equal(new Set(moods.values()).size, 21)
})

test('whatever comes in, the text is tidy', () => {
  const parts = fc.array(fc.oneof(
    fc.constantFrom('**', '*', '_', '`', '```', '[', '](', ')', '|', '#', '> ', '- ', '\n', '$', '😀', 'word', '好', ' ', 'https://', '<b>', '\\'),
    fc.string({ unit: 'grapheme', maxLength: 8 })), { maxLength: 40 }).map(some => some.join(''))
  fc.assert(fc.property(parts, text => {
    const spoken = speechTextOf(text).text
    assert.equal(spoken, spoken.trim())
    assert.doesNotMatch(spoken, /\n|\*\*|`|😀/)
    if (spoken !== '') assert.match(spoken, /[\p{L}\p{N}]/u)
  }), { numRuns: 1_000 })
})

test('cleaning takes time in proportion to the text', () => {
  for (const hard of ['[', '![', '*', '_', '$a', '<a ', '](', '`', '~', '|', '> ', '- - ', '# ']) {
    const from = process.cpuUsage()
    speechTextOf(hard.repeat(5_000))
    assert.ok(process.cpuUsage(from).user < 1_000_000, hard)
  }
})
