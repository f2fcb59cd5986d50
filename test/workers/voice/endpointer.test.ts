import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { BEGAN, CUT, DROPPED, ENDED, Endpointer, type EndpointerOptions, NOTHING, STARTED } from '../../../workers/voice/endpointer.js'
import { haveSameMap } from '../../ring/hot-path.js'

const WINDOW_MS = 32
const VOICED = 0.9
const BETWEEN = 0.4
const SILENT = 0.1
const names = ['nothing', 'began', 'started', 'dropped', 'ended', 'cut']

const makeEndpointer = (options: Partial<EndpointerOptions> = {}): Endpointer => new Endpointer({
  speechThreshold: 0.5,
  silenceThreshold: 0.35,
  minSpeechMs: 96,
  endSilenceMs: 608,
  agreedSilenceMs: 352,
  maxUtteranceMs: 30_000,
  ...options
}, WINDOW_MS)

const times = (count: number, probability: number): number[] => new Array<number>(count).fill(probability)

/** Events but NOTHING, as `name@window`. */
function eventsOf (endpointer: Endpointer, probabilities: readonly number[]): string[] {
  return probabilities.flatMap((probability, at) => {
    const event = endpointer.push(probability)
    return event === NOTHING ? [] : [`${names[event]}@${at}`]
  })
}

test('less silence is enough where a recogniser agrees, and more is needed where it does not', () => {
  const speech = times(10, VOICED)
  const agreed = makeEndpointer()
  eventsOf(agreed, [...speech, ...times(3, SILENT)])
  agreed.agree()
  assert.deepEqual(eventsOf(agreed, times(8, SILENT)), ['ended@7'])
  assert.ok(agreed.isEarly)
  const alone = makeEndpointer()
  assert.deepEqual(eventsOf(alone, [...speech, ...times(19, SILENT)]), ['began@0', 'started@2', 'ended@28'])
  assert.ok(!alone.isEarly)
})

test('a recogniser that agrees late ends the speech with the next window', () => {
  const endpointer = makeEndpointer()
  eventsOf(endpointer, [...times(10, VOICED), ...times(15, SILENT)])
  endpointer.agree()
  assert.deepEqual(eventsOf(endpointer, times(3, SILENT)), ['ended@0'])
})

test('a recogniser alone ends nothing, and what it said is forgotten when the voice goes on', () => {
  const endpointer = makeEndpointer()
  endpointer.agree()
  eventsOf(endpointer, times(10, VOICED))
  endpointer.agree()
  assert.deepEqual(eventsOf(endpointer, [...times(30, VOICED), ...times(3, SILENT)]), [])
  endpointer.agree()
  assert.deepEqual(eventsOf(endpointer, [VOICED, ...times(18, SILENT)]), [])
  assert.deepEqual(eventsOf(endpointer, [SILENT]), ['ended@0'])
})

test('an agreed silence that is longer than the usual one changes nothing', () => {
  const endpointer = makeEndpointer({ agreedSilenceMs: 5000 })
  eventsOf(endpointer, [...times(10, VOICED), SILENT])
  endpointer.agree()
  assert.deepEqual(eventsOf(endpointer, times(18, SILENT)), ['ended@17'])
})

test('silence brings nothing about', () => {
  const endpointer = makeEndpointer()
  assert.deepEqual(eventsOf(endpointer, times(1000, SILENT)), [])
  assert.ok(!endpointer.isOpen)
})

test('speech begins at its first window and has started when the minimum is reached', () => {
  assert.deepEqual(eventsOf(makeEndpointer(), [...times(5, SILENT), ...times(10, VOICED)]), ['began@5', 'started@7'])
  assert.deepEqual(eventsOf(makeEndpointer({ minSpeechMs: 320 }), times(20, VOICED)), ['began@0', 'started@9'])
  assert.deepEqual(eventsOf(makeEndpointer({ minSpeechMs: 32 }), times(20, VOICED)), ['started@0'])
})

test('a click is dropped after 320 ms of quiet, and the next one begins anew', () => {
  const click = [...times(2, VOICED), ...times(12, SILENT)]
  assert.deepEqual(eventsOf(makeEndpointer(), [...click, ...click]), ['began@0', 'dropped@11', 'began@14', 'dropped@25'])
})

test('short sounds close together add up to speech', () => {
  const sound = [VOICED, ...times(5, SILENT)]
  assert.deepEqual(eventsOf(makeEndpointer(), [...sound, ...sound, ...sound]), ['began@0', 'started@12'])
})

test('between the two thresholds the state stays what it was', () => {
  assert.deepEqual(eventsOf(makeEndpointer(), times(50, BETWEEN)), [], 'quiet stays quiet')
  const endpointer = makeEndpointer()
  assert.deepEqual(eventsOf(endpointer, [...times(3, VOICED), ...times(50, BETWEEN)]), ['began@0', 'started@2'], 'speech stays speech')
  assert.equal(endpointer.silenceMs, 0)
})

test('the thresholds themselves count as speech and as not yet silence', () => {
  assert.deepEqual(eventsOf(makeEndpointer(), times(3, 0.5)), ['began@0', 'started@2'])
  assert.deepEqual(eventsOf(makeEndpointer(), [...times(3, VOICED), ...times(40, 0.35)]), ['began@0', 'started@2'])
})

