import { MessageChannel, type MessagePort } from 'node:worker_threads'
import type { Config } from '../core/config-schema.js'
import type { ChorusError } from '../core/errors.js'
import type { Log } from '../core/log.js'
import { StoreClient } from '../ring/store-client.js'
import type { StoreOrder, StoreStart } from '../ring/store-messages.js'
import { ResidentPool } from './resident-pool.js'

interface StoreThreadOptions {
  readonly config: Config
  readonly log: Log
  readonly onLost: (error: ChorusError) => void
}

/** The thread that holds the database, seen from the one that starts it. */
export class StoreThread {
  readonly #options: StoreThreadOptions
  readonly #pool: ResidentPool
  readonly #control = new MessageChannel()
  readonly #clients: StoreClient[] = []

  constructor (options: StoreThreadOptions) {
    this.#options = options
    const { log, onLost } = options
    this.#pool = new ResidentPool({ name: 'store', file: new URL('../../workers/store-worker.js', import.meta.url), workers: 1, log, onLost })
  }

  /**
   * @throws CHORUS_STORE_MISSING, CHORUS_STORE_UNUSABLE, CHORUS_STORE_NEWER, CHORUS_WORKER_LOST,
   * CHORUS_WORKER_SLOW_START
   */
  async start (): Promise<void> {
    const { config, log } = this.#options
    const task: StoreStart = { config, control: this.#control.port2 }
    const { facts } = await this.#pool.start(task, [task.control], this.#control.port1)
    log.debug('the store is open', { sqlite: facts['sqlite'], file: facts['file'] })
  }

  /** A port for another thread, to make a `StoreClient` of there. */
  openPort (): MessagePort {
    const { port1, port2 } = new MessageChannel()
    this.#control.port1.postMessage({ kind: 'serve', port: port2 } satisfies StoreOrder, [port2])
    return port1
  }

  /** The store as this thread asks it; closed with the store. */
  connect (): StoreClient {
    const client = new StoreClient(this.openPort(), this.#options.config.store.requestTimeoutMs)
    this.#clients.push(client)
    return client
  }

  /** Waits for writes that are under way; whoever asks later is told that the server stops. */
  async stop (): Promise<void> {
    await this.#pool.stop(() => { this.#control.port1.postMessage({ kind: 'stop' } satisfies StoreOrder) })
    for (const client of this.#clients) client.close()
    this.#control.port1.close()
  }
}
