import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as loopTurn } from 'node:timers/promises'
import { ENDED_BY_LENGTH, ENDED_BY_SILENCE, type Endpoint } from '../../src/ring/endpoint.js'
import { SlotTable } from '../../src/ring/slot-table.js'
import { createArenaMemory, UtteranceArena } from '../../src/ring/utterance-arena.js'
import type { EngineSink } from '../../src/threads/engine-sink.js'
import type { Recogniser, Utterance } from '../../src/threads/recogniser.js'
import { Recognition, TAIL_SAMPLES } from '../../src/threads/recognition.js'

const SLOT = 1
const SOURCE = { slot: SLOT, generation: 3, hearing: 2 }

interface Job { readonly utterance: Utterance, readonly resolve: (text: string) => void, readonly reject: (error: Error) => void }

function makeRig ({ takesGuesses = true } = {}) {
  const jobs: Job[] = []
  const told: string[] = []
  const arena = new UtteranceArena(createArenaMemory(64))
  const slots = SlotTable.create(2)
  const rig = { isIdle: true, understands: true }
  const none = (): void => { assert.fail() }
  const sink: EngineSink = {
    onFrame: none,
    onSentence: none,
    onEmotion: none,
    onTurnEnd: none,
    onSpeechStarted: none,
    onSpeechLasts: none,
    onEchoLasts: none,
    onPause: (_slot, hearing) => hearing === SOURCE.hearing && rig.understands,
    onEndpoint: () => true,
    onPartial: none,
    onTranscript: (_slot, text) => { told.push(text) },
    onRecognitionFailed: (_slot, error) => { told.push(String(error)) }
  }
  const recogniser: Recogniser = {
    takesGuesses,
    get isIdle () { return rig.isIdle },
    recognise: utterance => new Promise((resolve, reject) => {
      jobs.push({ utterance, resolve, reject })
    })
  }
  const recognition = new Recognition(recogniser, [arena], slots, sink, 15_000)
  slots.setEpoch(SLOT, 3, 0)
  recognition.open(SLOT, 3, 'en')
  const endpoint = (utterance: number, speechEndSample: number, silenceMs: number, reason = ENDED_BY_SILENCE): Endpoint =>
    ({ utterance, startSample: 0, endSample: speechEndSample + silenceMs * 16, speechEndSample, reason, pages: [arena.take()] })
  return {
    rig,
    jobs,
    told,
    arena,
    recognition,
    pause: (utterance: number, speechEnd: number) => { recognition.onPause(SOURCE, 0, endpoint(utterance, speechEnd, 224)) },
    end: (utterance: number, speechEnd: number, reason = ENDED_BY_SILENCE) => {
      recognition.onEndpoint(SOURCE, 0, endpoint(utterance, speechEnd, 608, reason), { arrivalAt: 1, verdictAt: 2 })
    }
  }
}

test('the words of a pause are those of its end, and are there at once', async () => {
  const { jobs, told, arena, recognition, pause, end } = makeRig()
  pause(1, 30_000)
  jobs[0]!.resolve('hello')
  await loopTurn()
  assert.deepEqual(told, [], 'nobody is told before the end')
  end(1, 30_000)
  await loopTurn()
  assert.deepEqual([told, jobs.length, arena.usedPages], [['hello'], 1, 0])
  const { adopted, wasted, savedMs } = recognition.speculation
  assert.deepEqual([adopted, wasted], [1, 0])
  assert.ok(savedMs >= 0)
})

test('a guess that is still under way at the end is waited for, not begun again', async () => {
  const { jobs, told, arena, pause, end } = makeRig()
  pause(1, 30_000)
  end(1, 30_000)
  await loopTurn()
  assert.deepEqual([jobs.length, told], [1, []])
  jobs[0]!.resolve('hello')
  await loopTurn()
  assert.deepEqual([told, arena.usedPages], [['hello'], 0])
})

