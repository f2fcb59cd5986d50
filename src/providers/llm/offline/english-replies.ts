import { calculate, type MathProblem } from './arithmetic.js'
import { readEnglishSum } from './english-math.js'
import { numberWords, ordinalWords, wholeWords, yearWords } from './english-numbers.js'
import { addDays, type Moment } from './moment.js'

export interface Question {
  readonly text: string
  readonly now: Moment
  /** What was answered last; empty if nothing was. */
  readonly lastAnswer: string
}

const weekdays = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']
const months = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December']

const problems: Readonly<Record<MathProblem, string>> = {
  'division-by-zero': 'I am sorry, nobody can divide by zero.',
  'root-of-negative': 'I am sorry, a negative number has no real root.',
  'too-large': 'I am sorry, that number is too large for me.'
}

const smallTalk: ReadonlyArray<readonly [question: RegExp, answer: string]> = [
  [/\b(?:good ?bye|bye|see you|good night|farewell|that's all)\b/i, 'Goodbye.'],
  [/\b(?:thanks|thank you|thank u)\b/i, 'You are welcome.'],
  [/\bwho are you\b|\bwhat are you\b|\byour name\b|\bintroduce yourself\b|\bwho am i (?:talking|speaking) (?:to|with)\b|\bare you (?:a robot|human|real|online|offline)\b/i, 'I am the offline assistant. I work without the internet.'],
  [/\bwhat (?:can|could|do) you do\b|\bcan you help\b|\bhelp me\b|^\W*help\W*$|\bwhat are you able\b|\bwhat can i (?:ask|say)\b/i, 'I can tell the time and the date, do sums, and repeat what you say.'],
  [/\bhow are you\b|\bhow do you do\b|\bhow is it going\b|\bhow's it going\b/i, 'I am fine, thank you. How are you?'],
  [/^\W*(?:(?:can|do) you hear me|are you (?:there|listening))\b/i, 'Yes, I can hear you.'],
  [/^\W*(?:hello|hi|hey|greetings|good (?:morning|afternoon|evening|day)|howdy|what's up)\b(?:\W+(?:there|assistant|everyone|everybody|you|computer|friend|again))*\W*$/i, 'Hello. How can I help you?'],
  [/^\W*(?:nice|good|pleased) to meet you\b/i, 'Nice to meet you, too.']
]

/** An answer in words that a simple voice says well and a recogniser writes back. */
export function replyInEnglish (question: Question): string {
  const { text } = question
  return repeatInEnglish(question) ?? sum(text) ?? calendar(text, question.now) ??
    smallTalk.find(([asked]) => asked.test(text))?.[1] ??
    'I am the offline assistant, so I cannot answer that. I can tell the time, do sums, or repeat what you say.'
}

/** What is to be said after the user, or again; undefined if that was not asked. */
export function repeatInEnglish ({ text, lastAnswer }: Question): string | undefined {
  if (/^\W*(?:(?:can|could|would) you |please )*(?:(?:say|repeat) (?:that|it)(?: again| once more)?|say again|come again|what did you (?:just )?say|pardon(?: me)?)(?:,? please)?\W*$/i.test(text)) {
    return lastAnswer === '' ? 'I have not said anything yet.' : lastAnswer
  }
  const order = /^\W*(?:(?:hey|okay|ok|now|just|please|can you|could you|would you|will you)[\s,.]+)*(?:repeat|say)\b(?:\s+(?:after me|what i say)\b)*(?:\s+(?:(?:this|these|the)\s*)?(?:following\s*)?(?:words?|sentence|phrase)?(?=\s*[:"“]))?[\s:,.;!?"“'‘—-]*(.*?)["”'’\s]*$/is.exec(text)
  if (order === null) return undefined
  const words = order[1]!.replace(/,? please\W*$/i, '').replace(/["”]([.!?]*)$/, '$1')
  if (!/[\p{L}\p{N}]/u.test(words)) return 'What shall I repeat?'
  const sentence = words.charAt(0).toUpperCase() + words.slice(1)
  return /[.!?]$/.test(sentence) ? sentence : `${sentence}.`
}

function sum (text: string): string | undefined {
  const tokens = readEnglishSum(text)
  const result = tokens === undefined ? undefined : calculate(tokens)
  if (result === undefined) return undefined
  if (result.kind === 'problem') return problems[result.problem]
  const words = numberWords(result.value)
  // Alone at the end, short numbers are misheard: said by flite, "the answer is three" is written
  // "free" by Moonshine, and four of twenty others went wrong; after "number" none did.
  return words.startsWith('about') ? `The answer is ${words}.` : `The answer is the number ${words}.`
}

function calendar (text: string, now: Moment): string | undefined {
  const answers: string[] = []
  if (/\bwhat(?:'s| is)? (?:the )?(?:current )?time\b|\btime is it\b|\b(?:tell|give) me the (?:current )?time\b|\bthe time(?: now)?\W*$|\bwhat time\b|^\W*(?:current )?time(?: please)?\W*$|\bwhat hour\b/i.test(text)) answers.push(`It is ${clockWords(now)}.`)
  if (/\bwhat year\b|\bwhich year\b/i.test(text)) return `It is the year ${yearWords(now.year)}.`
  if (/\bwhat month\b|\bwhich month\b/i.test(text)) return `It is ${months[now.month - 1]!}.`
  const isDate = /\b(?:what|which|today's|current|the) (?:date|day)\b|\bdate (?:is it|today)\b|\bday (?:is it|is today|is tomorrow|was yesterday|of the week)\b|^\W*(?:what is|what's) today\W*$|\btell me the date\b|\b(?:date|day)\b.*\b(?:today|tomorrow|yesterday)\b|^\W*date(?: please)?\W*$/i.test(text)
  if (isDate && !/\b(?:birthday|christmas|holiday|born|happened?)\b/i.test(text)) answers.push(dateWords(text, now))
  return answers.length === 0 ? undefined : answers.join(' ')
}

function dateWords (text: string, now: Moment): string {
  const days = /\bday after tomorrow\b/i.test(text) ? 2 : /\btomorrow\b/i.test(text) ? 1 : /\byesterday\b/i.test(text) ? -1 : 0
  const { year, month, day, weekday } = addDays(now, days)
  const subject = days === 2 ? 'The day after tomorrow is' : days === 1 ? 'Tomorrow is' : days === -1 ? 'Yesterday was' : 'Today is'
  return `${subject} ${weekdays[weekday]!}, ${months[month - 1]!} ${ordinalWords(day)}, ${yearWords(year)}.`
}

// "4:05 PM" is read as "four colon zero five" by some voices, and "two twenty-two" is heard as "two
// to twenty-two": "minutes past" leaves no choice (flite, heard by Moonshine: 0 of 56 times wrong,
// against 9 of 56 for "four oh five"). So does the pause behind "o'clock".
function clockWords ({ hour, minute }: Moment): string {
  if (minute === 0 && hour === 0) return 'midnight'
  if (minute === 0 && hour === 12) return 'twelve noon'
  const shown = wholeWords(hour % 12 === 0 ? 12 : hour % 12)
  if (minute === 0) return `now ${shown} o'clock, ${partOfDay(hour)}`
  return `${wholeWords(minute)} ${minute === 1 ? 'minute' : 'minutes'} past ${shown} ${partOfDay(hour)}`
}

function partOfDay (hour: number): string {
  if (hour === 0 || hour >= 21) return 'at night'
  if (hour < 12) return 'in the morning'
  return hour < 18 ? 'in the afternoon' : 'in the evening'
}
