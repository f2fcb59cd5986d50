import assert from 'node:assert/strict'
import { test } from 'node:test'
import { initialSession, reduceSession, type SessionEffect, type SessionEvent, type SessionState } from '../../src/session/session-machine.js'

const start = (mode: 'auto' | 'manual' | 'realtime'): SessionEvent => ({ kind: 'listenStart', mode })
const detect = (text: string): SessionEvent => ({ kind: 'detect', text })
const words = (text: string): SessionEvent => ({ kind: 'words', text, isPartial: false })
const piece = (text: string): SessionEvent => ({ kind: 'words', text, isPartial: true })
const stop: SessionEvent = { kind: 'listenStop' }
const abort: SessionEvent = { kind: 'abort' }
const speech: SessionEvent = { kind: 'speechStarted' }
const bargeIn: SessionEvent = { kind: 'bargeIn' }
const nobody: SessionEvent = { kind: 'ignored', isPartial: false }
const end: SessionEvent = { kind: 'endpoint', isPartial: false }
const cut: SessionEvent = { kind: 'endpoint', isPartial: true }
const failed: SessionEvent = { kind: 'recognitionFailed' }
const foreign: SessionEvent = { kind: 'notUnderstood' }
const spoken: SessionEvent = { kind: 'spoken' }

/** Phase, whether the microphone is open, and what the last event brought about. */
function after (...events: readonly SessionEvent[]): string {
  let state = initialSession
  let effects: readonly SessionEffect[] = []
  for (const event of events) ({ state, effects } = reduceSession(state, event))
  return [state.phase + (state.isMicOpen ? '*' : ''), ...effects.map(describe)].join(' ')
}

function describe (effect: SessionEffect): string {
  switch (effect.kind) {
    case 'hear': return effect.isManual ? 'hear-manual' : 'hear'
    case 'answer': return `answer(${effect.text})`
    case 'say': return `say(${effect.prompt})`
    default: return effect.kind
  }
}

