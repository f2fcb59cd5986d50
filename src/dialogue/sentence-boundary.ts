/** `wait`: the next characters decide. */
export type Boundary = 'none' | 'clause' | 'sentence' | 'wait'

/** How far a full stop may look for the word that tells whether it ends a sentence. */
export const LOOKAHEAD = 24

const wideSentenceMarks = new Set('。！？；｡')
const wideClauseMarks = new Set('，、：､')
const narrowSentenceMarks = new Set('.!?;।؟۔')
const narrowClauseMarks = new Set(',:')
const quotes = new Set('"\'”’')
const closers = new Set('"\'”’」』）)】]》〉*_`')

// A full stop after these is never the end; `no.` and `fig.` only before a number.
const titles = new Set(['dr', 'mr', 'mrs', 'ms', 'prof', 'st', 'mt', 'gen', 'sen', 'rep', 'lt', 'col', 'capt', 'sgt', 'rev', 'hon', 'mx',
  'vs', 'cf', 'approx', 'e.g', 'i.e', 'eg', 'ie', 'viz'])
const beforeNumbers = new Set(['no', 'nos', 'fig', 'figs', 'vol', 'pp', 'ch', 'sec', 'art', 'eq'])
// After these a capital starts a sentence ("at 5 p.m. Bring a coat"), a small letter does not.
const maybeLast = new Set(['etc', 'al', 'a.m', 'p.m', 'jr', 'sr', 'inc', 'ltd', 'co', 'corp', 'dept', 'est', 'ave', 'blvd', 'rd', 'jan', 'feb', 'mar',
  'apr', 'jun', 'jul', 'aug', 'sep', 'sept', 'oct', 'nov', 'dec'])
const afterClockTimes = new Set(['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday', 'est', 'edt', 'cst', 'cdt', 'pst', 'pdt',
  'mst', 'gmt', 'utc', 'cet', 'bst', 'eastern', 'pacific', 'central'])
// After initials ("the U.S. Army", "J. Smith") a capital says nothing; only these start a sentence.
const starters = new Set(['the', 'a', 'an', 'it', 'its', 'he', 'she', 'they', 'we', 'you', 'i', 'this', 'that', 'these', 'those', 'there', 'here', 'in', 'on', 'at',
  'but', 'and', 'so', 'or', 'if', 'when', 'what', 'why', 'how', 'who', 'where', 'however', 'then', 'now', 'my', 'your', 'our', 'his', 'her', 'their', 'is', 'are', 'do',
  'does', 'did', 'can', 'please', 'yes', 'no', 'not', 'for', 'to', 'as', 'after', 'before', 'let', 'would', 'also'])

/** Han, kana and full-width marks: text without spaces between its words. */
export function isWide (character: string): boolean {
  return /[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef\ud840-\ud8ff]/.test(character)
}

/**
 * What the mark at `index` is. The answer depends on the text alone and not on how much of it has
 * arrived: where more text could change it, it is `wait`. `isEnd` says that no more will come.
 */
export function boundaryAt (text: string, index: number, isEnd: boolean): Boundary {
  const mark = text[index]!
  if (mark === '\n') return 'sentence'
  if (wideSentenceMarks.has(mark)) return 'sentence'
  if (wideClauseMarks.has(mark)) return 'clause'
  const isStop = narrowSentenceMarks.has(mark)
  if (!isStop && !narrowClauseMarks.has(mark) && mark !== '…') return 'none'
  let next = index + 1
  while (next < text.length && next - index < LOOKAHEAD && (closers.has(text[next]!) || isMark(text[next]!))) next++
  if (next >= text.length) return isEnd ? 'sentence' : 'wait'
  const after = text[next]!
  if (isMark(text[index + 1] ?? '')) return 'none' // the last mark of a run decides, and ends it
  if (!/\s/.test(after)) return touchingBoundary(text, index, after)
  if (!isStop) return mark === '…' ? ellipsisBoundary(text, next, isEnd) : 'clause'
  if (quotes.has(text[next - 1]!)) return quoteBoundary(text, next, isEnd)
  if (mark !== '.') return 'sentence'
  if (text[index - 1] === '.') return ellipsisBoundary(text, next, isEnd)
  return fullStopBoundary(text, index, next, isEnd)
}

