import assert from 'node:assert/strict'
import { test } from 'node:test'
import { STREAM_ENDPOINT_HINT, STREAM_PARTIAL, STREAM_RESULT, STREAM_WHOLE } from '../../../src/ring/layout.js'
import type { SpeechTap } from '../../../workers/voice/speech-tap.js'
import { concatenate, silence, sing } from '../../support/streaming/tones.js'
import { StreamingRig, type SeenRecord } from './streaming-rig.js'

const texts = (records: readonly SeenRecord[], kind: number): string[] => {
  return records.filter(record => record.kind === kind).map(({ text }) => text)
}
const results = (records: readonly SeenRecord[]): unknown[] => records.filter(({ kind }) => kind === STREAM_RESULT)
  .map(({ slot, generation, time, flags, text }) => [slot, generation, time, flags === STREAM_WHOLE ? text : 'damaged'])

for (const kind of ['zipformer2-ctc', 'zipformer2-transducer', 'paraformer'] as const) {
  test(`${kind}: partial texts come while somebody speaks, and the whole text with the end`, async t => {
    const rig = await StreamingRig.create(t, { kind })
    const tap = rig.attach(0, 1)
    const speech = sing(['low', 'high', 'mid', 'low'], 500)
    tap.begin()
    rig.say(tap, speech)
    const partials = texts(rig.toldGateway(), STREAM_PARTIAL)
    assert.ok(partials.length >= 2, partials.join(' | '))
    tap.end(7)
    rig.settle()
    const told = rig.toldGateway()
    assert.deepEqual(results(told), [[0, 1, 7, rig.wordsOf(speech)]])
    for (const partial of partials) assert.ok(rig.wordsOf(speech).startsWith(partial), partial)
    assert.equal(told.length, 1)
  })
}

test('partial texts of an utterance come no more often than configured, and only with news', async t => {
  const rig = await StreamingRig.create(t, { partialEveryMs: 1000 })
  const tap = rig.attach(0, 1)
  tap.begin()
  rig.say(tap, sing(['low', 'high', 'mid', 'low', 'high', 'mid'], 3000))
  const times = rig.toldGateway().filter(({ kind }) => kind === STREAM_PARTIAL).map(({ time }) => time)
  assert.ok(times.length > 2)
  for (let at = 1; at < times.length; at++) assert.ok(times[at]! - times[at - 1]! >= 1000, times.join(', '))
  assert.ok(times.at(-1)! < 5500, 'told again in the silence, where nothing is news')
})

test('voice is told that the utterance seems to be over, of which one, and up to where that is true', async t => {
  const rig = await StreamingRig.create(t)
  const tap = rig.attach(2, 5)
  tap.begin()
  tap.drop()
  tap.begin()
  rig.say(tap, silence(3000))
  assert.deepEqual(rig.toldVoice(1), [], 'no words, no end')
  const speech = sing(['low', 'mid'])
  rig.say(tap, speech)
  assert.deepEqual(rig.toldVoice(1), [])
  rig.say(tap, silence(1000))
  const hints = rig.toldVoice(1)
  assert.ok(hints.length > 0)
  for (const { kind, slot, generation, sequence, time } of hints) {
    assert.deepEqual([kind, slot, generation, sequence], [STREAM_ENDPOINT_HINT, 2, 5, 2])
    assert.equal(time % rig.recogniser.chunkSamples, 0)
    const position = time - 3000 * 16
    assert.ok(position > speech.length && position <= speech.length + 1000 * 16, `told of sample ${position}`)
  }
  assert.deepEqual(rig.toldVoice(0), [])
})

test('utterances of several seats and voice workers do not mix', async t => {
  const rig = await StreamingRig.create(t, { batchStreams: 2 })
  const songs = [['low', 'mid'], ['high', 'low'], ['mid', 'high'], ['high', 'mid']] as const
  const taps = songs.map((_, slot) => rig.attach(slot, slot + 10))
  for (const tap of taps) tap.begin()
  for (let at = 0; at < sing(songs[0]).length; at += 512) {
    for (const [slot, tap] of taps.entries()) push(tap, sing(songs[slot]!).subarray(at, at + 512))
    rig.settle()
  }
  for (const [slot, tap] of taps.entries()) tap.end(slot + 1)
  rig.settle()
  const told = rig.toldGateway()
  assert.deepEqual(results(told).sort(), songs.map((song, slot) => [slot, slot + 10, slot + 1, song.join(' ')]).sort())
})

