import { readCharacters } from './chinese-numbers.js'
import { type MathToken, numberToken, operatorToken } from './math-token.js'

const NUMBER = '(?:\\d[\\d,]*(?:\\.\\d+)?[万亿]?|[零〇一二两三四五六七八九十百千万亿点]+)'

type Rule = readonly [pattern: RegExp, read: (number: number) => readonly MathToken[]]

// In this order: the longer before what it begins with.
const rules: readonly Rule[] = [
  [new RegExp(`^百分之(${NUMBER})`), number => [numberToken(number), { kind: 'percent' }]],
  [new RegExp(`^的(${NUMBER})次(?:方|幂)`), number => [operatorToken('^'), numberToken(number)]],
  [new RegExp(`^(${NUMBER})次根号`), number => [{ kind: 'power-before', exponent: 1 / number }]],
  [/^的?(?:平方根|算术平方根)/, () => [{ kind: 'power-after', exponent: 0.5 }]],
  [/^的?立方根/, () => [{ kind: 'power-after', exponent: 1 / 3 }]],
  [/^的?平方|^²/, () => [{ kind: 'power-after', exponent: 2 }]],
  [/^的?立方|^³/, () => [{ kind: 'power-after', exponent: 3 }]],
  [/^开(?:平方|根号|方)/, () => [{ kind: 'power-after', exponent: 0.5 }]],
  [/^根号|^√/, () => [{ kind: 'power-before', exponent: 0.5 }]],
  [/^的?一半/, () => [operatorToken('*'), numberToken(0.5)]],
  [new RegExp(`^(${NUMBER})`), number => [numberToken(number)]],
  [/^(?:加上|加|\+)/, () => [operatorToken('+')]],
  [/^(?:减去|减掉|减|负|-)/, () => [operatorToken('-')]],
  [/^(?:乘以|乘上|乘|\*|×|x|的)/i, () => [operatorToken('*')]],
  [/^(?:除以|除|÷|\/)/, () => [operatorToken('/')]],
  [/^\^/, () => [operatorToken('^')]],
  [/^%/, () => [{ kind: 'percent' }]],
  [/^(?:左括号|括号开始|\()/, () => [{ kind: 'open' }]],
  [/^(?:右括号|括号结束|\))/, () => [{ kind: 'close' }]]
]

const before = /^(?:请问|请|帮我|帮忙|你好|你|能|可以|知道|告诉我|我想知道|计算|算算|算|一下|那么|那|嗯|[，,。！!：:])+/
const after = /(?:等于多少|等于几|等于|是多少|是几|得多少|得几|多少|结果|答案|[呢啊呀吗？?。，,！!=＝])+$/

/** The sum in a Chinese sentence; undefined if a part of it belongs to none. */
export function readChineseSum (sentence: string): MathToken[] | undefined {
  let rest = sentence.normalize('NFKC').replace(/[–−—]/g, '-').replace(/\s+/g, '').replace(before, '').replace(after, '').replace(/的$/, '')
  const tokens: MathToken[] = []
  while (rest !== '') {
    const found = readOne(rest)
    if (found === undefined) return undefined
    tokens.push(...found.tokens)
    rest = rest.slice(found.length)
  }
  return tokens
}

function readOne (text: string): { tokens: readonly MathToken[], length: number } | undefined {
  for (const [pattern, read] of rules) {
    const match = pattern.exec(text)
    if (match === null) continue
    const number = match[1] === undefined ? 0 : readNumber(match[1])
    return number === undefined ? undefined : { tokens: read(number), length: match[0].length }
  }
  return undefined
}

function readNumber (text: string): number | undefined {
  const mixed = /^([\d,.]+)([万亿])?$/.exec(text)
  if (mixed === null) return readCharacters(text)
  return Number(mixed[1]!.replaceAll(',', '')) * (mixed[2] === '万' ? 1e4 : mixed[2] === '亿' ? 1e8 : 1)
}
