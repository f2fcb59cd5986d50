import { roundForSpeech } from './rounding.js'

const ones = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten', 'eleven', 'twelve', 'thirteen', 'fourteen', 'fifteen',
  'sixteen', 'seventeen', 'eighteen', 'nineteen']
const tens = ['', '', 'twenty', 'thirty', 'forty', 'fifty', 'sixty', 'seventy', 'eighty', 'ninety']
const scales = ['', 'thousand', 'million', 'billion', 'trillion']
const oddOrdinals: Readonly<Record<string, string>> = { one: 'first', two: 'second', three: 'third', five: 'fifth', eight: 'eighth', nine: 'ninth', twelve: 'twelfth' }

const smallValues = new Map(ones.map((word, value) => [word, value]))
const tensValues = new Map(tens.slice(2).map((word, index) => [word, (index + 2) * 10]))
const scaleValues = new Map(scales.slice(1).map((word, index) => [word, 1000 ** (index + 1)]))
const ordinalValues = new Map(Array.from({ length: 31 }, (_, index) => [ordinalWords(index), index]))

/** A whole number from 0 to under a thousand trillion, in words. */
export function wholeWords (value: number): string {
  if (value < 20) return ones[value]!
  if (value < 100) return tens[Math.floor(value / 10)]! + (value % 10 === 0 ? '' : `-${ones[value % 10]!}`)
  if (value < 1000) return `${ones[Math.floor(value / 100)]!} hundred${value % 100 === 0 ? '' : ` ${wholeWords(value % 100)}`}`
  const groups: string[] = []
  for (let scale = 0, rest = value; rest > 0; scale++, rest = Math.floor(rest / 1000)) {
    if (rest % 1000 > 0) groups.unshift(`${wholeWords(rest % 1000)} ${scales[scale]!}`.trim())
  }
  return groups.join(' ')
}

/** Any number as it is said, rounded: "about three point three three". */
export function numberWords (value: number): string {
  const { isNegative, isAbout, whole, fraction, tenToThe } = roundForSpeech(value)
  const digits = fraction === '' ? '' : ` point ${[...fraction].map(digit => ones[Number(digit)]!).join(' ')}`
  const power = tenToThe === undefined ? '' : ` times ten to the power of ${tenToThe < 0 ? 'minus ' : ''}${wholeWords(Math.abs(tenToThe))}`
  return `${isAbout ? 'about ' : ''}${isNegative ? 'minus ' : ''}${wholeWords(whole)}${digits}${power}`
}

/** "twenty-second", for days of a month. */
export function ordinalWords (value: number): string {
  const words = wholeWords(value)
  const last = /[a-z]+$/.exec(words)![0]
  const ordinal = oddOrdinals[last] ?? (last.endsWith('y') ? `${last.slice(0, -1)}ieth` : `${last}th`)
  return words.slice(0, -last.length) + ordinal
}

/** "twenty twenty-six"; "two thousand five". */
export function yearWords (year: number): string {
  const [century, rest] = [Math.floor(year / 100), year % 100]
  if (year < 1000 || year > 9999 || (century % 10 === 0 && rest < 10)) return wholeWords(year)
  if (rest === 0) return `${wholeWords(century)} hundred`
  return `${wholeWords(century)} ${rest < 10 ? 'oh ' : ''}${wholeWords(rest)}`
}

export interface ReadNumber { readonly value: number, readonly length: number }

/**
 * The number at `words[from]`, in digits, words or both ("2 million"); undefined if there is none.
 */
export function readNumber (words: readonly string[], from: number): ReadNumber | undefined {
  let at = from
  let total = 0
  let group: number | undefined
  let room = Infinity // what may still be added: after "twenty" less than ten, after "hundred" less than a hundred
  if (words[at] === 'a' && (words[at + 1] === 'hundred' || scaleValues.has(words[at + 1] ?? ''))) at++
  for (;; at++) {
    const word = words[at] ?? ''
    const small = smallValueOf(word, group)
    const scale = scaleValues.get(word)
    if (small !== undefined && small < room) {
      group = (group ?? 0) + small
      room = tensValues.has(word) ? 10 : 0
    } else if (word === 'hundred' && (group ?? 1) < 100) {
      group = (group ?? 1) * 100
      room = 100
    } else if (scale !== undefined) {
      total += (group ?? 1) * scale
      group = 0
      room = 1000
    } else if (word !== 'and' || room < 100 || room === Infinity || !isUnderHundred(words[at + 1])) break
  }
  if (group === undefined) return undefined
  const fraction = readFraction(words, at)
  return { value: Number(`${total + group}${fraction.text}`), length: at + fraction.length - from }
}

/** "tenth" or "10th": the exponent in "to the tenth power". */
export function readOrdinal (word: string): number | undefined {
  const digits = /^(\d+)(?:st|nd|rd|th)$/.exec(word)?.[1]
  return digits === undefined ? ordinalValues.get(word) : Number(digits)
}

function smallValueOf (word: string, group: number | undefined): number | undefined {
  if (group === undefined && /^(?:\d[\d,]*)?(?:\.\d+|\d)$/.test(word)) return Number(word.replaceAll(',', ''))
  return smallValues.get(word) ?? tensValues.get(word)
}

function isUnderHundred (word: string | undefined): boolean {
  return word !== undefined && (smallValues.has(word) || tensValues.has(word))
}

function readFraction (words: readonly string[], from: number): { text: string, length: number } {
  if (words[from] !== 'point') return { text: '', length: 0 }
  let digits = ''
  let at = from + 1
  for (;; at++) {
    const word = words[at] ?? ''
    const value = word === 'oh' || word === 'o' ? 0 : smallValues.get(word)
    if (value !== undefined && value < 10) digits += String(value)
    else if (/^\d+$/.test(word)) digits += word
    else break
  }
  return digits === '' ? { text: '', length: 0 } : { text: `.${digits}`, length: at - from }
}
