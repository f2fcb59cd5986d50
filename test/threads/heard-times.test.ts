import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as loopTurn } from 'node:timers/promises'
import type { HeardTimes, WorkTimes } from '../../src/core/turn-stages.js'
import { ENDED_BY_LENGTH, ENDED_BY_SILENCE, type Endpoint } from '../../src/ring/endpoint.js'
import { microseconds, microsecondsSince } from '../../src/ring/microseconds.js'
import { SlotTable } from '../../src/ring/slot-table.js'
import { createArenaMemory, UtteranceArena } from '../../src/ring/utterance-arena.js'
import type { EngineSink } from '../../src/threads/engine-sink.js'
import type { Recogniser } from '../../src/threads/recogniser.js'
import { Recognition } from '../../src/threads/recognition.js'

const SOURCE = { slot: 1, generation: 3, hearing: 0 }
const TIMES = { arrivalAt: 11, verdictAt: 12 }

interface Job { readonly answer: (times: WorkTimes) => void }

function setUp () {
  const jobs: Job[] = []
  const told: HeardTimes[] = []
  const slots = SlotTable.create(2)
  const recogniser: Recogniser = {
    takesGuesses: true,
    isIdle: true,
    recognise: (_utterance, _signal, times) => new Promise(resolve => {
      jobs.push({ answer: worked => { Object.assign(times, worked); resolve('words') } })
    })
  }
  const sink: Partial<EngineSink> = {
    onPause: () => true,
    onEndpoint: () => true,
    onTranscript: (_slot, _text, _isPartial, heard) => { told.push({ ...heard }) }
  }
  const recognition = new Recognition(recogniser, [new UtteranceArena(createArenaMemory(4))], slots, sink as EngineSink, 15_000)
  slots.setEpoch(SOURCE.slot, SOURCE.generation, 0)
  recognition.open(SOURCE.slot, SOURCE.generation, 'en')
  const samples = { startSample: 0, endSample: 9600, speechEndSample: 9600 }
  const endpoint = (utterance: number, reason: number): Endpoint => ({ utterance, ...samples, reason, pages: [] })
  return {
    jobs,
    told,
    pause: (utterance: number) => { recognition.onPause(SOURCE, 0, endpoint(utterance, ENDED_BY_SILENCE)) },
    end: (utterance: number, reason = ENDED_BY_SILENCE) => { recognition.onEndpoint(SOURCE, 0, endpoint(utterance, reason), TIMES) }
  }
}

test('words come with the times of their endpoint and of the work on them', async () => {
  const { jobs, told, end } = setUp()
  const before = microseconds()
  end(1)
  jobs[0]!.answer({ begunAt: 20, endedAt: 30 })
  await loopTurn()
  const [{ takenAt, ...heard }] = told as [HeardTimes]
  assert.deepEqual(heard, { ...TIMES, begunAt: 20, endedAt: 30, isGuess: false })
  assert.ok(microsecondsSince(before, takenAt) >= 0)
})

test('words that were looked for at a pause come with the times of then', async () => {
  const { jobs, told, pause, end } = setUp()
  pause(1)
  jobs[0]!.answer({ begunAt: 5, endedAt: 9 })
  await loopTurn()
  end(1)
  await loopTurn()
  assert.deepEqual([told[0]!.begunAt, told[0]!.endedAt, told[0]!.isGuess], [5, 9, true])
})

test('words that had to wait for those before them were known when those were', async () => {
  const { jobs, told, end } = setUp()
  end(1, ENDED_BY_LENGTH)
  end(2)
  jobs[1]!.answer({ begunAt: 20, endedAt: 30 })
  await loopTurn()
  jobs[0]!.answer({ begunAt: 20, endedAt: 500 })
  await loopTurn()
  assert.deepEqual(told.map(({ endedAt }) => endedAt), [500, 500])
  end(3)
  jobs[2]!.answer({ begunAt: 40, endedAt: 50 })
  await loopTurn()
  assert.equal(told[2]!.endedAt, 50, 'there was nothing to wait for')
})
