import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { TestContext } from 'node:test'
import { Worker } from 'node:worker_threads'
import { ByteRing, type RingMemory } from '../../src/ring/byte-ring.js'
import { SleeperBell } from '../../src/ring/doorbell.js'
import { MAX_PAYLOAD_BYTES } from '../../src/ring/layout.js'
import { RecordHeader } from '../../src/ring/record-header.js'

const WATCHDOG_MS = 20_000

/** This thread as the consumer of a ring, and a producer in a thread of its own. */
export class PeerReader {
  readonly header = new RecordHeader()
  readonly bytes: Uint8Array
  readonly bell = new SleeperBell()
  /** The producer waits for it while the ring is full. */
  readonly roomBell = new SleeperBell()
  readonly #payload = new Int32Array(MAX_PAYLOAD_BYTES / 4)
  readonly #ring: ByteRing
  readonly #spins: number
  readonly #hasWork = (): boolean => this.#ring.usedBytes > 0

  /** @param spins how often it looks again before it sleeps */
  constructor (memory: RingMemory, spins: number) {
    this.#ring = new ByteRing(memory)
    this.#spins = spins
    this.bytes = new Uint8Array(this.#payload.buffer)
  }

  /** Starts the producer; it ends with the test. */
  async start (t: TestContext, file: URL, workerData: object): Promise<void> {
    const worker = new Worker(file, { workerData })
    t.after(() => worker.terminate())
    await once(worker, 'online')
  }

  /** Waits for the next record. @returns its length */
  next (): number {
    for (let idle = 0; ;) {
      const length = this.#ring.pop(this.header, this.#payload)
      if (length >= 0) {
        this.roomBell.ring()
        return length
      }
      if (++idle <= this.#spins) continue
      const since = performance.now()
      this.bell.sleep(WATCHDOG_MS, this.#hasWork)
      assert.ok(performance.now() - since < WATCHDOG_MS, 'nobody woke the consumer')
    }
  }
}