test('a pause and its end ask for the same samples', () => {
  const { jobs, rig, pause, end } = makeRig()
  pause(1, 30_000)
  rig.isIdle = false
  pause(2, 50_000)
  end(2, 50_000)
  end(1, 30_000)
  assert.deepEqual(jobs.map(({ utterance }) => utterance.samples), [30_000 + TAIL_SAMPLES, 50_000 + TAIL_SAMPLES, 30_000 + TAIL_SAMPLES])
})

test('speech that went on is recognised as a whole, and the guess counted as waste', async () => {
  const { jobs, told, arena, recognition, pause, end } = makeRig()
  pause(1, 30_000)
  jobs[0]!.resolve('what')
  await loopTurn()
  pause(1, 60_000)
  jobs[1]!.resolve('what time')
  await loopTurn()
  end(1, 90_000)
  jobs[2]!.resolve('what time is it')
  await loopTurn()
  assert.deepEqual([told, arena.usedPages], [['what time is it'], 0])
  const { started, adopted, wasted, wastedMs } = recognition.speculation
  assert.deepEqual([started, adopted, wasted], [2, 0, 2])
  assert.ok(wastedMs >= 0)
})

test('a piece that was cut by its length is not the pause before', async () => {
  const { jobs, told, pause, end } = makeRig()
  pause(1, 30_000)
  end(1, 38_000, ENDED_BY_LENGTH)
  jobs[0]!.resolve('wrong')
  jobs[1]!.resolve('right')
  await loopTurn()
  assert.deepEqual(told, ['right'])
})

test('while one guess is under way, or somebody waits for a recogniser, there is no other', async () => {
  const { jobs, rig, arena, recognition, pause } = makeRig()
  pause(1, 30_000)
  pause(1, 60_000)
  assert.equal(jobs.length, 1)
  jobs[0]!.resolve('x')
  await loopTurn()
  rig.isIdle = false
  pause(1, 90_000)
  assert.deepEqual([jobs.length, recognition.speculation.declined, arena.usedPages], [1, 2, 0])
})

test('a recogniser that is paid by the request is asked at the end only', () => {
  const { jobs, arena, recognition, pause } = makeRig({ takesGuesses: false })
  pause(1, 30_000)
  assert.deepEqual([jobs.length, arena.usedPages, recognition.speculation.declined], [0, 0, 0])
})

test('a guess that failed is recognised again at the end', async () => {
  const { jobs, told, arena, recognition, pause, end } = makeRig()
  pause(1, 30_000)
  jobs[0]!.reject(new Error('broken'))
  await loopTurn()
  end(1, 30_000)
  await loopTurn()
  jobs[1]!.resolve('hello')
  await loopTurn()
  assert.deepEqual([told, arena.usedPages], [['hello'], 0])
  assert.deepEqual([recognition.speculation.adopted, recognition.speculation.wasted], [0, 1])
})

test('nothing is guessed at for a session that would not have it recognised', () => {
  const { rig, jobs, arena, recognition, pause } = makeRig()
  rig.understands = false
  pause(1, 30_000)
  assert.deepEqual([jobs.length, arena.usedPages, recognition.speculation.declined], [0, 0, 0])
})

test('whoever hears afresh, or leaves, leaves no guess behind', async () => {
  for (const leave of ['forget', 'close'] as const) {
    const { jobs, told, arena, recognition, pause, end } = makeRig()
    pause(1, 30_000)
    recognition[leave](SLOT)
    end(1, 30_000)
    for (const job of jobs) job.resolve('old')
    await loopTurn()
    assert.deepEqual([told.length, arena.usedPages, recognition.speculation.adopted], [leave === 'forget' ? 1 : 0, 0, 0])
    const late = { utterance: 1, startSample: 0, endSample: 1, speechEndSample: 1, reason: 0, pages: [arena.take()] }
    recognition.onPause({ ...SOURCE, generation: 9 }, 0, late)
    assert.equal(arena.usedPages, 0)
  }
})
