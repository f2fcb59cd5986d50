import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { turnStages, type HeardTimes } from '../../src/core/turn-stages.js'
import { ENDED_BY_SILENCE } from '../../src/ring/endpoint.js'
import { microsecondsOf } from '../../src/ring/microseconds.js'
import {
  STAMP_FIRST_AUDIO, STAMP_FIRST_TOKEN, STAMP_MODEL_REQUEST, STAMP_PACKET, STAMP_PCM, STAMP_SENTENCE, STAMP_VOICE_REQUEST
} from '../../src/ring/slot-table.js'
import { HELLO, makeRig, SLOT, start } from './session-rig.js'

const packet = Uint8Array.of(1)

/** How long the providers take, in ms. */
interface Providers { readonly recogniser: number, readonly model: number, readonly sentence: number, readonly voice: number }
const quick: Providers = { recogniser: 10, model: 20, sentence: 30, voice: 40 }

function setUp (t: TestContext, mode = 'realtime') {
  const rig = makeRig(t)
  const { clock, slots, turnStats } = rig
  const session = rig.open()
  const now = (): number => microsecondsOf(clock.now())
  const stamp = (kind: number): void => { slots.stamp(SLOT, slots.generation(SLOT), slots.turn(SLOT), kind, now()) }
  session.onText(HELLO)
  session.onText(start(mode))

  /** Somebody speaks; the words are told. */
  const ask = (text: string, { recogniser }: Providers): void => {
    session.turns.onSpeechStarted(1)
    const arrivalAt = now()
    clock.advance(2)
    const verdictAt = now()
    clock.advance(1)
    const takenAt = now()
    assert.ok(session.turns.onEndpoint(1, ENDED_BY_SILENCE))
    clock.advance(3)
    const begunAt = now()
    clock.advance(recogniser)
    const heard: HeardTimes = { arrivalAt, verdictAt, takenAt, begunAt, endedAt: now(), isGuess: false }
    clock.advance(4)
    session.turns.onWords(text, false, heard)
  }
  /** The workers answer until there is a packet. */
  const work = ({ model, sentence, voice }: Providers): void => {
    const wait = (ms: number, kind: number): void => {
      clock.advance(ms)
      stamp(kind)
    }
    wait(5, STAMP_MODEL_REQUEST)
    wait(model, STAMP_FIRST_TOKEN)
    wait(sentence, STAMP_SENTENCE)
    wait(1, STAMP_VOICE_REQUEST)
    wait(voice, STAMP_FIRST_AUDIO)
    wait(2, STAMP_PCM)
    wait(3, STAMP_PACKET)
    clock.advance(1)
  }
  return { ...rig, session, ask, work, read: () => turnStats.read() }
}

test('a turn is measured from the end of the speech to its first audio, once', t => {
  const { session, ask, work, clock, read } = setUp(t)
  ask('what time is it', quick)
  work(quick)
  for (let frame = 0; frame < 3; frame++) session.turns.onFrame(packet)
  clock.advance(500)
  const { count, guessed, last } = read()
  assert.deepEqual([count, guessed, last.length], [1, 0, 1])
  const [turn] = last
  const byName = Object.fromEntries(turnStages.map(({ name }, at) => [name, turn!.stagesMs[at]!]))
  const { playout, ...others } = byName
  assert.deepEqual(others, {
    'voice detection': 2,
    'endpoint to gateway': 1,
    'recogniser queue': 3,
    recognition: 10,
    'words to gateway': 4,
    'question to dialogue': 5,
    'first token': 20,
    'first sentence': 30,
    'voice queue': 1,
    voice: 40,
    'audio to voice worker': 2,
    encoding: 3,
    'packet to gateway': 1
  })
  assert.ok(playout! >= 0)
  assert.equal(turn!.providerMs, 100)
  assert.equal(turn!.addedMs + turn!.providerMs, turn!.totalMs)
})

test('a slow provider moves its own share and not what the server adds', t => {
  const slow: Providers = { recogniser: 400, model: 900, sentence: 300, voice: 700 }
  const [fast, late] = [{ ...quick, voice: 300 }, slow].map(providers => {
    const { session, ask, work, clock, read } = setUp(t)
    ask('what time is it', providers)
    work(providers)
    session.turns.onFrame(packet)
    clock.advance(500)
    return read().last[0]!
  })
  assert.deepEqual([fast!.providerMs, late!.providerMs], [360, 2300])
  assert.ok(Math.abs(fast!.addedMs - late!.addedMs) <= 5, 'beside the 5 ms of the clock that paces')
})

test('the gap before the first frame is the time of the server, where the answer is quicker', t => {
  const none: Providers = { recogniser: 0, model: 0, sentence: 0, voice: 0 }
  const { session, ask, work, clock, read, config } = setUp(t)
  ask('what time is it', none)
  work(none)
  session.turns.onFrame(packet)
  clock.advance(500)
  const [turn] = read().last
  assert.equal(turn!.providerMs, 0)
  assert.ok(turn!.stagesMs.at(-1)! >= config.playout.startGapMs - 15)
})

test('who interrupts before the first audio leaves nothing to measure', t => {
  const { session, ask, work, clock, read } = setUp(t)
  ask('what time is it', quick)
  session.onText('{"type":"abort"}')
  work(quick) // of workers that have not heard of it
  session.turns.onFrame(packet)
  clock.advance(500)
  assert.equal(read().count, 0)
})

test('the stamps of a turn that was cut are not those of the next one', t => {
  const { session, ask, work, clock, read } = setUp(t)
  ask('what time is it', quick)
  work(quick)
  session.onText('{"type":"abort"}')
  ask('and the date', quick)
  session.turns.onFrame(packet)
  clock.advance(500)
  assert.equal(read().count, 0, 'its own stamps are missing')
})

test('an apology in place of an answer is not measured', t => {
  const { session, ask, work, clock, take, read } = setUp(t)
  ask('what time is it', quick)
  work(quick)
  session.turns.onTurnEnd(true)
  clock.advance(1000)
  assert.ok(take().includes('tts sentence_start apology'))
  assert.equal(read().count, 0)
})

test('what nobody said is not measured: texts, wake words, announcements', async t => {
  const { session, work, clock, read } = setUp(t, 'auto')
  for (const text of ['what time is it', 'alexa']) {
    session.onText(`{"type":"listen","state":"detect","text":"${text}"}`)
    work(quick)
    session.turns.onFrame(packet)
    session.turns.onTurnEnd(false)
    clock.advance(2000)
  }
  const told = session.turns.announce('Dinner is ready.')
  work(quick)
  session.turns.onFrame(packet)
  session.turns.onTurnEnd(false)
  clock.advance(2000)
  assert.equal(await told, 'spoken')
  assert.equal(read().count, 0)
})

test('an answer without a sound leaves its slot to others, whose stamps are theirs', t => {
  const { session, ask, work, clock, slots, read } = setUp(t)
  ask('what time is it', quick)
  session.turns.onTurnEnd(false)
  clock.advance(1000)
  session.turns.leaveSeat()
  slots.setEpoch(SLOT, 9, 4)
  work(quick)
  session.turns.tell({ text: 'code', packets: [packet] })
  clock.advance(1000)
  assert.equal(read().count, 0)
})
