import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { initialSession, reduceSession, type SessionEffect, type SessionEvent, type SessionState } from '../../src/session/session-machine.js'

const mode = fc.constantFrom('auto' as const, 'manual' as const, 'realtime' as const)
const event: fc.Arbitrary<SessionEvent> = fc.oneof(
  fc.record({ kind: fc.constant('listenStart' as const), mode }),
  fc.constant<SessionEvent>({ kind: 'listenStop' }),
  fc.record({ kind: fc.constant('detect' as const), text: fc.constantFrom('', 'w') }),
  fc.constant<SessionEvent>({ kind: 'abort' }),
  fc.constant<SessionEvent>({ kind: 'speechStarted' }),
  fc.record({ kind: fc.constant('endpoint' as const), isPartial: fc.boolean() }),
  fc.record({ kind: fc.constant('words' as const), text: fc.constantFrom('', 'x', 'y'), isPartial: fc.boolean() }),
  fc.constant<SessionEvent>({ kind: 'recognitionFailed' }),
  fc.constant<SessionEvent>({ kind: 'notUnderstood' }),
  fc.constant<SessionEvent>({ kind: 'spoken' })
)
const events = fc.array(event, { maxLength: 40 })

interface Step {
  readonly before: SessionState
  readonly event: SessionEvent
  readonly state: SessionState
  readonly effects: readonly SessionEffect[]
}

/** Checks every step of any sequence. */
function always (check: (step: Step) => void): void {
  fc.assert(fc.property(events, list => {
    let state = initialSession
    for (const event of list) {
      const before = state
      const step = reduceSession(state, event)
      check({ before, event, ...step })
      state = step.state
    }
  }), { numRuns: 2000, seed: 7 })
}

test('at most one answer is under way, and none begins before the other was silenced', () => {
  always(({ before, state, effects }) => {
    let isSpeaking = before.phase === 'speaking'
    for (const { kind } of effects) {
      if (kind === 'silence') {
        assert.ok(isSpeaking, 'silence without an answer')
        isSpeaking = false
      } else if (kind === 'answer' || kind === 'say') {
        assert.ok(!isSpeaking, 'two answers at once')
        isSpeaking = true
      }
    }
    assert.ok(state.phase !== 'speaking' || isSpeaking, 'speaking, and nothing said')
  })
})

test('an answer that is left is silenced, but for one that was spoken', () => {
  always(({ before, event, state, effects }) => {
    if (before.phase !== 'speaking' || state.phase === 'speaking' || event.kind === 'spoken') return
    assert.equal(effects.filter(({ kind }) => kind === 'silence').length, 1)
  })
})

test('counts never become negative, and nobody unwants more than is recognised', () => {
  always(({ state }) => {
    assert.ok(state.recognising >= 0 && state.unwanted >= 0)
    assert.ok(state.unwanted <= state.recognising)
  })
})

test('an abort in idle or listening has no effect', () => {
  always(({ before, event, state, effects }) => {
    if (event.kind !== 'abort' || (before.phase !== 'idle' && before.phase !== 'listening')) return
    assert.deepEqual(state, before)
    assert.deepEqual(effects, [])
  })
})

test('while it speaks the microphone is open in realtime mode only', () => {
  always(({ before, event, state, effects }) => {
    if (state.phase !== 'speaking') return
    if (state.mode !== 'realtime') assert.equal(state.isMicOpen, false)
    else if (before.isMicOpen && event.kind !== 'listenStop') assert.equal(state.isMicOpen, true)
    assert.ok(state.mode !== 'realtime' || effects.every(({ kind }) => kind !== 'deaf'))
  })
})

test('the workers are told of the microphone whenever it opens or closes', () => {
  always(({ before, state, effects }) => {
    const told = effects.filter(({ kind }) => kind === 'hear' || kind === 'hearEnd' || kind === 'deaf').map(({ kind }) => kind === 'hear')
    assert.ok(told.length <= 1)
    if (told.length > 0) assert.equal(told[0], state.isMicOpen)
    if (before.isMicOpen !== state.isMicOpen) assert.equal(told.length, 1)
  })
})

test('listening is with an open microphone, idle without one', () => {
  always(({ state }) => {
    if (state.phase === 'listening') assert.ok(state.isMicOpen)
    if (state.phase === 'idle') assert.ok(!state.isMicOpen)
  })
})

test('a wake word shields no answer but its own', () => {
  always(({ state }) => { assert.ok(!state.isWoken || state.phase === 'speaking') })
})

