import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { OfflineLlm, type OfflineLlmOptions } from '../../../src/providers/llm/offline.js'
import type { ChatMessage } from '../../../src/providers/types.js'

// 22 November 2026, a Sunday, 16:05 in Berlin.
const now = (): number => Date.UTC(2026, 10, 22, 15, 5)
const never = new AbortController().signal

async function ask (text: string, options: OfflineLlmOptions = {}, history: readonly ChatMessage[] = []): Promise<string> {
  const llm = new OfflineLlm({ now, timeZone: 'Europe/Berlin', ...options })
  let answer = ''
  for await (const word of llm.stream({ messages: [...history, { role: 'user', content: text }], signal: never })) answer += String(word)
  return answer
}

const unknown = 'I am the offline assistant, so I cannot answer that. I can tell the time, do sums, or repeat what you say.'
const unknownZh = '我是离线助手，这个问题我答不上来。我会报时、算数和复述。'
const today = 'Today is Sunday, November twenty-second, twenty twenty-six.'
const todayZh = '今天是二零二六年十一月二十二日，星期日。'
const time = 'It is five minutes past four in the afternoon.'
const timeZh = '现在是下午四点零五分。'

const sums: ReadonlyArray<readonly [question: string, answer: string]> = [
  ['what is twenty-five times four', 'one hundred'],
  ['What is twenty five times four?', 'one hundred'],
  ['What\'s 12 x 12?', 'one hundred forty-four'],
  ['What’s 12x12', 'one hundred forty-four'],
  ['12 plus 30', 'forty-two'],
  ['12 + 30 = ?', 'forty-two'],
  ['Twelve plus thirty equals what?', 'forty-two'],
  ['3.5 * 2', 'seven'],
  ['3.5 × 2.', 'seven'],
  ['How much is 7 minus 10?', 'minus three'],
  ['How much is one hundred and five minus five?', 'one hundred'],
  ['Calculate 100 divided by 8.', 'twelve point five'],
  ['100 ÷ 3', 'about thirty-three point three three'],
  ['what is one divided by three', 'about zero point three three three'],
  ['What is 15 percent of 80?', 'twelve'],
  ['15% of 80', 'twelve'],
  ['What is 80 plus 10 percent?', 'eighty-eight'],
  ['What is 200 minus 5%?', 'one hundred ninety'],
  ['square root of 144', 'twelve'],
  ['What is the square root of sixteen plus nine?', 'thirteen'],
  ['What is the square root of (16 + 9)?', 'five'],
  ['What\'s the cube root of 27?', 'three'],
  ['two to the power of ten', 'one thousand twenty-four'],
  ['2 to the 10th power', 'one thousand twenty-four'],
  ['two to the tenth', 'one thousand twenty-four'],
  ['2^3^2', 'five hundred twelve'],
  ['2 ** 10', 'one thousand twenty-four'],
  ['five squared plus three cubed', 'fifty-two'],
  ['What is minus five plus two?', 'minus three'],
  ['negative two squared', 'minus four'],
  ['1 + 2 * 3', 'seven'],
  ['(1 + 2) * 3', 'nine'],
  ['open bracket one plus two close bracket times three', 'nine'],
  ['10 - 4 - 3', 'three'],
  ['100 / 5 / 2', 'ten'],
  ['Add 5 and 7.', 'twelve'],
  ['Please add five to seven.', 'twelve'],
  ['Can you subtract three from ten?', 'seven'],
  ['Multiply six by seven, please.', 'forty-two'],
  ['Divide 84 by 2', 'forty-two'],
  ['What is the sum of 2 and 3?', 'five'],
  ['What is the product of six and seven?', 'forty-two'],
  ['What is the difference between 10 and 4?', 'six'],
  ['What is half of 90?', 'forty-five'],
  ['Double 21', 'forty-two'],
  ['What is 1,000 times 1,000?', 'one million'],
  ['two million plus 3 hundred', 'two million three hundred'],
  ['three point one four times two', 'six point two eight'],
  ['0.1 + 0.2', 'zero point three'],
  ['17 mod 5', 'two'],
  ['a thousand minus one', 'nine hundred ninety-nine'],
  ['Hey, can you tell me what is nine times nine? Thank you.', 'eighty-one'],
  ['999999999 * 999999999', 'about one times ten to the power of eighteen'],
  ['1 / 8000', 'one point two five times ten to the power of minus four'],
  ['-3 * -4', 'twelve']
]

for (const [question, answer] of sums) test(`"${question}" is ${answer}`, async () => { assert.equal(await ask(question), `The answer is ${answer.startsWith('about') ? '' : 'the number '}${answer}.`) })

