import { roundForSpeech } from './rounding.js'

const digits = '零一二三四五六七八九'
const digitValues = new Map<string, number>([...[...digits].map((digit, value) => [digit, value] as const), ['〇', 0], ['两', 2], ['幺', 1]])
const unitValues = new Map<string, number>([['十', 10], ['百', 100], ['千', 1000]])
const sectionValues = new Map<string, number>([['万', 1e4], ['亿', 1e8]])

/** A whole number from 0 to under ten thousand 亿 squared, in characters. */
export function wholeCharacters (value: number): string {
  if (value === 0) return '零'
  const text = readSections(value)
  return text.startsWith('一十') ? text.slice(1) : text
}

/** Any number as it is said, without "about". */
export function numberCharacters (value: number): { readonly text: string, readonly isAbout: boolean } {
  const { isNegative, isAbout, whole, fraction, tenToThe } = roundForSpeech(value)
  const decimals = fraction === '' ? '' : `点${digitCharacters(fraction)}`
  const power = tenToThe === undefined ? '' : `乘以十的${tenToThe < 0 ? '负' : ''}${wholeCharacters(Math.abs(tenToThe))}次方`
  return { text: `${isNegative ? '负' : ''}${wholeCharacters(whole)}${decimals}${power}`, isAbout }
}

/** Digit by digit, as years are read. */
export function digitCharacters (text: string): string {
  return [...text].map(digit => digits[Number(digit)]!).join('')
}

/** The value of a number in characters ("二十五", "三点一四", "二零二六", "两百五"); undefined if it is none. */
export function readCharacters (text: string): number | undefined {
  const [whole, fraction, rest] = text.split('点')
  if (whole === undefined || whole === '' || rest !== undefined) return undefined
  const value = readWhole(whole)
  if (fraction === undefined || value === undefined) return value
  const decimals = [...fraction].map(character => digitValues.get(character))
  return decimals.length === 0 || decimals.includes(undefined) ? undefined : Number(`${value}.${decimals.join('')}`)
}

function readSections (value: number): string {
  for (const [unit, size] of [['亿', 1e8], ['万', 1e4]] as const) {
    if (value < size) continue
    const rest = value % size
    const gap = rest > 0 && rest < size / 10 ? '零' : ''
    return `${readSections(Math.floor(value / size))}${unit}${gap}${rest > 0 ? readSections(rest) : ''}`
  }
  let text = ''
  for (const [unit, size] of [['千', 1000], ['百', 100], ['十', 10], ['', 1]] as const) {
    const digit = Math.floor(value / size) % 10
    if (digit > 0) text += digits[digit]! + unit
    else if (text !== '' && !text.endsWith('零') && value % size > 0) text += '零'
  }
  return text
}

function readWhole (text: string): number | undefined {
  if ([...text].every(character => digitValues.has(character))) return Number([...text].map(character => digitValues.get(character)).join(''))
  let [total, section, digit, lastUnit] = [0, 0, undefined as number | undefined, 1]
  for (const character of text) {
    const value = digitValues.get(character)
    const unit = unitValues.get(character)
    const size = sectionValues.get(character)
    if (value !== undefined) {
      if (digit !== undefined && digit !== 0) return undefined
      digit = value
      if (value === 0) lastUnit = 1 // 一百零五 is 105, 一百五 is 150
    } else if (unit !== undefined) {
      section += (digit ?? 1) * unit
      lastUnit = unit
      digit = undefined
    } else if (size !== undefined) {
      const upTo = section + (digit ?? 0)
      total = size === 1e8 ? (total + upTo) * size : total + upTo * size
      section = 0
      lastUnit = size
      digit = undefined
    } else return undefined
  }
  return total + section + (digit ?? 0) * (lastUnit > 10 ? lastUnit / 10 : 1)
}