test('speech is not noticed through a closed microphone, nor remembered over a listen start', () => {
  always(({ before, event, state }) => {
    if (event.kind === 'speechStarted' && !before.isMicOpen) assert.deepEqual(state, before)
    if (event.kind === 'listenStart' && state.phase === 'listening') assert.ok(!state.isUserSpeaking)
  })
})

// --- words, with a recogniser that answers each endpoint once and in order

type Move = 'speech' | 'end' | 'cut' | 'words' | 'empty' | 'failed' | 'spoken' | 'start' | 'stop' | 'abort' | 'text'

const moves = fc.array(fc.constantFrom<Move[]>(
  'speech', 'speech', 'end', 'end', 'cut', 'words', 'words', 'words', 'empty', 'failed', 'spoken', 'start', 'stop', 'abort', 'text'
), { maxLength: 50 })

/** What the user wants answered; forgotten by what makes a question void. */
class Expectation {
  #next = 0
  readonly pending: { readonly name: string, isWanted: boolean, readonly isPartial: boolean }[] = []
  #heard: string[] = []

  end (isPartial: boolean): void { this.pending.push({ name: `u${this.#next++}`, isWanted: true, isPartial }) }

  forget (): void {
    for (const utterance of this.pending) utterance.isWanted = false
    this.#heard = []
  }

  take (hasText: boolean): { readonly name: string, readonly isPartial: boolean } {
    const { name, isWanted, isPartial } = this.pending.shift()!
    if (isWanted && hasText) this.#heard.push(name)
    return { name, isPartial }
  }

  answered (text: string): void {
    assert.equal(text, this.#heard.join(' '))
    this.#heard = []
  }

  get isComplete (): boolean { return this.#heard.length === 0 || this.pending.some(({ isWanted }) => isWanted) }
}

function eventOf (move: Move, mode: 'auto' | 'manual' | 'realtime', state: SessionState, expected: Expectation): SessionEvent | undefined {
  switch (move) {
    case 'speech': return { kind: 'speechStarted' }
    case 'end': expected.end(false); return { kind: 'endpoint', isPartial: false }
    case 'cut': {
      if (!state.isMicOpen) return undefined
      expected.end(true)
      return { kind: 'endpoint', isPartial: true }
    }
    case 'words': return expected.pending.length === 0 ? undefined : wordsOf(expected.take(true))
    case 'empty': return expected.pending.length === 0 ? undefined : { ...wordsOf(expected.take(false)), text: '' }
    case 'failed': {
      if (expected.pending.length === 0 || expected.pending[0]!.isPartial) return undefined
      expected.take(false)
      return { kind: 'recognitionFailed' }
    }
    case 'spoken': return { kind: 'spoken' }
    case 'stop': return { kind: 'listenStop' }
    case 'start': return { kind: 'listenStart', mode }
    case 'abort': return { kind: 'abort' }
    case 'text': return { kind: 'detect', text: 'typed' }
  }
}

function wordsOf ({ name, isPartial }: { readonly name: string, readonly isPartial: boolean }) {
  return { kind: 'words' as const, text: name, isPartial }
}

function isVoided (event: SessionEvent, before: SessionState): boolean {
  if (event.kind === 'listenStart') return !(before.isWoken && event.mode !== 'manual')
  if (event.kind === 'detect') return true
  return event.kind === 'abort' && (before.phase === 'speaking' || before.phase === 'thinking')
}

test('no wanted word is lost, doubled or out of order', () => {
  fc.assert(fc.property(mode, moves, (mode, list) => {
    const expected = new Expectation()
    let state = initialSession
    for (const move of list) {
      const event = eventOf(move, mode, state, expected)
      if (event === undefined) continue
      if (isVoided(event, state)) expected.forget()
      const { state: next, effects } = reduceSession(state, event)
      state = next
      for (const effect of effects) if (effect.kind === 'answer' && effect.text !== 'typed') expected.answered(effect.text)
    }
    // At the end everything is recognised and nobody speaks: what was said has been answered.
    expected.end(false)
    state = reduceSession(state, { kind: 'endpoint', isPartial: false }).state
    while (expected.pending.length > 0) {
      const { state: next, effects } = reduceSession(state, wordsOf(expected.take(true)))
      state = next
      for (const effect of effects) if (effect.kind === 'answer') expected.answered(effect.text)
    }
    assert.equal(state.words, '')
    assert.equal(state.recognising, 0)
    assert.ok(expected.isComplete)
  }), { numRuns: 5000, seed: 11 })
})