/** Where a clause ends whose mark is at `index`: past the quotes that close with it. */
export function endOfClause (text: string, index: number): number {
  let end = index + 1
  if (wideClauseMarks.has(text[index]!)) return end // was decided without looking further
  while (end < text.length && end - index < LOOKAHEAD && closers.has(text[end]!)) end++
  return end
}

/** Where the marks and closing quotes that belong to the sentence end; -1 while more may come. */
export function endOfMarks (text: string, index: number, isEnd: boolean): number {
  if (text[index] === '\n') return index + 1
  const limit = index + LOOKAHEAD
  let end = index + 1
  while (end < text.length && end < limit && (closers.has(text[end]!) || isMark(text[end]!) || wideSentenceMarks.has(text[end]!))) end++
  return end === text.length && end < limit && !isEnd ? -1 : end
}

function isEmojiStart (character: string): boolean {
  return /[\ud83c-\ud83e\u2600-\u27bf]/.test(character)
}

function isMark (character: string): boolean {
  return character === '…' || narrowSentenceMarks.has(character)
}

// "3.14", "10:30", "example.com" and "a?b=c" are words; "你好!我是" and "Hello.😀" are not.
function touchingBoundary (text: string, index: number, after: string): Boundary {
  const mark = text[index]!
  const isInNumber = /[.,:]/.test(mark) && /\d/.test(text[index - 1] ?? '')
  if (isInNumber || !(isWide(after) || isEmojiStart(after))) return 'none'
  if (mark === '…') return 'clause'
  return narrowClauseMarks.has(mark) ? 'clause' : 'sentence'
}

function ellipsisBoundary (text: string, from: number, isEnd: boolean): Boundary {
  const word = wordFrom(text, from, isEnd)
  if (word === undefined) return 'wait'
  return /^\p{Ll}/u.test(word) ? 'clause' : 'sentence'
}

function fullStopBoundary (text: string, index: number, from: number, isEnd: boolean): Boundary {
  const before = /[\p{L}\p{N}.]*$/u.exec(text.slice(Math.max(0, index - LOOKAHEAD), index))![0]
  const word = before.toLowerCase()
  if (titles.has(word)) return 'none'
  if (/^\d{1,3}$/.test(word) && /^[\s>*#]*$/.test(text.slice(0, index - word.length))) return 'none' // "1. Apples"
  const isInitial = isInitials(before, text[index - before.length - 1])
  if (!isInitial && !maybeLast.has(word) && !beforeNumbers.has(word)) return 'sentence'
  const following = wordFrom(text, from, isEnd)
  if (following === undefined) return 'wait'
  if (beforeNumbers.has(word)) return /^\d/.test(following) ? 'none' : 'sentence'
  if (following === '' || isWide(following[0]!)) return 'sentence'
  if (maybeLast.has(word)) return /^\p{Lu}/u.test(following) && !afterClockTimes.has(following.toLowerCase()) ? 'sentence' : 'none'
  return /^\p{Lu}/u.test(following) && starters.has(following.toLowerCase()) ? 'sentence' : 'none'
}

// "J", "U.S", "Ph.D"; not the C of "5°C", and not "example.com".
function isInitials (word: string, previous: string | undefined): boolean {
  if (previous !== undefined && !/[\s"'“‘(*_]/.test(previous)) return false
  return /^(?:\p{L}{1,3}\.)+\p{L}{1,2}$|^\p{Lu}$/u.test(word)
}

// '"Really?" he asked.' is one sentence.
function quoteBoundary (text: string, from: number, isEnd: boolean): Boundary {
  const word = wordFrom(text, from, isEnd)
  if (word === undefined) return 'wait'
  return /^\p{Ll}/u.test(word) ? 'none' : 'sentence'
}

/**
 * The next word, without quotes before it; empty at a line's end; undefined while it may still
 * grow.
 */
function wordFrom (text: string, from: number, isEnd: boolean): string | undefined {
  const window = text.slice(from, from + LOOKAHEAD)
  const match = /^[^\S\n]*["'“‘(*_]*([\p{L}\p{N}]*)/u.exec(window)!
  const isWhole = match[0].length < window.length || window.length === LOOKAHEAD || isEnd
  return isWhole ? match[1]! : undefined
}
