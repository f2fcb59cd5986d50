import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { initialTurn, reduceTurn, type TurnEffect, type TurnEvent } from '../../src/dialogue/turn-machine.js'

const sentence = (text: string): TurnEvent => ({ kind: 'sentence', text })
const llmEnded: TurnEvent = { kind: 'llmEnded' }
const llmFailed: TurnEvent = { kind: 'llmFailed' }
const spoken: TurnEvent = { kind: 'sentenceSpoken' }
const voiceFailed: TurnEvent = { kind: 'voiceFailed' }
const cancelled: TurnEvent = { kind: 'cancelled' }

function after (...events: readonly TurnEvent[]): string {
  let state = initialTurn
  const all: string[] = []
  for (const event of events) {
    const step = reduceTurn(state, event)
    state = step.state
    all.push(...step.effects.map(effect => effect.kind === 'speak' ? `speak(${effect.text})` : `finish(${effect.isFailed ? 'failed' : 'well'})`))
  }
  return [state.phase, ...all].join(' ')
}

const table: readonly (readonly [events: readonly TurnEvent[], outcome: string])[] = [
  [[], 'asking'],
  [[sentence('a')], 'speaking speak(a)'],
  [[sentence('a'), sentence('b')], 'speaking speak(a)'],
  [[sentence('a'), sentence('b'), spoken], 'speaking speak(a) speak(b)'],
  [[sentence('a'), spoken], 'speaking speak(a)'],
  [[sentence('a'), spoken, sentence('b')], 'speaking speak(a) speak(b)'],
  [[sentence('a'), spoken, llmEnded], 'done speak(a) finish(well)'],
  [[sentence('a'), llmEnded, spoken], 'done speak(a) finish(well)'],
  [[sentence('a'), sentence('b'), llmEnded, spoken, spoken], 'done speak(a) speak(b) finish(well)'],
  [[llmEnded], 'done finish(well)'],
  [[llmFailed], 'failed finish(failed)'],
  [[sentence('a'), sentence('b'), llmFailed], 'speaking speak(a)'],
  [[sentence('a'), sentence('b'), llmFailed, spoken, spoken], 'failed speak(a) speak(b) finish(failed)'],
  [[sentence('a'), sentence('b'), voiceFailed], 'failed speak(a) finish(failed)'],
  [[sentence('a'), llmEnded, voiceFailed], 'failed speak(a) finish(failed)'],
  [[cancelled], 'cancelled'],
  [[sentence('a'), sentence('b'), cancelled, spoken, llmEnded], 'cancelled speak(a)'],
  [[llmEnded, sentence('a'), llmFailed, cancelled], 'done finish(well)']
]

for (const [events, outcome] of table) {
  test(`turn: ${events.map(event => 'text' in event ? event.text : event.kind).join(', ') || 'nothing'}`, () => { assert.equal(after(...events), outcome) })
}

test('over any events a turn finishes at most once, speaks one sentence at a time, and is silent when it is over', () => {
  const event = fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom('a', 'b', 'c').map(sentence) },
    { weight: 3, arbitrary: fc.constant(spoken) },
    { weight: 1, arbitrary: fc.constantFrom(llmEnded, llmFailed, voiceFailed, cancelled) }
  )
  fc.assert(fc.property(fc.array(event, { maxLength: 30 }), events => {
    let state = initialTurn
    let isBusy = false
    let isOver = false
    const said: string[] = []
    const spokenTexts: string[] = []
    for (const event of events) {
      if (event.kind === 'sentenceSpoken' && !isBusy) continue // a voice says so of what it spoke
      if (event.kind === 'sentence' && state.llm === 'open') said.push(event.text)
      else if (event.kind === 'sentence') continue // nothing follows the end of the model
      if (event.kind === 'sentenceSpoken') isBusy = false
      const { state: next, effects }: { state: typeof state, effects: readonly TurnEffect[] } = reduceTurn(state, event)
      if (isOver) assert.deepEqual([next, effects], [state, []])
      for (const effect of effects) {
        assert.ok(!isBusy || effect.kind === 'finish')
        if (effect.kind === 'speak') { isBusy = true; spokenTexts.push(effect.text) }
        if (effect.kind === 'finish') { assert.ok(!isOver); isOver = true }
      }
      if (event.kind === 'cancelled') isOver = true
      state = next
    }
    assert.deepEqual(spokenTexts, said.slice(0, spokenTexts.length))
    if (state.phase === 'done') assert.equal(spokenTexts.length, said.length)
  }), { numRuns: 2000, seed: 10 })
})
