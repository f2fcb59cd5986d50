// The other thread of the case "ring": takes frames in one of three ways and tells how many.
import { workerData } from 'node:worker_threads'
import type { MessagePort } from 'node:worker_threads'
import { ByteRing, type RingMemory } from '../../src/ring/byte-ring.js'
import { SleeperBell } from '../../src/ring/doorbell.js'
import { MAX_PAYLOAD_BYTES } from '../../src/ring/layout.js'
import { RecordHeader } from '../../src/ring/record-header.js'

export interface ConsumerStart {
  /** [0] counts the frames taken; whoever waits for it is notified every `every` frames. */
  readonly taken: SharedArrayBuffer
  readonly every: number
  readonly ring?: { readonly memory: RingMemory, readonly bell: SharedArrayBuffer }
  readonly port?: MessagePort
}

/** A task of the pool; the answer is its only trace. */
export default function takeFrame (packet: Uint8Array): number { return packet.length }

function takeFromRing (start: ConsumerStart, taken: Int32Array): void {
  const ring = new ByteRing(start.ring!.memory)
  const bell = new SleeperBell(start.ring!.bell)
  const header = new RecordHeader()
  const payload = new Int32Array(MAX_PAYLOAD_BYTES / 4)
  const hasInput = (): boolean => ring.usedBytes > 0
  for (let frames = 0; ;) {
    while (ring.pop(header, payload) >= 0) {
      if (++frames % start.every === 0) tell(taken, frames)
    }
    bell.sleep(Infinity, hasInput)
  }
}

function takeFromPort (start: ConsumerStart, taken: Int32Array): void {
  let frames = 0
  start.port!.on('message', (packet: Uint8Array) => {
    if (packet.length > 0 && ++frames % start.every === 0) tell(taken, frames)
  })
}

function tell (taken: Int32Array, frames: number): void {
  Atomics.store(taken, 0, frames)
  Atomics.notify(taken, 0)
}

const start = workerData as ConsumerStart | null
if (start?.ring !== undefined) takeFromRing(start, new Int32Array(start.taken))
else if (start?.port !== undefined) takeFromPort(start, new Int32Array(start.taken))
