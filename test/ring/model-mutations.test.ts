import assert from 'node:assert/strict'
import { test } from 'node:test'
import { exploreAll, type Scenario } from './model/explore.js'
import { Model } from './model/load-model.js'
import { Violation } from './model/machine.js'
import { mutations } from './model/mutations.js'
import { smallLimits } from './model/small-limits.js'

// Each bug is put into the source, alone, and must be found. Where one of these fails because the
// text it replaces is no longer there, look whether the bug is still possible, and move it.
const model = new Model(smallLimits, mutations)
const MOST_STATES = 20_000

for (const [name, { scenario: [file, scenario, ...values] }] of Object.entries(mutations)) {
  test(`the model finds it when ${name}`, () => {
    const build = model.load(file, name)[scenario] as (...values: number[]) => Scenario
    assert.throws(() => exploreAll(() => build(...values), { mostStates: MOST_STATES }), Violation)
  })
}
