import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EchoGuard } from '../../src/session/echo-guard.js'

function heardOver (...sentences: readonly string[]): EchoGuard {
  const guard = new EchoGuard()
  for (const sentence of sentences) guard.onSentence(sentence)
  return guard
}

test('an answer is known again whole, in part, across sentences, and with a word misheard', () => {
  const guard = heardOver('The capital of France is Paris.', 'It lies on the Seine.', '北京是中国的首都。')
  for (const echo of ['the capital of france is paris', 'of France is', 'is Paris. It lies', 'The capital of friends is Paris', '中国的首都']) {
    assert.ok(guard.isEcho(echo), echo)
  }
})

test('what somebody else says is no echo', () => {
  const guard = heardOver('The capital of France is Paris.')
  for (const text of ['and of Germany', 'stop', 'no', 'is', '', 'what is the capital of Spain', '停下来']) assert.ok(!guard.isEcho(text), text)
  assert.ok(!new EchoGuard().isEcho('the capital of france'))
})

test('only what was said last can be an echo', () => {
  const guard = heardOver('The capital of France is Paris.', 'one two three', 'four five six', 'seven eight', 'nine ten')
  assert.ok(!guard.isEcho('the capital of france is paris'))
  guard.forget()
  assert.ok(!guard.isEcho('nine ten'))
})
