import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { setImmediate as loopTurn } from 'node:timers/promises'
import fc from 'fast-check'
import { ENDED_BY_LENGTH, ENDED_BY_SILENCE } from '../../src/ring/endpoint.js'
import { SlotTable } from '../../src/ring/slot-table.js'
import { createArenaMemory, UtteranceArena } from '../../src/ring/utterance-arena.js'
import type { EngineSink } from '../../src/threads/engine-sink.js'
import type { Recogniser, Utterance } from '../../src/threads/recogniser.js'
import { Recognition, TAIL_SAMPLES } from '../../src/threads/recognition.js'

const SLOT = 1
const TIMEOUT_MS = 15_000

interface Job {
  readonly job: Utterance
  readonly signal: AbortSignal
  readonly resolve: (text: string) => void
  readonly reject: (error: Error) => void
}

function makeSink (told: string[], accepts: () => boolean): EngineSink {
  const none = (): void => { assert.fail() }
  return {
    onFrame: none,
    onSentence: none,
    onEmotion: none,
    onTurnEnd: none,
    onSpeechStarted: none,
    onSpeechLasts: none,
    onEchoLasts: none,
    onPause: accepts,
    onEndpoint: accepts,
    onTranscript: (_slot, text, isPartial) => { told.push(isPartial ? `${text}…` : text) },
    onPartial: () => {},
    onRecognitionFailed: (_slot, error) => { told.push(error instanceof Error && 'code' in error ? String(error.code) : String(error)) }
  }
}

const times = { arrivalAt: 1, verdictAt: 2 }

function makeRig (t?: TestContext) {
  t?.mock.timers.enable({ apis: ['setTimeout'] })
  const jobs: Job[] = []
  const told: string[] = []
  const arena = new UtteranceArena(createArenaMemory(64))
  const slots = SlotTable.create(2)
  let accepts = true
  const recogniser: Recogniser = {
    takesGuesses: true,
    isIdle: true,
    recognise: (job, signal) => new Promise((resolve, reject) => {
      jobs.push({ job, signal, resolve, reject })
    })
  }
  const recognition = new Recognition(recogniser, [arena], slots, makeSink(told, () => accepts), TIMEOUT_MS)
  let utterance = 0
  const open = (generation: number): void => {
    slots.setEpoch(SLOT, generation, 0)
    recognition.open(SLOT, generation, 'de')
  }
  const end = (generation: number, reason = ENDED_BY_SILENCE): void => {
    const samples = { startSample: 100, endSample: 60_100, speechEndSample: 60_100 }
    const source = { slot: SLOT, generation, hearing: 0 }
    recognition.onEndpoint(source, 0, { utterance: utterance++, ...samples, reason, pages: [arena.take(), arena.take()] }, times)
  }
  return { recognition, jobs, told, arena, slots, open, end, refuse: () => { accepts = false } }
}

test('words are told in the order of the endpoints, not of the results', async () => {
  const { jobs, told, arena, open, end } = makeRig()
  open(3)
  end(3, ENDED_BY_LENGTH)
  end(3)
  end(3)
  assert.equal(arena.usedPages, 6)
  jobs[2]!.resolve('c')
  jobs[1]!.reject(new Error('broken'))
  await loopTurn()
  assert.deepEqual(told, [])
  jobs[0]!.resolve('a')
  await loopTurn()
  assert.deepEqual(told, ['a…', 'Error: broken', 'c'])
  assert.equal(arena.usedPages, 0)
})

test('the job has the samples without what follows the speech by far', () => {
  const { recognition, jobs, open } = makeRig()
  open(3)
  const endpoint = { utterance: 1, startSample: 1000, endSample: 50_000, speechEndSample: 30_000, reason: 0, pages: [] }
  recognition.onEndpoint({ slot: SLOT, generation: 3, hearing: 0 }, 0, endpoint, times)
  assert.ok(jobs[0]!.job.samples >= 29_000 && jobs[0]!.job.samples < 49_000)
  jobs[0]!.resolve('')
})

test('an utterance across the end of the count of samples has its length', () => {
  const { recognition, jobs, open } = makeRig()
  open(3)
  const endpoint = { utterance: 1, startSample: 2 ** 32 - 16_000, endSample: 32_000, speechEndSample: 24_000, reason: 0, pages: [] }
  recognition.onEndpoint({ slot: SLOT, generation: 3, hearing: 0 }, 0, endpoint, times)
  assert.equal(jobs[0]!.job.samples, 40_000 + TAIL_SAMPLES)
  jobs[0]!.resolve('')
})

