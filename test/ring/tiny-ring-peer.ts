// The producer of a ring that holds two records: full most of the time. Audio that finds no room is
// a hole, or waits; control waits, and the last record, so that the consumer knows the end.
import { workerData } from 'node:worker_threads'
import { ByteRing, type RingMemory } from '../../src/ring/byte-ring.js'
import { SleeperBell } from '../../src/ring/doorbell.js'
import { CANCEL, UPLINK_FRAME } from '../../src/ring/layout.js'
import { RecordHeader } from '../../src/ring/record-header.js'
import { SlotTable } from '../../src/ring/slot-table.js'
import { makeRandom } from '../support/noise.js'

/** The smallest ring there is, of which audio may have 40 bytes: one record of 20. */
export const TINY_RING = 40
export const TINY_RESERVE = 24
const SPINS = 2000

export interface TinyStart {
  readonly tiny: RingMemory
  readonly bell: SharedArrayBuffer
  readonly roomBell: SharedArrayBuffer
  readonly slots: SharedArrayBuffer
  readonly records: number
  readonly seed: number
}

function mix (number: number, seed: number): number {
  const mixed = Math.imul(number ^ seed, 0x9e3779b1)
  return Math.imul(mixed ^ (mixed >>> 15), 0x85ebca6b) >>> 0
}

// All of a record follows from its number and the seed, so that the consumer can check it.
export function isControl (number: number, seed: number): boolean { return mix(number, seed) % 3 === 0 }
export function seededLength (number: number, seed: number): number {
  return (mix(number, seed) >>> 8) % (isControl(number, seed) ? 45 : 21)
}

export function seededByte (number: number, at: number, seed: number): number { return mix(number * 64 + at, seed) & 0xff }

export function pushSeeded ({ tiny, bell: bellMemory, roomBell: roomMemory, slots: slotMemory, records, seed }: TinyStart): void {
  const ring = new ByteRing(tiny)
  const bell = new SleeperBell(bellMemory)
  const roomBell = new SleeperBell(roomMemory)
  const slots = new SlotTable(slotMemory)
  const random = makeRandom(seed)
  const header = new RecordHeader()
  const payload = new Uint8Array(64)
  let kind = 0
  let length = 0
  const hasRoom = (): boolean => ring.hasRoom(kind, length)
  for (let number = 0; number < records; number++) {
    kind = isControl(number, seed) || number === records - 1 ? CANCEL : UPLINK_FRAME
    length = seededLength(number, seed)
    for (let at = 0; at < length; at++) payload[at] = seededByte(number, at, seed)
    header.set(kind, 0, 0, 0)
    header.time = number
    header.tenant = (number ^ seed) >>> 0
    if (kind === UPLINK_FRAME && !hasRoom() && random() < 0.02) {
      slots.addHole(0)
      continue
    }
    for (let spins = 0; !hasRoom(); spins++) if (spins > SPINS) roomBell.sleep(Infinity, hasRoom)
    if (!ring.push(header, payload, length)) throw new RangeError(`record ${number} was refused although there was room`)
    bell.ring()
  }
}

if (workerData !== null && typeof workerData === 'object' && 'tiny' in workerData) pushSeeded(workerData as TinyStart)