test('the end comes with the window that completes the configured silence, neither before nor after', () => {
  for (const [endSilenceMs, windows] of [[608, 19], [609, 20], [600, 19], [100, 4], [96, 3]] as const) {
    const endpointer = makeEndpointer({ endSilenceMs })
    assert.deepEqual(eventsOf(endpointer, [...times(5, VOICED), ...times(40, SILENT)]), ['began@0', 'started@2', `ended@${4 + windows}`])
  }
})

test('one voiced window during the end silence begins it anew', () => {
  const probabilities = [...times(5, VOICED), ...times(18, SILENT), VOICED, ...times(19, SILENT)]
  assert.deepEqual(eventsOf(makeEndpointer(), probabilities), ['began@0', 'started@2', 'ended@42'])
})

test('speech that is too long is cut at a pause, and goes on', () => {
  const probabilities = [...times(850, VOICED), ...times(3, SILENT), ...times(100, VOICED), ...times(30, SILENT)]
  assert.deepEqual(eventsOf(makeEndpointer(), probabilities), ['began@0', 'started@2', 'cut@850', 'ended@971'])
})

test('a pause before the last four seconds is no place to cut', () => {
  const probabilities = [...times(600, VOICED), ...times(3, SILENT), ...times(200, VOICED)]
  assert.deepEqual(eventsOf(makeEndpointer(), probabilities), ['began@0', 'started@2'])
})

test('speech without any pause is cut at the maximum', () => {
  const events = eventsOf(makeEndpointer(), times(2000, VOICED))
  assert.deepEqual(events, ['began@0', 'started@2', 'cut@937', 'cut@1875'])
})

test('a short maximum does not make a cut of every pause', () => {
  const sentence = [...times(20, VOICED), ...times(5, SILENT), ...times(3, VOICED), ...times(19, SILENT)]
  assert.deepEqual(eventsOf(makeEndpointer({ maxUtteranceMs: 2000 }), sentence), ['began@0', 'started@2', 'ended@46'])
})

test('a reset in the middle of speech leaves nothing behind', () => {
  const endpointer = makeEndpointer()
  eventsOf(endpointer, times(10, VOICED))
  endpointer.reset()
  const after = [...times(3, BETWEEN), ...times(2, VOICED), ...times(12, SILENT)]
  assert.deepEqual(eventsOf(endpointer, after), ['began@3', 'dropped@14'])
})

// Long stretches of one kind, as speech has them, so that all states are reached.
const stretch = fc.tuple(fc.constantFrom(VOICED, BETWEEN, SILENT, 0.5, 0.35), fc.integer({ min: 1, max: 60 }))
const probabilityStreams = fc.array(stretch, { maxLength: 40 })
  .map(stretches => stretches.flatMap(([probability, count]) => times(count, probability)))
const settings = fc.record({
  minSpeechMs: fc.integer({ min: 32, max: 400 }),
  endSilenceMs: fc.integer({ min: 100, max: 1000 }),
  maxUtteranceMs: fc.integer({ min: 1000, max: 6000 })
})

test('the same probabilities give the same events', () => {
  fc.assert(fc.property(probabilityStreams, settings, (probabilities, options) => {
    assert.deepEqual(eventsOf(makeEndpointer(options), probabilities), eventsOf(makeEndpointer(options), probabilities))
  }), { seed: 5 })
})

test('events come in the order of the state machine, whatever is heard', () => {
  const mayFollow: Record<number, readonly number[]> = {
    [NOTHING]: [BEGAN, STARTED], // nothing yet
    [BEGAN]: [STARTED, DROPPED],
    [STARTED]: [CUT, ENDED],
    [CUT]: [CUT, ENDED],
    [DROPPED]: [BEGAN],
    [ENDED]: [BEGAN, STARTED]
  }
  fc.assert(fc.property(probabilityStreams, settings, (probabilities, options) => {
    const endpointer = makeEndpointer(options)
    let last = NOTHING
    let sinceCut = Infinity
    for (const probability of probabilities) {
      const event = endpointer.push(probability)
      sinceCut += WINDOW_MS
      if (event === NOTHING) continue
      assert.ok(mayFollow[last]!.includes(event), `${names[event]} after ${names[last]}`)
      // A piece has at least three quarters of the maximum before it is cut again.
      if (event === CUT) assert.ok(sinceCut >= options.maxUtteranceMs * 0.75 - WINDOW_MS, `a piece of ${sinceCut} ms`)
      if (event === CUT) sinceCut = 0
      if (event === ENDED || event === STARTED) sinceCut = Infinity
      last = event
    }
    assert.equal(endpointer.isInSpeech, last === STARTED || last === CUT)
  }), { seed: 6, numRuns: 300 })
})

test('use does not change the shape of an endpointer', () => {
  const used = makeEndpointer()
  eventsOf(used, [...times(2000, VOICED), ...times(40, SILENT), ...times(2, VOICED)])
  assert.ok(haveSameMap(used, makeEndpointer()))
})
