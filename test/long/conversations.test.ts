import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ChorusServer } from '../support/chorus-server.js'
import { openAndClose } from '../support/conversations.js'

const CONVERSATIONS = 20_000
/** What they may add when as many came before them: a leak of 1 kB each would be 20 MB. */
const MOST_GROWTH_MB = 16

test('twenty thousand conversations leave the memory flat and every slot and page free', async t => {
  const server = await ChorusServer.start(t)
  const before = await openAndClose(server, CONVERSATIONS)
  const after = await openAndClose(server, CONVERSATIONS)
  t.diagnostic(`resident MB, warming up: ${round(before.residentMb)}; then: ${round(after.residentMb)}`)
  for (const { slots, pages, sessions } of [before, after]) {
    assert.deepEqual({ slots, pages, sessions }, { slots: 0, pages: 0, sessions: 0 })
  }
  const growth = mean(after.residentMb.slice(-3)) - mean(after.residentMb.slice(0, 3))
  assert.ok(growth < MOST_GROWTH_MB, `it grew by ${growth.toFixed(1)} MB after the warm-up`)
})

function round (values: readonly number[]): string { return values.map(value => value.toFixed(0)).join(' ') }
function mean (values: readonly number[]): number { return values.reduce((sum, value) => sum + value, 0) / values.length }