test('the next piece of a long utterance may begin while the one before is not decoded yet', async t => {
  const rig = await StreamingRig.create(t)
  const tap = rig.attach(0, 1)
  for (const [piece, song] of ([['low', 'mid'], ['high', 'low']] as const).entries()) {
    tap.begin()
    push(tap, sing(song))
    tap.end(piece + 1)
  }
  rig.settle()
  assert.deepEqual(results(rig.toldGateway()), [[0, 1, 1, 'low mid'], [0, 1, 2, 'high low']])
})

test('an utterance that is dropped has no result, and the next one nothing of it', async t => {
  const rig = await StreamingRig.create(t)
  const tap = rig.attach(0, 1)
  tap.begin()
  rig.say(tap, sing(['low', 'mid', 'low']))
  tap.drop()
  rig.settle()
  assert.deepEqual(results(rig.toldGateway()), [])
  tap.begin()
  rig.say(tap, sing(['high']))
  tap.end(1)
  rig.settle()
  assert.deepEqual(results(rig.toldGateway()), [[0, 1, 1, 'high']])
})

test('who left while speaking is told of no more, and whoever takes the seat is heard from the start', async t => {
  const rig = await StreamingRig.create(t, { maxStreams: 1 })
  const tap = rig.attach(0, 1)
  tap.begin()
  rig.say(tap, sing(['low', 'mid']))
  rig.toldGateway()
  rig.slots.setEpoch(0, 0, 0)
  rig.say(tap, sing(['low', 'mid']))
  tap.end(1)
  rig.settle()
  assert.deepEqual(rig.toldGateway(), [])
  rig.attach(0, 2).begin()
  rig.say(tap, sing(['high']))
  tap.end(1)
  rig.settle()
  assert.deepEqual(results(rig.toldGateway()), [[0, 2, 1, 'high']])
})

test('beyond the limit an utterance is damaged, those within it are not, and then there is room again', async t => {
  const rig = await StreamingRig.create(t, { maxStreams: 1 })
  const first = rig.attach(0, 1)
  const second = rig.attach(1, 1)
  const both = (): void => { for (const tap of [first, second]) tap.begin() }
  both()
  rig.say(first, sing(['low']))
  rig.say(second, sing(['high']))
  second.end(1)
  first.end(1)
  rig.settle()
  assert.deepEqual(results(rig.toldGateway()), [[1, 1, 1, 'damaged'], [0, 1, 1, 'low']])
  second.begin()
  rig.say(second, sing(['high']))
  second.end(2)
  rig.settle()
  assert.deepEqual(results(rig.toldGateway()), [[1, 1, 2, 'high']])
})

test('an utterance that found the ring full is damaged, and the next one is whole', async t => {
  const rig = await StreamingRig.create(t, { ringBytes: 8192 })
  const tap = rig.attach(0, 1)
  const speech = sing(['low', 'high'])
  tap.begin()
  push(tap, speech)
  tap.end(1)
  rig.settle()
  assert.deepEqual(results(rig.toldGateway()), [[0, 1, 1, 'damaged']])
  tap.begin()
  rig.say(tap, speech)
  tap.end(2)
  rig.settle()
  assert.deepEqual(results(rig.toldGateway()), [[0, 1, 2, 'low high']])
})

test('audio is taken in no faster than it is decoded', async t => {
  const rig = await StreamingRig.create(t)
  const tap = rig.attach(0, 1)
  const speech = concatenate(Array.from({ length: 5 }, () => sing(['low', 'mid', 'high'])))
  tap.begin()
  push(tap, speech)
  tap.end(1)
  rig.flush()
  rig.loop.pass()
  const waiting = rig.waitingBytes
  rig.loop.pass()
  assert.equal(rig.waitingBytes, waiting, 'the second in it was not decoded yet')
  rig.settle()
  assert.deepEqual([rig.waitingBytes, results(rig.toldGateway())], [0, [[0, 1, 1, rig.wordsOf(speech)]]])
})

function push (tap: SpeechTap, samples: Int16Array): void { tap.append(samples, samples.length) }
