import { test } from 'node:test'
import { exploreAll, type ExploreOptions, type Scenario } from './model/explore.js'
import { Model } from './model/load-model.js'
import { smallLimits } from './model/small-limits.js'

type Case = readonly [file: string, scenario: string, values: readonly number[], options?: ExploreOptions]

const model = new Model(smallLimits)
const everyAccess: ExploreOptions = { everyAccess: true }

/** What holds under every schedule, and the scenarios that were explored for it. */
const claims: Readonly<Record<string, readonly Case[]>> = {
  'what a ring accepted comes out whole and in order, and only the newest is refused': [
    ['rings', 'fullRing', [0, 3], everyAccess],
    ['rings', 'fullRing', [2 ** 31 - 32, 3]],
    ['rings', 'fullRing', [2 ** 32 - 24, 4]]
  ],
  'audio never takes the room of control': [['rings', 'reserveForControl', []], ['rings', 'reserveForControl', [], everyAccess]],
  'room that the producer saw stays until it is used': [['rings', 'roomStays', []]],
  'control that finds no room waits in order, and nothing overtakes it': [['rings', 'heldUpControl', []]],
  'frames and gaps together are what was offered since the order to hear': [['seats', 'holesOfAFullRing', [1, 3]]],
  'a sleeper is woken by whatever comes, of one producer or two': [
    ['rings', 'sleeper', [1, 1], everyAccess],
    ['rings', 'sleeper', [1, 2]],
    ['rings', 'sleeper', [2, 1]]
  ],
  'a sleeper whose naps end by themselves is woken all the same': [['rings', 'napper', [1], { timeouts: true }]],
  'an event loop takes everything, with one message under way at most': [['loops', 'eventLoop', [3, 4]], ['loops', 'eventLoop', [3, 1]]],
  'a poke and a bell do not hinder each other': [['loops', 'pokedLoop', [2]]],
  'a page is never written while somebody reads it, and all come back': [
    ['pages', 'pagesOfThree', [1, 3]],
    ['pages', 'pagesOfThree', [2, 3]],
    ['pages', 'sharedPage', [], everyAccess]
  ],
  'a slot is given out again only when both workers have let go of it': [['seats', 'reusedSlot', [2, 2, 2]], ['seats', 'reusedSlot', [2, 2, 1]]],
  'after a barge-in no older frame leaves, and no credit is lost': [['seats', 'bargeIn', [3, 2]]],
  'speech on its way to voice stays within its credit, and the credit comes back': [['seats', 'speechCredit', [3, 4]]],
  'a stamp is the first one of the turn that is under way': [['stamps', 'stampsOfTurns', [2], everyAccess], ['stamps', 'stampsOfTurns', [3]]],
  'a record is never newer than its epoch': [['seats', 'staleAfterStore', []]]
}

for (const [claim, cases] of Object.entries(claims)) {
  test(claim, t => {
    for (const [file, scenario, values, options = {}] of cases) {
      const build = model.load(`${file}.ts`)[scenario] as (...values: readonly number[]) => Scenario
      const { states, schedules } = exploreAll(() => build(...values), { mostStates: 100_000, ...options })
      t.diagnostic(`${scenario} ${values.join(' ')}${options.everyAccess === true ? ', every access' : ''}: ${states} states, ${schedules} schedules`)
    }
  })
}
