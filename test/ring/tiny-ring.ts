import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { TestContext } from 'node:test'
import { Worker } from 'node:worker_threads'
import { ByteRing, createRingMemory } from '../../src/ring/byte-ring.js'
import { SleeperBell } from '../../src/ring/doorbell.js'
import { MAX_PAYLOAD_BYTES } from '../../src/ring/layout.js'
import { RecordHeader } from '../../src/ring/record-header.js'
import { SlotTable } from '../../src/ring/slot-table.js'
import { isControl, seededByte, seededLength, TINY_RESERVE, TINY_RING, type TinyStart } from './tiny-ring-peer.js'

const WATCHDOG_MS = 20_000
const SPINS = 2000

interface TinyLoad { readonly startAt: number, readonly seed: number, readonly records: number }
interface TinyOutcome { readonly received: number, readonly holes: number }

/** What the other thread offers through 64 bytes either arrives whole and in order or is a hole. */
export async function receiveThroughTinyRing (t: TestContext, { startAt, seed, records }: TinyLoad): Promise<TinyOutcome> {
  const memory = createRingMemory(TINY_RING, TINY_RESERVE, startAt)
  const bell = new SleeperBell()
  const slots = SlotTable.create(1)
  const room = new SleeperBell()
  const start: TinyStart = { tiny: memory, bell: bell.memory, roomBell: room.memory, slots: slots.memory, records, seed }
  const worker = new Worker(new URL('./tiny-ring-peer.js', import.meta.url), { workerData: start })
  t.after(() => worker.terminate())
  await once(worker, 'online')
  const ring = new ByteRing(memory)
  const header = new RecordHeader()
  const payload = new Int32Array(MAX_PAYLOAD_BYTES / 4)
  const bytes = new Uint8Array(payload.buffer)
  const hasWork = (): boolean => ring.usedBytes > 0
  let received = 0
  let next = 0
  for (let idle = 0; next < records;) {
    const length = ring.pop(header, payload)
    if (length < 0) {
      if (++idle < SPINS) continue
      const since = performance.now()
      bell.sleep(WATCHDOG_MS, hasWork)
      assert.ok(performance.now() - since < WATCHDOG_MS, 'nobody woke the consumer')
      continue
    }
    idle = 0
    const number = header.time
    while (next < number) if (isControl(next++, seed)) assert.fail(`control record ${next - 1} was lost`)
    next++
    if (length !== seededLength(number, seed) || header.tenant !== (number ^ seed) >>> 0) assert.fail(`record ${number} is another`)
    for (let at = 0; at < length; at++) if (bytes[at] !== seededByte(number, at, seed)) assert.fail(`byte ${at} of record ${number}`)
    received++
    room.ring()
  }
  return { received, holes: slots.holes(0) }
}
