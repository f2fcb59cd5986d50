import assert from 'node:assert/strict'
import { test } from 'node:test'
import { exploreAll, exploreSome, type ExploreOptions, type Scenario } from '../ring/model/explore.js'
import { Model } from '../ring/model/load-model.js'
import { smallLimits } from '../ring/model/small-limits.js'
import { receiveThroughTinyRing } from '../ring/tiny-ring.js'
import { makeRandom } from '../support/noise.js'
import { runHistory } from '../threads/histories/run-history.js'

// CHORUS_TEST_SEED=<number> repeats what a failure printed.
const seed = Number(process.env['CHORUS_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
const SCHEDULES = 20_000
const HISTORIES = 25
const ACTIONS = 200_000
const TINY_RECORDS = 500_000

type Case = readonly [file: string, scenario: string, ...values: number[]]

const model = new Model(smallLimits)

function builder ([file, scenario, ...values]: Case): () => Scenario {
  const build = model.load(`${file}.ts`)[scenario] as (...values: readonly number[]) => Scenario
  return () => build(...values)
}

const exhaustive: readonly (readonly [Case, ExploreOptions?])[] = [
  [['rings', 'fullRing', 2 ** 31 - 32, 5]],
  [['rings', 'fullRing', 2 ** 32 - 24, 4], { everyAccess: true }],
  [['rings', 'heldUpControl'], { everyAccess: true }],
  [['rings', 'sleeper', 1, 3]],
  [['rings', 'sleeper', 2, 1], { everyAccess: true }],
  [['rings', 'napper', 2], { timeouts: true }],
  [['loops', 'eventLoop', 4, 4]],
  [['loops', 'eventLoop', 4, 2]],
  [['pages', 'pagesOfThree', 2, 4]],
  [['pages', 'pagesOfThree', 1, 3], { everyAccess: true }],
  [['seats', 'reusedSlot', 2, 3, 1]],
  [['seats', 'bargeIn', 5, 2]],
  [['seats', 'holesOfAFullRing', 3, 4]]
]

for (const [which, options = {}] of exhaustive) {
  test(`every schedule of ${which.join(' ')}${options.everyAccess === true ? ', every access a step' : ''}`, t => {
    const { states, schedules } = exploreAll(builder(which), { mostStates: 1_000_000, ...options })
    t.diagnostic(`${states} states, ${schedules} schedules`)
  })
}

const random: readonly Case[] = [
  ['rings', 'fullRing', 2 ** 32 - 200, 40], ['rings', 'sleeper', 2, 2], ['rings', 'napper', 3], ['loops', 'eventLoop', 6, 3],
  ['pages', 'pagesOfThree', 3, 12], ['seats', 'reusedSlot', 4, 12, 3], ['seats', 'bargeIn', 12, 4], ['seats', 'speechCredit', 20, 6]
]

for (const which of random) {
  test(`random schedules of ${which.join(' ')}, seed ${seed}`, t => {
    const { steps } = exploreSome(builder(which), SCHEDULES, makeRandom(seed), { timeouts: true })
    t.diagnostic(`${SCHEDULES} schedules, ${steps} steps`)
  })
}

for (let history = 0; history < HISTORIES; history++) {
  test(`sessions that die with records in flight, seed ${seed + history}`, async t => {
    const tally = await runHistory(t, seed + history, ACTIONS)
    t.diagnostic(JSON.stringify(tally))
    assert.ok(tally.sessions > 100)
  })
}

test(`half a million records through a ring of 64 bytes, seed ${seed}`, async t => {
  const { received, holes } = await receiveThroughTinyRing(t, { startAt: 2 ** 31 - 64, seed: seed | 0, records: TINY_RECORDS })
  assert.equal(received + holes, TINY_RECORDS)
})
