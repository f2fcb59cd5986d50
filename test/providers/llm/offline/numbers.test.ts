import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { calculate } from '../../../../src/providers/llm/offline/arithmetic.js'
import { readCharacters, wholeCharacters } from '../../../../src/providers/llm/offline/chinese-numbers.js'
import { readEnglishSum } from '../../../../src/providers/llm/offline/english-math.js'
import { numberWords, ordinalWords, readNumber, wholeWords, yearWords } from '../../../../src/providers/llm/offline/english-numbers.js'

test('English words say the number that they came from', () => {
  fc.assert(fc.property(fc.oneof(fc.nat(1_200), fc.nat(2_000_000_000), fc.maxSafeNat().map(value => value % 1e15)), value => {
    const words = wholeWords(value).replaceAll('-', ' ').split(' ')
    assert.deepEqual(readNumber(words, 0), { value, length: words.length })
  }))
})

test('Chinese characters say the number that they came from', () => {
  fc.assert(fc.property(fc.oneof(fc.nat(12_000), fc.nat(2_000_000_000), fc.maxSafeNat().map(value => value % 1e12)), value => {
    assert.equal(readCharacters(wholeCharacters(value)), value, wholeCharacters(value))
  }))
})

test('Chinese numbers are written as they are said', () => {
  const numbers: ReadonlyArray<readonly [number, string]> = [[0, '零'], [10, '十'], [12, '十二'], [20, '二十'], [105, '一百零五'], [110, '一百一十'], [1005, '一千零五'],
    [1050, '一千零五十'], [10_000, '一万'], [10_005, '一万零五'], [100_000, '十万'], [1_010_000, '一百零一万'], [100_000_000, '一亿']]
  for (const [value, text] of numbers) assert.equal(wholeCharacters(value), text)
})

test('ordinals and years are words', () => {
  assert.deepEqual([1, 2, 3, 5, 8, 9, 12, 20, 21, 30, 31].map(ordinalWords),
    ['first', 'second', 'third', 'fifth', 'eighth', 'ninth', 'twelfth', 'twentieth', 'twenty-first', 'thirtieth', 'thirty-first'])
  assert.deepEqual([1900, 1905, 1984, 2000, 2005, 2026].map(yearWords),
    ['nineteen hundred', 'nineteen oh five', 'nineteen eighty-four', 'two thousand', 'two thousand five', 'twenty twenty-six'])
})

test('numbers are rounded to what can be remembered', () => {
  assert.equal(numberWords(2.5), 'two point five')
  assert.equal(numberWords(3.1416), 'three point one four one six')
  assert.equal(numberWords(Math.PI), 'about three point one four')
  assert.equal(numberWords(-0), 'zero')
  assert.equal(numberWords(-1e-30), 'minus one times ten to the power of minus thirty')
  assert.equal(numberWords(1.005), 'one point zero zero five')
})

test('sums come out as JavaScript has them', () => {
  const sum = fc.letrec<{ sum: string }>(tie => ({
    sum: fc.oneof({ depthSize: 'small' }, fc.nat(50).map(String),
      fc.tuple(tie('sum'), fc.constantFrom('+', '-', '*'), tie('sum')).map(([left, operator, right]) => `${left} ${operator} ${right}`),
      tie('sum').map(inner => `(${inner})`))
  })).sum.filter(text => /\d [-+*] /.test(text))
  fc.assert(fc.property(sum, text => {
    const result = calculate(readEnglishSum(text) ?? [])
    const expected = Function(`return ${text}`)() as number
    assert.ok(result?.kind === 'value' && Math.abs(result.value - expected) <= 1e-9 * Math.abs(expected), text)
  }))
})
