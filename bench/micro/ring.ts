import { MessageChannel, Worker } from 'node:worker_threads'
import { Piscina } from 'piscina'
import { ByteRing, createRingMemory } from '../../src/ring/byte-ring.js'
import { SleeperBell } from '../../src/ring/doorbell.js'
import { UPLINK_FRAME } from '../../src/ring/layout.js'
import { RecordHeader } from '../../src/ring/record-header.js'
import { WorkerLine } from '../../src/threads/worker-line.js'
import type { ConsumerStart } from './ring-consumer.js'
import { consume, type MicroCase, type Variant } from './types.js'

const FRAMES = 1024
const PACKET_BYTES = 160
const RING_BYTES = 1 << 20

const file = new URL('./ring-consumer.js', import.meta.url)
const packet = new Uint8Array(PACKET_BYTES).fill(7)

/** The thread that produces waits until the other one has taken the last frame of the burst. */
class Burst {
  readonly taken = new SharedArrayBuffer(4)
  readonly #words = new Int32Array(this.taken)
  #sent = 0

  wait (): void {
    this.#sent += FRAMES
    for (let seen = Atomics.load(this.#words, 0); seen !== this.#sent; seen = Atomics.load(this.#words, 0)) {
      Atomics.wait(this.#words, 0, seen)
    }
  }
}

/** From the gateway's call to the voice loop's pop, bell included. */
function throughRing (): Variant {
  const burst = new Burst()
  const memory = createRingMemory(RING_BYTES)
  const bell = new SleeperBell()
  const workerData: ConsumerStart = { taken: burst.taken, every: FRAMES, ring: { memory, bell: bell.memory } }
  const worker = new Worker(file, { workerData })
  const line = new WorkerLine(new ByteRing(memory), bell)
  const header = new RecordHeader()
  return {
    operations: FRAMES,
    run: () => {
      for (let frame = 0; frame < FRAMES; frame++) {
        header.set(UPLINK_FRAME, frame & 255, 1, 1)
        consume(line.pushFrame(header, packet) ? 1 : 0)
      }
      burst.wait()
    },
    close: async () => { await worker.terminate() }
  }
}

function throughPort (): Variant {
  const burst = new Burst()
  const { port1, port2 } = new MessageChannel()
  const workerData: ConsumerStart = { taken: burst.taken, every: FRAMES, port: port2 }
  const worker = new Worker(file, { workerData, transferList: [port2] })
  return {
    operations: FRAMES,
    run: () => {
      for (let frame = 0; frame < FRAMES; frame++) port1.postMessage(packet)
      burst.wait()
    },
    close: async () => {
      port1.close()
      await worker.terminate()
    }
  }
}

function throughPool (): Variant {
  const pool = new Piscina({ filename: file.href, minThreads: 1, maxThreads: 1 })
  return {
    operations: FRAMES,
    run: async () => {
      const tasks: Promise<number>[] = []
      for (let frame = 0; frame < FRAMES; frame++) tasks.push(pool.run(packet) as Promise<number>)
      consume((await Promise.all(tasks)).length)
    },
    close: async () => { await pool.close() }
  }
}

export const ring: MicroCase = {
  unit: `frame of ${PACKET_BYTES} bytes to another thread`,
  ours: 'ring',
  alternative: 'postMessage',
  variants: { postMessage: throughPort, ring: throughRing, 'pool.run': throughPool }
}