// An asterisk: the microphone is open.
const table: readonly (readonly [name: string, events: readonly SessionEvent[], outcome: string])[] = [
  ['idle: listen start', [start('auto')], 'listening* hear'],
  ['idle: listen start, manual', [start('manual')], 'listening* hear-manual'],
  ['idle: abort does nothing (T096)', [abort], 'idle'],
  ['idle: listen stop does nothing (T079)', [stop], 'idle'],
  ['idle: what was spoken does nothing', [spoken], 'idle'],
  ['idle: speech that nobody asked for does nothing', [speech], 'idle'],
  ['listening: abort does nothing', [start('auto'), abort], 'listening*'],
  ['listening: listen stop', [start('manual'), stop], 'idle hearEnd'],
  ['listening: speech', [start('auto'), speech], 'listening*'],
  ['listening: end of speech', [start('auto'), speech, end], 'thinking*'],
  ['listening: a piece of long speech is not its end', [start('auto'), speech, cut], 'listening*'],
  ['listening: a second listen start hears afresh', [start('auto'), speech, start('auto')], 'listening* hear'],
  ['thinking: words', [start('auto'), speech, end, words('hi')], 'speaking deaf answer(hi)'],
  ['thinking: no words', [start('auto'), speech, end, words('')], 'listening*'],
  ['thinking: no words, microphone closed', [start('manual'), stop, end, words('')], 'idle'],
  ['thinking: abort (T095)', [start('auto'), speech, end, abort], 'listening* unheard'],
  ['thinking: late words after an abort are not answered (T095)', [start('auto'), speech, end, abort, words('hi')], 'listening*'],
  ['thinking: listen start', [start('auto'), speech, end, start('auto')], 'listening* hear'],
  ['thinking: late words after a listen start', [start('auto'), speech, end, start('auto'), words('hi')], 'listening*'],
  ['thinking: recognition failed', [start('auto'), speech, end, failed], 'speaking deaf say(apology)'],
  ['thinking: a failure nobody waits for', [start('auto'), speech, end, abort, failed], 'listening*'],
  ['listening: a language that is not understood', [start('auto'), speech, foreign], 'speaking deaf say(language)'],
  ['speaking: spoken', [start('auto'), speech, end, words('hi'), spoken], 'idle'],
  ['speaking: button abort (T091)', [start('auto'), speech, end, words('hi'), abort], 'idle silence'],
  ['speaking: second abort (T097)', [start('auto'), speech, end, words('hi'), abort, abort], 'idle'],
  ['speaking: wake word, new firmware (T092)', [start('auto'), speech, end, words('hi'), abort, start('auto')], 'listening* hear'],
  ['speaking: wake word, old firmware (T093)', [start('auto'), speech, end, words('hi'), abort, spoken, start('auto')], 'listening* hear'],
  ['speaking: listen start (T075)', [start('auto'), speech, end, words('hi'), start('auto')], 'listening* silence hear'],
  ['speaking: press (T081)', [start('manual'), stop, end, words('hi'), abort, start('manual')], 'listening* hear-manual'],
  ['speaking: press without abort', [start('manual'), stop, end, words('hi'), start('manual')], 'listening* silence hear-manual'],
  ['speaking: residual frames are no barge-in (T049)', [start('auto'), speech, end, words('hi'), speech], 'speaking'],
  ['speaking: a foreign rest of before', [start('auto'), speech, end, words('hi'), foreign], 'speaking'],
  ['speaking: words of before follow as a question of their own',
    [start('auto'), speech, end, words('hi'), end, words('ho')], 'speaking silence answer(ho)'],
  ['manual: press of no length (T078)', [start('manual'), stop], 'idle hearEnd'],
  ['manual: the answer comes after the stop (T076)', [start('manual'), stop, end, words('hi')], 'speaking answer(hi)'],
  ['manual: 60 s in pieces (T082)', [start('manual'), cut, piece('a'), cut, piece('b'), stop, end, words('c')], 'speaking answer(a b c)'],
  ['manual: double press', [start('manual'), stop, start('manual')], 'listening* hear-manual'],
  ['manual: double press forgets the first question', [start('manual'), stop, end, start('manual'), words('hi')], 'listening*'],
  ['manual: next press after the answer (T080)',
    [start('manual'), stop, end, words('hi'), spoken, start('manual'), stop, end, words('ho')], 'speaking answer(ho)'],
  ['realtime: the microphone stays open', [start('realtime'), speech, end, words('hi')], 'speaking* answer(hi)'],
  ['realtime: goes on without a listen start (T084)', [start('realtime'), speech, end, words('hi'), spoken, speech, end], 'thinking*'],
  ['realtime: the user speaks (T085)', [start('realtime'), speech, end, words('hi'), speech, bargeIn], 'listening* silence'],
  ['realtime: a short sound (T087)', [start('realtime'), speech, end, words('hi'), speech, nobody], 'speaking*'],
  ['realtime: it lasts behind an abort', [start('realtime'), speech, end, words('hi'), speech, abort, bargeIn], 'listening*'],
  ['realtime: and is answered once (T085)',
    [start('realtime'), speech, end, words('hi'), speech, bargeIn, end, words('ho')], 'speaking* answer(ho)'],
  ['realtime: abort', [start('realtime'), speech, end, words('hi'), abort], 'listening* silence'],
  ['user goes on speaking: words wait', [start('auto'), speech, end, speech, words('a')], 'thinking*'],
  ['user went on speaking: words are joined', [start('auto'), speech, end, speech, words('a'), end, words('b')], 'speaking deaf answer(a b)'],
  ['two ends before the first words', [start('auto'), speech, end, speech, end, words('a'), words('b')], 'speaking deaf answer(a b)'],
  ['a failure does not lose the words before it', [start('auto'), speech, end, speech, words('a'), end, failed], 'speaking deaf answer(a)'],
  ['a failure does not interrupt the user', [start('auto'), speech, end, speech, failed], 'thinking*'],
  ['a failure does not keep the words after it back',
    [start('auto'), speech, end, speech, end, failed, words('b')], 'speaking deaf answer(b)'],
  ['wake word (T040, T042)', [detect('hello')], 'speaking answer(hello)'],
  ['wake word, then its listen start', [detect('hello'), start('auto')], 'speaking'],
  ['wake word, then its listen start, realtime', [detect('hello'), start('realtime')], 'speaking* hear'],
  ['wake word, microphone open from before', [start('realtime'), detect('hello'), start('auto')], 'speaking deaf'],
  ['wake word, its listen start, and another one', [detect('hello'), start('auto'), start('auto')], 'listening* silence hear'],
  ['wake word, then a press', [detect('hello'), start('manual')], 'listening* silence hear-manual'],
  ['wake word answered before its listen start', [detect('hello'), spoken, start('auto')], 'listening* hear'],
  ['wake word without a text (T041)', [detect(' '), start('auto')], 'listening* hear'],
  ['wake word without a text does not shield an answer',
    [start('auto'), detect(''), speech, end, words('hi'), start('auto')], 'listening* silence hear'],
  ['wake word over an answer', [detect('a'), detect('b')], 'speaking silence answer(b)'],
  ['a barge-in ends the shield of the wake word',
    [start('realtime'), detect('a'), speech, end, words('hi'), start('realtime')], 'listening* silence hear'],
  ['a text forgets what is being recognised', [start('auto'), speech, end, detect('b'), words('a')], 'speaking'],
  ['late speech after the microphone closed does not hold words back',
    [start('auto'), speech, end, words('a'), speech, spoken, start('auto'), speech, end, words('b')], 'speaking deaf answer(b)'],
  ['speech that a listen start dropped does not hold words back',
    [start('auto'), speech, start('manual'), stop, end, words('b')], 'speaking answer(b)'],
  ['words that nobody announced', [start('auto'), words('a')], 'listening*']
]

for (const [name, events, outcome] of table) test(name, () => { assert.equal(after(...events), outcome) })

test('the reducer changes nothing in place', () => {
  const state: SessionState = Object.freeze({ ...initialSession })
  for (const event of [start('auto'), stop, detect('a'), abort, speech, end, cut, words('a'), failed, foreign, spoken]) reduceSession(state, event)
  assert.deepEqual(state, initialSession)
})
