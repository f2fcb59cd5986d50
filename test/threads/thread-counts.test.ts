import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadConfig } from '../../src/core/config.js'
import { threadCounts, usableCores } from '../../src/threads/thread-counts.js'

const { threads } = loadConfig({ argv: [], env: {} }).config

// cores, then voice, inference and dialogue threads: with local recognition, with a remote one
const table = [
  [1, [1, 1, 1], [2, 1, 1]],
  [2, [1, 1, 1], [2, 1, 1]],
  [4, [2, 2, 1], [2, 1, 1]],
  [8, [4, 4, 1], [6, 1, 2]],
  [16, [8, 8, 2], [14, 1, 4]]
] as const

for (const [cores, local, remote] of table) {
  test(`threads for ${cores} cores`, () => {
    for (const [isLocal, counts] of [[true, local], [false, remote]] as const) {
      const [voice, inference, dialogue] = counts
      assert.deepEqual(threadCounts(threads, cores, isLocal), { voice, inference, dialogue })
    }
  })
}

test('settings go before the cores', () => {
  assert.deepEqual(threadCounts({ ...threads, voice: 5, inference: 3, dialogue: 7 }, 2, true), { voice: 5, inference: 3, dialogue: 7 })
})

test('there is at least one core', () => { assert.ok(usableCores() >= 1) })
