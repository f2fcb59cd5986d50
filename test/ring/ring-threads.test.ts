import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { createRingMemory } from '../../src/ring/byte-ring.js'
import { PeerReader } from './peer-reader.js'
import { byteOf, lengthOf, type PeerStart } from './ring-peer.js'
import { receiveThroughTinyRing } from './tiny-ring.js'

interface Load { readonly ringBytes: number, readonly records: number, readonly maxBatch: number }

/** Receives `records` of another thread's, checking each, and sleeps whenever the ring is empty. */
async function receiveFromThread (t: TestContext, { ringBytes, records, maxBatch }: Load): Promise<void> {
  const memory = createRingMemory(ringBytes, 128, 2 ** 32 - 3000)
  const reader = new PeerReader(memory, 0)
  const { header, bytes, bell, roomBell } = reader
  const start: PeerStart = { ring: memory, bell: bell.memory, roomBell: roomBell.memory, records, maxBatch }
  await reader.start(t, new URL('./ring-peer.js', import.meta.url), start)
  for (let record = 0; record < records; record++) {
    const length = reader.next()
    if (length !== lengthOf(record) || (header.generation << 16 | header.slot) !== record) assert.fail(`record ${record} is another`)
    for (let at = 0; at < length; at++) if (bytes[at] !== byteOf(record, at)) assert.fail(`byte ${at} of record ${record}`)
  }
}

test('two threads move 200,000 records through a ring of a few hundred bytes, none lost or changed', async t => {
  await receiveFromThread(t, { ringBytes: 384, records: 200_000, maxBatch: 12 })
})

test('a sleeper that sleeps after every record is woken every time', async t => {
  // A ring that holds one record at a time makes both sides sleep and wake in turn.
  await receiveFromThread(t, { ringBytes: 1, records: 15_000, maxBatch: 1 })
})

const TINY_RECORDS = 40_000

for (const [where, startAt] of [['2^31', 2 ** 31 - 64], ['2^32', 2 ** 32 - 64]] as const) {
  test(`a ring of 64 bytes, its counters beginning next to ${where}, loses nothing that it accepted`, async t => {
    const { received, holes } = await receiveThroughTinyRing(t, { startAt, seed: startAt >>> 7, records: TINY_RECORDS })
    assert.equal(received + holes, TINY_RECORDS)
    assert.ok(holes > TINY_RECORDS / 1000, `the ring was full for ${holes} records only`)
  })
}
