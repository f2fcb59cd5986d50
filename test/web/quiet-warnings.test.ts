import assert from 'node:assert/strict'
import { test } from 'node:test'
import { quietWarnings } from '../../src/web/quiet-warnings.js'

test('trouble that comes often is told now and then, each kind for itself', () => {
  const lines: string[] = []
  let nowMs = 0
  const warn = quietWarnings((what, why) => { lines.push(`${what}: ${why}`) }, () => nowMs)
  for (let call = 0; call < 5; call++) warn('a', 'x')
  warn('b', 'y')
  nowMs = 10_000
  warn('a', 'z')
  nowMs = 20_000
  warn('a', 'last')
  assert.deepEqual(lines, ['a: x', 'b: y', 'a: z (and 4 times more since it was told last)', 'a: last'])
})
