export interface WordErrors {
  readonly errors: number
  /** Of the reference. */
  readonly words: number
  readonly rate: number
}

const units = [
  'zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten', 'eleven', 'twelve',
  'thirteen', 'fourteen', 'fifteen', 'sixteen', 'seventeen', 'eighteen', 'nineteen'
]
const tens = ['', '', 'twenty', 'thirty', 'forty', 'fifty', 'sixty', 'seventy', 'eighty', 'ninety']
const scales: readonly (readonly [number, string])[] = [[1_000_000_000, 'billion'], [1_000_000, 'million'], [1000, 'thousand'], [100, 'hundred']]
const CJK = /[\u3400-\u9fff\uf900-\ufaff]/

/** Substitutions, insertions and deletions between what was said and what was understood. */
export function countWordErrors (reference: string, hypothesis: string): WordErrors {
  const said = normaliseWords(joinCompounds(reference, hypothesis))
  const heard = normaliseWords(joinCompounds(hypothesis, reference))
  const errors = editDistance(said, heard)
  return { errors, words: said.length, rate: said.length === 0 ? (errors === 0 ? 0 : 1) : errors / said.length }
}

/** "off-line" is "offline" where the other text writes it in one word. */
function joinCompounds (text: string, other: string): string {
  const words = new Set(other.toLowerCase().match(/\p{L}+/gu))
  return text.replace(/\p{L}+(?:-\p{L}+)+/gu, compound => {
    const joined = compound.replaceAll('-', '')
    return words.has(joined.toLowerCase()) ? joined : compound
  })
}

/** Lower-case words without punctuation, numbers spelt out, hyphens split, Chinese by character. */
export function normaliseWords (text: string): string[] {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[’‘]/g, "'")
    .replace(/\b(\d{1,2}):(\d{2})\b/g, (_match, hours: string, minutes: string) => spellTime(Number(hours), Number(minutes)))
    .replace(/(\d),(?=\d{3}\b)/g, '$1')
    // A year behind a date is read in two halves: twenty twenty-six.
    .replace(/(?<=\d(?:st|nd|rd|th),? )(\d{2})(\d{2})\b/g, '$1 $2')
    .replace(/\d+(?:\.\d+)?(?:st|nd|rd|th)?/g, number => ` ${spellNumber(number)} `)
    .replace(/%/g, ' percent ')
    .replace(/&/g, ' and ')
    .replace(/(?<=\p{L})'(?=\p{L})/gu, '')
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .replace(new RegExp(CJK, 'gu'), ' $& ')
    .split(/\s+/)
    .filter(word => word !== '')
}

// Five past twelve is read "twelve oh five"; the full hour is the hour alone.
function spellTime (hours: number, minutes: number): string {
  const rest = minutes === 0 ? '' : minutes < 10 ? `oh ${spellInteger(minutes)}` : spellInteger(minutes)
  return ` ${spellInteger(hours)} ${rest} `
}

function spellNumber (written: string): string {
  if (/\D{2}$/.test(written)) return spellOrdinal(spellInteger(Number.parseInt(written, 10)))
  const [whole = '', fraction] = written.split('.')
  const digits = (text: string): string => [...text].map(digit => units[Number(digit)]!).join(' ')
  // Longer than a count would be: a code or a telephone number, read digit by digit.
  const spelt = whole.length > 9 || (whole.length > 1 && whole.startsWith('0')) ? digits(whole) : spellInteger(Number(whole))
  return fraction === undefined ? spelt : `${spelt} point ${digits(fraction)}`
}

function spellInteger (value: number): string {
  if (value < 20) return units[value]!
  if (value < 100) return value % 10 === 0 ? tens[value / 10]! : `${tens[Math.floor(value / 10)]!} ${units[value % 10]!}`
  for (const [scale, name] of scales) {
    if (value < scale) continue
    const rest = value % scale
    return `${spellInteger(Math.floor(value / scale))} ${name}${rest === 0 ? '' : ` ${spellInteger(rest)}`}`
  }
  return String(value)
}

const irregularOrdinals: Readonly<Record<string, string>> = {
  one: 'first', two: 'second', three: 'third', five: 'fifth', eight: 'eighth', nine: 'ninth', twelve: 'twelfth'
}

function spellOrdinal (spelt: string): string {
  const words = spelt.split(' ')
  const last = words.pop()!
  const ordinal = irregularOrdinals[last] ?? (last.endsWith('y') ? `${last.slice(0, -1)}ieth` : `${last}th`)
  return [...words, ordinal].join(' ')
}

/**
 * What each word of `said` became in a cheapest alignment: a word of `heard`, or nothing where it
 * was left out.
 */
export function alignWords (said: readonly string[], heard: readonly string[]): (string | undefined)[] {
  const rows = distanceRows(said, heard)
  const counterparts = new Array<string | undefined>(said.length).fill(undefined)
  for (let row = said.length, column = heard.length; row > 0 && column > 0;) {
    const here = rows[row]![column]!
    if (here === rows[row - 1]![column - 1]! + (said[row - 1] === heard[column - 1] ? 0 : 1)) {
      counterparts[--row] = heard[--column]!
    } else if (here === rows[row - 1]![column]! + 1) row--
    else column--
  }
  return counterparts
}

function editDistance (from: readonly string[], to: readonly string[]): number {
  return distanceRows(from, to)[from.length]![to.length]!
}

/** Row k, column l: the distance between the first k words of `from` and the first l of `to`. */
function distanceRows (from: readonly string[], to: readonly string[]): number[][] {
  const rows = [Array.from({ length: to.length + 1 }, (_, index) => index)]
  from.forEach((word, index) => {
    const row = rows[index]!
    const next = [index + 1]
    to.forEach((other, column) => {
      next.push(Math.min(next[column]! + 1, row[column + 1]! + 1, row[column]! + (word === other ? 0 : 1)))
    })
    rows.push(next)
  })
  return rows
}
