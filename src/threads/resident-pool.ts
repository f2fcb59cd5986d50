import { setFlagsFromString } from 'node:v8'
import { MessageChannel, type MessagePort } from 'node:worker_threads'
import { Piscina } from 'piscina'
import { ChorusError, describeError } from '../core/errors.js'
import type { Log } from '../core/log.js'
import { createRingMemory, ByteRing, type RingMemory } from '../ring/byte-ring.js'
import { LoopBellReceiver } from '../ring/doorbell.js'
import type { WorkerNews } from '../ring/worker-messages.js'

const READY_TIMEOUT_MS = 60_000

// V8 gives a new thread half a megabyte for young objects and more only if many survive. Of the
// small buffers that codecs return none does, so that a voice worker would collect every 2,300
// frames; with 4 MB it is one in 8,500 (`npm run bench:garbage -- --uplink-only`). And what looks
// for memory to give back now and then, by a major collection, would stop a heap that is flat.
// Threads that are made from now on are so.
//
// A small heap gets little room before its next major collection: in a dialogue worker, through
// whose buffers all audio passes, that was one a second. With room from the start it is none.
const HEAP_FLAGS = ['--min-semi-space-size=4', '--no-memory-reducer', '--initial-old-space-size=128']

/** What a worker is given and the gateway keeps, apart from what is special to its kind. */
export interface ResidentLink {
  readonly control: MessagePort
  readonly gatewayBell: SharedArrayBuffer
  readonly gatewayBellPort: MessagePort
  readonly toGateway: RingMemory
  readonly fromGateway: RingMemory
}

/** Both ends of a link: the worker's, and what the gateway listens to and closes. */
interface LinkEnds { readonly link: ResidentLink, readonly news: MessagePort, readonly close: () => void }

interface ResidentOptions {
  readonly name: string
  readonly file: URL
  readonly workers: number
  readonly log: Log
  /** A worker ended although nobody asked it to. */
  readonly onLost: (error: ChorusError) => void
}

/** Runs one endless task per worker thread, through Piscina, and stops them by a flag. */
export class ResidentPool {
  readonly stopFlag = new SharedArrayBuffer(4)
  readonly #options: ResidentOptions
  readonly #pool: Piscina
  readonly #tasks: Promise<void>[] = []
  #isStopping = false

  constructor (options: ResidentOptions) {
    this.#options = options
    for (const flag of HEAP_FLAGS) setFlagsFromString(flag)
    this.#pool = new Piscina({
      filename: options.file.href,
      minThreads: options.workers,
      maxThreads: options.workers,
      concurrentTasksPerWorker: 1,
      // 'sync' would freeze the timers of a worker between messages.
      atomics: 'disabled'
    })
  }

  /** Fresh rings and ports for one worker; `takeOne` is called on the gateway's thread. */
  link (toGatewayBytes: number, fromGatewayBytes: number, takeOne: (ring: ByteRing) => boolean): LinkEnds {
    const control = new MessageChannel()
    const bell = new MessageChannel()
    const gatewayBell = new SharedArrayBuffer(64)
    const toGateway = createRingMemory(toGatewayBytes)
    const ring = new ByteRing(toGateway)
    const receiver = new LoopBellReceiver(gatewayBell, bell.port1, () => takeOne(ring))
    receiver.poke()
    return {
      link: {
        control: control.port2,
        gatewayBell,
        gatewayBellPort: bell.port2,
        toGateway,
        fromGateway: createRingMemory(fromGatewayBytes)
      },
      news: control.port1,
      close: () => { control.port1.close(); bell.port1.close() }
    }
  }

  /**
   * Hands `task` to a worker and waits until it says that it is ready.
   * @throws CHORUS_WORKER_LOST, CHORUS_WORKER_SLOW_START, and what the worker says it failed with
   */
  async start (task: object, transfer: readonly MessagePort[], news: MessagePort): Promise<Extract<WorkerNews, { kind: 'ready' }>> {
    const { name, onLost } = this.#options
    let isReady = false
    const ended = this.#pool.run(task, { transferList: transfer as never }).then(() => {
      if (!this.#isStopping) throw new Error('it returned')
    }).catch((error: unknown) => {
      const lost = new ChorusError('CHORUS_WORKER_LOST', [name, describeError(error)], { cause: error })
      if (!isReady) throw lost
      if (!this.#isStopping) onLost(lost)
    })
    this.#tasks.push(ended.catch(() => {})) // told to the caller below
    const ready = await Promise.race([this.#whenReady(news), ended.then(() => { throw new ChorusError('CHORUS_STOPPING') })])
    isReady = true
    return ready
  }

  /** Sets the stop flag; `wake` rings whatever the workers sleep on. Resolves when all returned. */
  async stop (wake: () => void): Promise<void> {
    this.#isStopping = true
    Atomics.store(new Int32Array(this.stopFlag), 0, 1)
    wake()
    await Promise.all(this.#tasks)
    await this.#pool.close()
  }

  #whenReady (news: MessagePort): Promise<Extract<WorkerNews, { kind: 'ready' }>> {
    const { name, log } = this.#options
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => { reject(new ChorusError('CHORUS_WORKER_SLOW_START', [name, READY_TIMEOUT_MS])) }, READY_TIMEOUT_MS)
      news.on('message', (message: WorkerNews) => {
        if (message.kind === 'log') { log[message.level](message.message, message.fields); return }
        clearTimeout(timer)
        if (message.kind === 'failed') reject(new ChorusError(message.error.code, message.error.args))
        else resolve(message)
      })
    })
  }
}
