import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OutputQuota } from '../../src/session/output-quota.js'

test('each device has its own quota, anew each day', () => {
  let now = new Date('2026-01-01T12:00:00')
  const quota = new OutputQuota(10, () => now)
  quota.add('a', 9)
  assert.ok(!quota.isUsedUp('a'))
  quota.add('a', 1)
  assert.ok(quota.isUsedUp('a'))
  assert.ok(!quota.isUsedUp('b'))
  now = new Date('2026-01-02T00:00:01')
  assert.ok(!quota.isUsedUp('a'))
})

test('without a quota anything goes', () => {
  const quota = new OutputQuota(0)
  quota.add('a', 1e9)
  assert.ok(!quota.isUsedUp('a'))
})