test('a recogniser that hangs is a failure in time, and keeps its pages until it is done', async t => {
  const { jobs, told, arena, open, end } = makeRig(t)
  open(3)
  end(3)
  t.mock.timers.tick(TIMEOUT_MS - 1)
  await loopTurn()
  assert.deepEqual(told, [])
  t.mock.timers.tick(1)
  await loopTurn()
  assert.deepEqual(told, ['CHORUS_PROVIDER_TIMEOUT'])
  assert.ok(jobs[0]!.signal.aborted)
  assert.equal(arena.usedPages, 2)
  jobs[0]!.resolve('late')
  await loopTurn()
  assert.equal(arena.usedPages, 0)
  assert.deepEqual(told, ['CHORUS_PROVIDER_TIMEOUT'])
})

test('an endpoint of nobody, of an older lease, or not wanted gives its pages back at once', () => {
  const { jobs, arena, open, end, refuse } = makeRig()
  end(3)
  open(4)
  end(3)
  refuse()
  end(4)
  assert.equal(jobs.length, 0)
  assert.equal(arena.usedPages, 0)
})

test('a session that ends hears nothing more, and its jobs are told', async () => {
  const { recognition, jobs, told, arena, open, end } = makeRig()
  open(3)
  end(3)
  recognition.close(SLOT)
  assert.ok(jobs[0]!.signal.aborted)
  open(4)
  jobs[0]!.resolve('of the one before')
  await loopTurn()
  assert.deepEqual(told, [])
  assert.equal(arena.usedPages, 0)
})

test('the recogniser is told the language of the device', () => {
  const { jobs, open, end } = makeRig()
  open(3)
  end(3)
  assert.equal(jobs[0]!.job.language, 'de')
  jobs[0]!.resolve('')
})

test('words that nobody wants any more are told as none, in their place, and their work ends', async () => {
  const { recognition, jobs, told, arena, open, end } = makeRig()
  open(3)
  recognition.forget(SLOT)
  end(3, ENDED_BY_LENGTH)
  end(3)
  recognition.forget(SLOT)
  end(3)
  assert.deepEqual(jobs.map(({ signal }) => signal.aborted), [true, true, false])
  jobs[2]!.resolve('wanted')
  await loopTurn()
  assert.deepEqual(told, ['…', '', 'wanted'])
  assert.equal(arena.usedPages, 4)
  jobs[0]!.resolve('late')
  jobs[1]!.reject(jobs[1]!.signal.reason as Error)
  await loopTurn()
  assert.deepEqual(told, ['…', '', 'wanted'])
  assert.equal(arena.usedPages, 0)
  recognition.forget(SLOT)
  end(3)
  jobs[3]!.resolve('after')
  await loopTurn()
  assert.equal(told.at(-1), 'after')
  end(3)
  recognition.forget(SLOT)
  assert.ok(jobs[4]!.signal.aborted)
  jobs[4]!.resolve('late')
})

test('pages are always given back, and words told once and in order, whatever happens', async () => {
  const move = fc.oneof(
    fc.constant({ kind: 'end' as const }), fc.constant({ kind: 'stale' as const }), fc.constant({ kind: 'reopen' as const }), fc.constant({ kind: 'forget' as const }),
    fc.record({ kind: fc.constantFrom('resolve' as const, 'reject' as const), at: fc.nat({ max: 20 }) })
  )
  await fc.assert(fc.asyncProperty(fc.array(move, { maxLength: 40 }), async moves => {
    const { recognition, jobs, told, arena, open, end } = makeRig()
    const settle = (job: Job, at: number): void => { job.resolve(String(at)) }
    let generation = 1
    open(generation)
    for (const move of moves) {
      if (move.kind === 'end' && arena.usedPages < 60) end(generation)
      else if (move.kind === 'stale' && arena.usedPages < 60) end(generation + 7)
      else if (move.kind === 'resolve') jobs[move.at]?.resolve(String(move.at))
      else if (move.kind === 'reject') jobs[move.at]?.reject(new Error(String(move.at)))
      else if (move.kind === 'forget') recognition.forget(SLOT)
      else if (move.kind === 'reopen') {
        recognition.close(SLOT)
        open(++generation)
      }
    }
    jobs.forEach(settle)
    await loopTurn()
    recognition.close(SLOT)
    assert.equal(arena.usedPages, 0)
    const order = told.filter(text => text !== '').map(text => Number(/\d+$/.exec(text)))
    assert.deepEqual(order, [...new Set(order)].sort((a, b) => a - b))
  }), { numRuns: 300, seed: 9 })
})
