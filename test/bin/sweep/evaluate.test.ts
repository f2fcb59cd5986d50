import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Output } from '../../../src/bin/replay/rehear.js'
import { addUp, bestOf, evaluate, makeTrial, type Trial } from '../../../src/bin/sweep/evaluate.js'
import { ENDED_BY_DEVICE, ENDED_BY_SILENCE } from '../../../src/ring/endpoint.js'
import { ENDPOINT, SPEECH_STARTED } from '../../../src/ring/layout.js'

const limits = { withinMs: 1000, preRollMs: 320 }
const started: Output = { kind: 'told', what: SPEECH_STARTED }
const stopped: Output = { kind: 'stopped' }

/** An utterance of the seat's clock, in ms. */
function ended (fromMs: number, speechEndMs: number, endMs: number, reason = ENDED_BY_SILENCE): Output {
  return { kind: 'told', what: ENDPOINT, endpoint: [1, fromMs * 16, endMs * 16, speechEndMs * 16, reason] }
}

test('the wait is from the end of speech to the decision', () => {
  const { waitingMs, cutOffs, utterances } = evaluate([started, ended(0, 2000, 2608), stopped, started, ended(9000, 9900, 10_700)], limits)
  assert.deepEqual(waitingMs, [608, 800])
  assert.deepEqual([utterances, cutOffs], [2, 0])
})

test('who goes on soon after the end was cut off, unless the device was told to hear no more', () => {
  const first = [started, ended(0, 1000, 1304)]
  const soon = [started, ended(1304, 3000, 3304)] // noticed at 1,624 ms at the latest
  assert.equal(evaluate([...first, ...soon], limits).cutOffs, 1)
  assert.equal(evaluate([...first, stopped, ...soon], limits).cutOffs, 0)
  assert.equal(evaluate([...first, started, ended(2100, 3000, 3304)], limits).cutOffs, 0, 'noticed after 1,116 ms')
})

test('speech that is not over when the device hears no more is told', () => {
  assert.equal(evaluate([started, stopped, started, ended(0, 100, 700), stopped], limits).unended, 1)
})

test('what the device itself ended tells nothing of silences', () => {
  const { utterances, cutOffs } = evaluate([started, ended(0, 1000, 1000, ENDED_BY_DEVICE), started, ended(1000, 2000, 2600)], limits)
  assert.deepEqual([utterances, cutOffs], [1, 0])
})

test('the best are those than which no other is better in one way and no worse in the other', () => {
  const trial = (endSilenceMs: number, cutOffs: number, waitMs: number): Trial => {
    return makeTrial({ endSilenceMs, speechThreshold: 0.5 }, addUp([{ utterances: 9, cutOffs, unended: 0, waitingMs: [waitMs] }]))
  }
  const trials = [trial(300, 4, 300), trial(400, 4, 400), trial(500, 1, 500), trial(600, 1, 500), trial(800, 0, 800)]
  assert.deepEqual(bestOf(trials).map(({ endSilenceMs }) => endSilenceMs), [300, 500, 600, 800])
  assert.deepEqual(bestOf([makeTrial({ endSilenceMs: 1, speechThreshold: 0.5 }, addUp([]))]), [], 'nothing was heard')
})
