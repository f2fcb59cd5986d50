import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runHistory } from './histories/run-history.js'

const ACTIONS = 50_000

for (const seed of [1, 2, 3, 4]) {
  test(`sessions that die with records in flight leave nothing to those after them (seed ${seed})`, async t => {
    const tally = await runHistory(t, seed, ACTIONS)
    t.diagnostic(JSON.stringify(tally))
    for (const [what, count] of Object.entries(tally) as [string, number][]) assert.ok(count > 10, `too few ${what}: ${count}`)
  })
}