const chineseSums: ReadonlyArray<readonly [question: string, answer: string]> = [
  ['二十五乘以四等于多少', '是一百'],
  ['二十五乘四是多少？', '是一百'],
  ['请问，12加30等于几？', '是四十二'],
  ['帮我算一下一百零五减去五', '是一百'],
  ['一百五加两百', '是三百五十'],
  ['一百除以八', '是十二点五'],
  ['十除以三等于多少', '大约是三点三三'],
  ['八十的百分之十五是多少', '是十二'],
  ['100的一半', '是五十'],
  ['十六的平方根', '是四'],
  ['根号十六加九', '是十三'],
  ['二的十次方', '是一千零二十四'],
  ['五的平方加三的立方', '是五十二'],
  ['左括号一加二右括号乘以三', '是九'],
  ['（1＋2）×3＝？', '是九'],
  ['负五加二', '是负三'],
  ['三点一四乘以二', '是六点二八'],
  ['一亿加一万', '是一亿零一万'],
  ['2万减1', '是一万九千九百九十九']
]

for (const [question, answer] of chineseSums) {
  test(`"${question}" ${answer}`, async () => { assert.equal(await ask(question, { language: 'zh' }), `答案${answer}。`) })
}

const questions: ReadonlyArray<readonly [question: string, answer: string]> = [
  ['What is 5 divided by 0?', 'I am sorry, nobody can divide by zero.'],
  ['square root of minus four', 'I am sorry, a negative number has no real root.'],
  ['10 ^ 1000', 'I am sorry, that number is too large for me.'],
  ['五除以零', '抱歉，零不能做除数。'],
  ['What time is it?', time],
  ['what time is it', time],
  ['What\'s the time?', time],
  ['Hello, can you tell me the time?', time],
  ['Could you please tell me what time it is now?', time],
  ['现在几点了？', timeZh],
  ['现在是什么时间', timeZh],
  ['What\'s the date today?', today],
  ['What day is it?', today],
  ['what is today\'s date', today],
  ['What day is tomorrow?', 'Tomorrow is Monday, November twenty-third, twenty twenty-six.'],
  ['What day is to-morrow?', 'Tomorrow is Monday, November twenty-third, twenty twenty-six.'],
  ['What was the date yesterday?', 'Yesterday was Saturday, November twenty-first, twenty twenty-six.'],
  ['What time and what day is it?', `${time} ${today}`],
  ['What year is it?', 'It is the year twenty twenty-six.'],
  ['What month is it?', 'It is November.'],
  ['今天几号', todayZh],
  ['今天星期几？', todayZh],
  ['明天星期几', '明天是二零二六年十一月二十三日，星期一。'],
  ['今年是哪一年？', '今年是二零二六年。'],
  ['Repeat after me. The sky is blue.', 'The sky is blue.'],
  ['Repeat after me: the sky is blue', 'The sky is blue.'],
  ['Please repeat the words "open the door".', 'Open the door.'],
  ['Repeat this: one two.', 'One two.'],
  ['Say this is good', 'This is good.'],
  ['Repeat after me. The words are good.', 'The words are good.'],
  ['Repeat after me: 你好', '你好.'],
  ['Say hello to everyone.', 'Hello to everyone.'],
  ['Can you say good night?', 'Good night?'],
  ['say what time is it', 'What time is it.'],
  ['Repeat.', 'What shall I repeat?'],
  ['跟我说，天是蓝的。', '天是蓝的。'],
  ['请跟我说天是蓝的', '天是蓝的。'],
  ['重复：今天天气很好', '今天天气很好。'],
  ['请重复一下你好', '你好。'],
  ['Hello!', 'Hello. How can I help you?'],
  ['hi there', 'Hello. How can I help you?'],
  ['Good morning.', 'Hello. How can I help you?'],
  ['How are you?', 'I am fine, thank you. How are you?'],
  ['Thank you very much.', 'You are welcome.'],
  ['Goodbye.', 'Goodbye.'],
  ['Good night!', 'Goodbye.'],
  ['Who are you?', 'I am the offline assistant. I work without the internet.'],
  ['What\'s your name?', 'I am the offline assistant. I work without the internet.'],
  ['What can you do?', 'I can tell the time and the date, do sums, and repeat what you say.'],
  ['Can you hear me?', 'Yes, I can hear you.'],
  ['你好', '你好，有什么可以帮你？'],
  ['你好吗？', '我很好，谢谢。你呢？'],
  ['谢谢你', '不客气。'],
  ['再见！', '再见。'],
  ['你是谁', '我是离线助手，不用联网也能工作。'],
  ['你叫什么名字？', '我是离线助手，不用联网也能工作。'],
  ['你会做什么', '我会报时间和日期，会算数，也会跟你说话。'],
  ['Who was the first man on the moon?', unknown],
  ['What is the capital of France?', unknown],
  ['What is five?', unknown],
  ['one two plus three', unknown],
  ['twenty eleven minus one', unknown],
  ['Take me to the river and back.', unknown],
  ['...', unknown],
  ['法国的首都是哪里？', unknownZh],
  ['天为什么是蓝的', unknownZh],
  ['今日は何曜日ですか', unknown]
]

for (const [question, answer] of questions) test(`"${question}" gets "${answer}"`, async () => { assert.equal(await ask(question), answer) })

