import { calculate, type MathProblem } from './arithmetic.js'
import { readChineseSum } from './chinese-math.js'
import { digitCharacters, numberCharacters, wholeCharacters } from './chinese-numbers.js'
import { type Question, repeatInEnglish } from './english-replies.js'
import { addDays, type Moment } from './moment.js'

const weekdays = '日一二三四五六'

const problems: Readonly<Record<MathProblem, string>> = {
  'division-by-zero': '抱歉，零不能做除数。',
  'root-of-negative': '抱歉，负数没有实数根。',
  'too-large': '抱歉，这个数太大了。'
}

const smallTalk: ReadonlyArray<readonly [question: RegExp, answer: string]> = [
  [/再见|拜拜|晚安|回头见|再会/, '再见。'],
  [/谢谢|多谢|感谢|谢了/, '不客气。'],
  [/你是谁|你叫什么|你的名字|介绍.*你?自己|你是(?:什么|机器人|人)/, '我是离线助手，不用联网也能工作。'],
  [/你(?:都|还)?(?:会|能|可以)(?:做|干|帮)?.*什么|什么功能|怎么用你|帮助/, '我会报时间和日期，会算数，也会跟你说话。'],
  [/你好吗|你怎么样|最近好吗|过得好吗/, '我很好，谢谢。你呢？'],
  [/听得?(?:见|到)(?:我|吗)|在吗|你在不在/, '我在，请说。'],
  [/^[\s，。！]*(?:你好|您好|嗨|哈喽|喂|早上好|上午好|中午好|下午好|晚上好|早安|大家好|小智)/, '你好，有什么可以帮你？']
]

export function replyInChinese (question: Question): string {
  const { text } = question
  return repetition(question) ?? repeatInEnglish(question) ?? sum(text) ?? calendar(text, question.now) ??
    smallTalk.find(([asked]) => asked.test(text))?.[1] ??
    '我是离线助手，这个问题我答不上来。我会报时、算数和复述。'
}

function repetition ({ text, lastAnswer }: Question): string | undefined {
  if (/^(?:请|你|能|可以|麻烦|把刚才的话)*(?:再说一[遍次]|再讲一遍|重复一[遍次]|你(?:刚才|刚刚)说(?:了)?什么|没听清.*)[吗吧呢？?。！\s]*$/.test(text)) {
    return lastAnswer === '' ? '我还没有说过话。' : lastAnswer
  }
  const order = /^(?:请|你|能不能|能|可以|帮我)*(?:(?:跟着?我|跟我一起|学我)(?:说|念|读|重复)|重复(?:一下|这句话|我的话|我说的话)?|复述(?:一下)?|请说(?=[：:，,“"\s])|说(?=[：:，,“"]))[一遍]{0,2}[：:，,。\s“"]*(.*?)[”"\s]*$/s.exec(text)
  if (order === null) return undefined
  const words = order[1]!
  if (!/[\p{L}\p{N}]/u.test(words)) return '要我重复什么？'
  return /[。！？.!?]$/.test(words) ? words : `${words}。`
}

function sum (text: string): string | undefined {
  const tokens = readChineseSum(text)
  const result = tokens === undefined ? undefined : calculate(tokens)
  if (result === undefined) return undefined
  if (result.kind === 'problem') return problems[result.problem]
  const { text: number, isAbout } = numberCharacters(result.value)
  return `答案${isAbout ? '大约' : ''}是${number}。`
}

function calendar (text: string, now: Moment): string | undefined {
  const answers: string[] = []
  if (/几点|什么时间|什么时候了|报(?:个|一下)?时|现在.{0,3}时间|时间是(?:多少|几)/.test(text)) answers.push(`现在是${clockCharacters(now)}。`)
  if (/(?:哪|几|什么)(?:一)?年|今年是/.test(text)) return `今年是${digitCharacters(String(now.year))}年。`
  if (/几号|几月|几日|日期|(?:星期|礼拜|周)几|什么日子|(?:星期|礼拜)天吗/.test(text)) answers.push(dateCharacters(text, now))
  return answers.length === 0 ? undefined : answers.join('')
}

function dateCharacters (text: string, now: Moment): string {
  const [name, days] = ([['后天', 2], ['明天', 1], ['昨天', -1], ['前天', -2]] as const).find(([word]) => text.includes(word)) ?? ['今天', 0]
  const { year, month, day, weekday } = addDays(now, days)
  return `${name}是${digitCharacters(String(year))}年${wholeCharacters(month)}月${wholeCharacters(day)}日，星期${weekdays[weekday]!}。`
}

function clockCharacters ({ hour, minute }: Moment): string {
  const shown = hour > 12 ? hour - 12 : hour
  const minutes = minute === 0 ? '整' : `${minute < 10 ? '零' : ''}${wholeCharacters(minute)}分`
  return `${partOfDay(hour)}${shown === 2 ? '两' : wholeCharacters(shown)}点${minutes}`
}

function partOfDay (hour: number): string {
  if (hour < 6) return '凌晨'
  if (hour < 9) return '早上'
  if (hour < 12) return '上午'
  if (hour === 12) return '中午'
  return hour < 18 ? '下午' : '晚上'
}
