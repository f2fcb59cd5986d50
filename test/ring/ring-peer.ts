// The producer of ring-threads.test.ts: pushes numbered records and waits for nothing but room.
import { workerData } from 'node:worker_threads'
import { ByteRing, type RingMemory } from '../../src/ring/byte-ring.js'
import { SleeperBell } from '../../src/ring/doorbell.js'
import { CANCEL, UPLINK_FRAME } from '../../src/ring/layout.js'
import { RecordHeader } from '../../src/ring/record-header.js'

export interface PeerStart {
  readonly ring: RingMemory
  /** The consumer's bell, rung after each batch. */
  readonly bell: SharedArrayBuffer
  /** The producer waits here while the ring is full. */
  readonly roomBell: SharedArrayBuffer
  readonly records: number
  readonly maxBatch: number
}

/** Length and content of a record follow from its number, so that the consumer can check them. */
export function lengthOf (number: number): number { return Math.imul(number, 0x9e3779b1) >>> 26 }
export function byteOf (number: number, at: number): number { return (number + at * 13) & 0xff }

export function pushAll ({ ring: memory, bell: bellMemory, roomBell: roomMemory, records, maxBatch }: PeerStart): void {
  const ring = new ByteRing(memory)
  const bell = new SleeperBell(bellMemory)
  const roomBell = new SleeperBell(roomMemory)
  const header = new RecordHeader()
  const payload = new Uint8Array(64)
  const hasRoom = (): boolean => ring.hasRoom(UPLINK_FRAME, 64)
  for (let number = 0, batch = 1; number < records; batch = batch % maxBatch + 1) {
    for (let left = batch; left > 0 && number < records; left--) {
      const length = lengthOf(number)
      for (let at = 0; at < length; at++) payload[at] = byteOf(number, at)
      header.set(number % 5 === 0 ? CANCEL : UPLINK_FRAME, number & 0xffff, number >>> 16, 0)
      if (!ring.push(header, payload, length)) break
      number++
    }
    bell.ring()
    if (!hasRoom()) roomBell.sleep(Infinity, hasRoom)
  }
}

if (workerData !== null && typeof workerData === 'object' && 'roomBell' in workerData) pushAll(workerData as PeerStart)
