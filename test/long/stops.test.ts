import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stopUnderLoad } from '../support/stop-under-load.js'

const STOPS = 50

test('SIGTERM, also twice, ends a busy server within 5 s, fifty times out of fifty', async t => {
  const took: number[] = []
  for (let stop = 0; stop < STOPS; stop++) took.push(await stopUnderLoad(stop % 2 + 1))
  took.sort((a, b) => a - b)
  t.diagnostic(`${took.length} of ${STOPS}; median ${Math.round(took[STOPS / 2]!)} ms, longest ${Math.round(took.at(-1)!)} ms`)
  assert.equal(took.length, STOPS)
})
