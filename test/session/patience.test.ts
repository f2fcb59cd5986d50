import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { makeConfig } from '../../src/core/config.js'
import { quietUntil, whatIsDue, type SessionFacts, type SessionTimes } from '../../src/session/patience.js'
import { initialSession } from '../../src/session/session-machine.js'

const config = makeConfig({ 'session.restCloseMs': 60_000, 'session.keepAliveMs': 20_000 })
const facts: SessionFacts = { hasHello: true, state: initialSession, isAtRest: true, isBlocked: false, hasSeat: false }
const times = (change: Partial<SessionTimes>): SessionTimes => ({ openedAt: 1, activeAt: 1, frameAt: 0, askedAt: 0, sentAt: 1, ...change })

test('while a device at rest need not be looked at, nothing becomes due', () => {
  const at = fc.integer({ min: 1, max: 100_000 })
  fc.assert(fc.property(at, at, at, fc.double({ min: 0, max: 1, noNaN: true }), (activeAt, sentAt, now, share) => {
    const when = times({ activeAt, sentAt })
    if (whatIsDue(facts, when, now, config) !== undefined) return
    const until = quietUntil(facts, when, now, config)
    assert.equal(whatIsDue(facts, when, now + Math.max(0, until - now) * share, config), undefined)
  }))
})

test('it is looked at again when something may be due, and every eight seconds at least', () => {
  assert.equal(quietUntil(facts, times({ activeAt: 1000, sentAt: 1000 }), 2000, config), 10_000)
  assert.equal(quietUntil(facts, times({ activeAt: 1000, sentAt: 1000 }), 20_000, config), 21_000)
  assert.equal(whatIsDue(facts, times({ activeAt: 1000, sentAt: 1000 }), 21_001, config), 'keepAlive')
})

test('who has not said hello, takes nothing, waits for an answer or is busy is looked at each time', () => {
  const now = 5000
  assert.equal(quietUntil({ ...facts, hasHello: false }, times({}), now, config), 0)
  assert.equal(quietUntil({ ...facts, isBlocked: true }, times({}), now, config), 0)
  assert.equal(quietUntil(facts, times({ askedAt: 4000 }), now, config), 0)
  assert.equal(quietUntil({ ...facts, state: { ...initialSession, phase: 'listening' } }, times({}), now, config), 0)
})
