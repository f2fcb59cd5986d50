import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ThinkFilter } from '../../../src/providers/llm/think-filter.js'

function filter (deltas: readonly string[]): string {
  const filter = new ThinkFilter()
  return deltas.map(delta => filter.push(delta)).join('') + filter.end()
}

test('thoughts go, with the blank lines after them', () => {
  assert.equal(filter(['<think>a</think>\n\nYes <think>b</think> no']), 'Yes no')
})

test('text without thoughts comes at once', () => {
  const one = new ThinkFilter()
  assert.equal(one.push('Hello '), 'Hello ')
  assert.equal(one.push('a <b'), 'a <b')
  assert.equal(one.push(' 1 <'), ' 1 ')
  assert.equal(one.push('t'), '')
  assert.equal(one.push('o'), '<to')
})

test('half a tag at the end is text', () => { assert.equal(filter(['a <thin']), 'a <thin') })

test('a thought that never ends is dropped', () => { assert.equal(filter(['a <think>b </thin']), 'a ') })

test('the text is the same however it is cut', () => {
  const parts = fc.array(fc.constantFrom('<think>', '</think>', '<thi', 'nk>', '<', '>', '\n', 'word', ' '), { maxLength: 12 })
  fc.assert(fc.property(parts, some => {
    const text = some.join('')
    assert.equal(filter([...text]), filter([text]))
    assert.equal(filter(some), filter([text]))
  }), { numRuns: 1_000 })
})