test('the clock is said in words at every time of day', async () => {
  const at = (hour: number, minute: number): OfflineLlmOptions => ({ now: () => Date.UTC(2026, 0, 1, hour, minute), timeZone: 'UTC' })
  const clocks: ReadonlyArray<readonly [number, number, string, string]> = [
    [0, 0, 'midnight', '凌晨零点整'],
    [0, 15, 'fifteen minutes past twelve at night', '凌晨零点十五分'],
    [2, 0, 'now two o\'clock, in the morning', '凌晨两点整'],
    [9, 59, 'fifty-nine minutes past nine in the morning', '上午九点五十九分'],
    [12, 0, 'twelve noon', '中午十二点整'],
    [12, 1, 'one minute past twelve in the afternoon', '中午十二点零一分'],
    [16, 8, 'eight minutes past four in the afternoon', '下午四点零八分'],
    [14, 30, 'thirty minutes past two in the afternoon', '下午两点三十分'],
    [18, 20, 'twenty minutes past six in the evening', '晚上六点二十分'],
    [23, 59, 'fifty-nine minutes past eleven at night', '晚上十一点五十九分']
  ]
  for (const [hour, minute, english, chinese] of clocks) {
    assert.equal(await ask('What time is it?', at(hour, minute)), `It is ${english}.`)
    assert.equal(await ask('几点了', at(hour, minute)), `现在是${chinese}。`)
  }
})

test('the time zone decides the day', async () => {
  const options = { now: () => Date.UTC(2026, 11, 31, 20), timeZone: 'Asia/Shanghai' }
  assert.equal(await ask('What day is it?', options), 'Today is Friday, January first, twenty twenty-seven.')
  assert.equal(await ask('明天几号', options), '明天是二零二七年一月二日，星期六。')
})

test('asked again, it says its last answer', async () => {
  const history = [{ role: 'user', content: 'x' }, { role: 'assistant', content: 'The sky is blue.' }] as const
  assert.equal(await ask('Can you repeat that?', {}, history), 'The sky is blue.')
  assert.equal(await ask('What did you say?', {}, history), 'The sky is blue.')
  assert.equal(await ask('再说一遍', {}, history), 'The sky is blue.')
  assert.equal(await ask('Say that again.'), 'I have not said anything yet.')
})

test('a sum without letters is answered in the language configured', async () => {
  assert.equal(await ask('3 * 4'), 'The answer is the number twelve.')
  assert.equal(await ask('3 * 4', { language: 'zh' }), '答案是十二。')
})

test('without a question it greets', async () => {
  const deltas: string[] = []
  for await (const word of new OfflineLlm().stream({ messages: [{ role: 'system', content: 'What time is it?' }], signal: never })) deltas.push(String(word))
  assert.deepEqual(deltas, ['Hello.'])
})

test('answers stream word by word', async () => {
  const deltas: string[] = []
  const llm = new OfflineLlm({ now, timeZone: 'UTC' })
  for await (const word of llm.stream({ messages: [{ role: 'user', content: 'Say I am here.' }], signal: never })) deltas.push(String(word))
  assert.deepEqual(deltas, ['I ', 'am ', 'here.'])
})

test('an abort ends the answer at the next word', async () => {
  const controller = new AbortController()
  const stream = new OfflineLlm().stream({ messages: [{ role: 'user', content: 'Who was Napoleon?' }], signal: controller.signal })
  assert.equal((await stream.next()).done, false)
  controller.abort()
  assert.equal((await stream.next()).done, true)
})

test('whatever is said, there is an answer of words, and repeating changes no word', async () => {
  const pieces = fc.array(fc.oneof(
    fc.constantFrom('what is ', 'two ', 'hundred ', 'and ', 'point ', '12', '(', ')', '+', '-', '*', '/', '^', 'percent ', 'to the ', 'tenth ', 'of ', 'square root of ', '二', '十', '百', '万', '点', '加', '的', '平方', '百分之', '除以', 'add ', 'from ', ' '),
    fc.string({ unit: 'grapheme', maxLength: 6 })), { minLength: 1, maxLength: 14 }).map(some => some.join(''))
  await fc.assert(fc.asyncProperty(pieces, async text => {
    assert.match(await ask(text), /\p{L}/u)
    assert.doesNotMatch(await ask(text), /undefined|NaN|Infinity/)
    const words = text.replace(/[^\p{L}\p{N}]+/gu, ' ').trim()
    if (words !== '') assert.equal(await ask(`Repeat after me: xx ${words} xx.`), `Xx ${words} xx.`)
  }), { numRuns: 500 })
})

test('a very long question is answered quickly', async () => {
  for (const hard of ['(', '-', 'please ', 'two ', '1+', '一', '的', 'is ', ' ', 'repeat after me ', 'hi there ']) {
    const from = process.cpuUsage()
    await ask(hard.repeat(3_000))
    await ask(`${hard.repeat(3_000)}?好`)
    assert.ok(process.cpuUsage(from).user < 1_000_000, hard)
  }
})
