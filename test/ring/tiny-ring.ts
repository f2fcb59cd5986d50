import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { createRingMemory } from '../../src/ring/byte-ring.js'
import { SlotTable } from '../../src/ring/slot-table.js'
import { PeerReader } from './peer-reader.js'
import { isControl, seededByte, seededLength, TINY_RESERVE, TINY_RING, type TinyStart } from './tiny-ring-peer.js'

const SPINS = 2000

interface TinyLoad { readonly startAt: number, readonly seed: number, readonly records: number }
interface TinyOutcome { readonly received: number, readonly holes: number }

/** What the other thread offers through 64 bytes either arrives whole and in order or is a hole. */
export async function receiveThroughTinyRing (t: TestContext, { startAt, seed, records }: TinyLoad): Promise<TinyOutcome> {
  const memory = createRingMemory(TINY_RING, TINY_RESERVE, startAt)
  const slots = SlotTable.create(1)
  const reader = new PeerReader(memory, SPINS)
  const { header, bytes, bell, roomBell } = reader
  const start: TinyStart = { tiny: memory, bell: bell.memory, roomBell: roomBell.memory, slots: slots.memory, records, seed }
  await reader.start(t, new URL('./tiny-ring-peer.js', import.meta.url), start)
  let received = 0
  for (let next = 0; next < records; received++) {
    const length = reader.next()
    const number = header.time
    while (next < number) if (isControl(next++, seed)) assert.fail(`control record ${next - 1} was lost`)
    next++
    if (length !== seededLength(number, seed) || header.tenant !== (number ^ seed) >>> 0) assert.fail(`record ${number} is another`)
    for (let at = 0; at < length; at++) if (bytes[at] !== seededByte(number, at, seed)) assert.fail(`byte ${at} of record ${number}`)
  }
  return { received, holes: slots.holes(0) }
}
