import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SlotPool, type Lease } from '../../src/threads/slot-pool.js'

function free (pool: SlotPool, { slot, generation }: Lease): void {
  pool.letGo(slot, generation, 'voice')
  pool.letGo(slot, generation, 'dialogue')
}

test('slots are reused first in, first out', () => {
  const pool = new SlotPool(1, 3, 1)
  const leases = [pool.lease()!, pool.lease()!, pool.lease()!]
  assert.deepEqual(leases.map(({ slot }) => slot), [0, 1, 2])
  assert.equal(pool.lease(), undefined)
  for (const at of [1, 0, 2]) free(pool, leases[at]!)
  assert.deepEqual([pool.lease()!, pool.lease()!, pool.lease()!].map(({ slot }) => slot), [1, 0, 2])
})

test('a slot is free when both workers have let go of it, in any order, and once', () => {
  const pool = new SlotPool(1, 1, 1)
  for (const [first, second] of [['voice', 'dialogue'], ['dialogue', 'voice']] as const) {
    const { slot, generation } = pool.lease()!
    pool.letGo(slot, generation, first)
    pool.letGo(slot, generation, first)
    assert.equal(pool.lease(), undefined)
    assert.equal(pool.usedSlots, 1)
    pool.letGo(slot, generation, second)
    pool.letGo(slot, generation, second)
    assert.equal(pool.usedSlots, 0)
  }
})

test('what is said of an older lease, or of no slot, is ignored', () => {
  const pool = new SlotPool(1, 1, 1)
  const old = pool.lease()!
  free(pool, old)
  const young = pool.lease()!
  free(pool, old)
  pool.letGo(77, 1, 'voice')
  assert.equal(pool.usedSlots, 1)
  free(pool, young)
  assert.equal(pool.usedSlots, 0)
})

test('generations wrap past 0xffff and are never 0', () => {
  const pool = new SlotPool(1, 1, 1)
  const last: number[] = []
  for (let count = 0; count < 0xffff + 3; count++) {
    const lease = pool.lease()!
    assert.ok(lease.generation > 0 && lease.generation <= 0xffff)
    last[count % 4] = lease.generation
    free(pool, lease)
  }
  assert.deepEqual([...last].sort((a, b) => a - b), [1, 2, 3, 0xffff])
})

test('sessions spread over the workers', () => {
  const pool = new SlotPool(2, 4, 2)
  const leases = Array.from({ length: 8 }, () => pool.lease()!)
  for (const of of ['voice', 'dialogue'] as const) assert.equal(leases.filter(lease => lease[of] === 0).length, 4)
  assert.ok(leases.every(({ slot, voice }) => Math.floor(slot / 4) === voice))
  const left = leases.filter(({ dialogue }) => dialogue === 1)
  for (const lease of left) free(pool, lease)
  assert.deepEqual(left.map(() => pool.lease()!.dialogue), [1, 1, 1, 1])
})
