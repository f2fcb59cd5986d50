import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ChorusServer } from '../support/chorus-server.js'
import { openAndClose } from '../support/conversations.js'

const CONVERSATIONS = 20_000
/** Of the conversations; until then pools fill and code is compiled. */
const WARM_UP = 0.5
/** What 10,000 conversations may add: a leak of one frame each would be 2 MB, of a seat 700 MB. */
const MOST_GROWTH_MB = 16

test('twenty thousand conversations leave the memory flat and every slot and page free', async t => {
  const server = await ChorusServer.start(t)
  const { slots, pages, sessions, residentMb } = await openAndClose(server, CONVERSATIONS)
  t.diagnostic(`resident MB after each twentieth: ${residentMb.map(mb => mb.toFixed(0)).join(' ')}`)
  assert.deepEqual({ slots, pages, sessions }, { slots: 0, pages: 0, sessions: 0 })
  const warm = residentMb.slice(Math.floor(residentMb.length * WARM_UP))
  const growth = mean(warm.slice(-3)) - mean(warm.slice(0, 3))
  assert.ok(growth < MOST_GROWTH_MB, `it grew by ${growth.toFixed(1)} MB after the warm-up`)
})

function mean (values: readonly number[]): number { return values.reduce((sum, value) => sum + value, 0) / values.length }
