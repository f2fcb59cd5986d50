import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type TestContext, test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { ByteRing, createRingMemory } from '../../src/ring/byte-ring.js'
import { SleeperBell } from '../../src/ring/doorbell.js'
import { MAX_PAYLOAD_BYTES } from '../../src/ring/layout.js'
import { RecordHeader } from '../../src/ring/record-header.js'
import { byteOf, lengthOf, type PeerStart } from './ring-peer.js'
import { receiveThroughTinyRing } from './tiny-ring.js'

const WATCHDOG_MS = 20_000

interface Load { readonly ringBytes: number, readonly records: number, readonly maxBatch: number }
interface Outcome { readonly received: number, readonly lostWakes: number }

/** Receives `records` of another thread's, checking each, and sleeps whenever the ring is empty. */
async function receiveFromThread (t: TestContext, { ringBytes, records, maxBatch }: Load): Promise<Outcome> {
  const memory = createRingMemory(ringBytes, 128, 2 ** 32 - 3000)
  const bell = new SleeperBell()
  const roomBell = new SleeperBell()
  const start: PeerStart = { ring: memory, bell: bell.memory, roomBell: roomBell.memory, records, maxBatch }
  const worker = new Worker(new URL('./ring-peer.js', import.meta.url), { workerData: start })
  t.after(() => worker.terminate())
  await once(worker, 'online')
  const ring = new ByteRing(memory)
  const header = new RecordHeader()
  const payload = new Int32Array(MAX_PAYLOAD_BYTES / 4)
  const bytes = new Uint8Array(payload.buffer)
  const hasWork = (): boolean => ring.usedBytes > 0
  let received = 0
  let lostWakes = 0
  while (received < records && lostWakes === 0) {
    const length = ring.pop(header, payload)
    if (length < 0) {
      const since = performance.now()
      bell.sleep(WATCHDOG_MS, hasWork)
      if (performance.now() - since >= WATCHDOG_MS) lostWakes++
      continue
    }
    if (length !== lengthOf(received) || (header.generation << 16 | header.slot) !== received) assert.fail(`record ${received} is another`)
    for (let at = 0; at < length; at++) if (bytes[at] !== byteOf(received, at)) assert.fail(`byte ${at} of record ${received}`)
    received++
    roomBell.ring()
  }
  return { received, lostWakes }
}

test('two threads move 200,000 records through a ring of a few hundred bytes, none lost or changed', async t => {
  assert.deepEqual(await receiveFromThread(t, { ringBytes: 384, records: 200_000, maxBatch: 12 }), { received: 200_000, lostWakes: 0 })
})

test('a sleeper that sleeps after every record is woken every time', async t => {
  // A ring that holds one record at a time makes both sides sleep and wake in turn.
  assert.deepEqual(await receiveFromThread(t, { ringBytes: 1, records: 15_000, maxBatch: 1 }), { received: 15_000, lostWakes: 0 })
})

const TINY_RECORDS = 40_000

for (const [where, startAt] of [['2^31', 2 ** 31 - 64], ['2^32', 2 ** 32 - 64]] as const) {
  test(`a ring of 64 bytes, its counters beginning next to ${where}, loses nothing that it accepted`, async t => {
    const { received, holes } = await receiveThroughTinyRing(t, { startAt, seed: startAt >>> 7, records: TINY_RECORDS })
    assert.equal(received + holes, TINY_RECORDS)
    assert.ok(holes > TINY_RECORDS / 1000, `the ring was full for ${holes} records only`)
  })
}
