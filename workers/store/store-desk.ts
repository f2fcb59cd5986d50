import { receiveMessageOnPort, type MessagePort } from 'node:worker_threads'
import type { StoreApi } from '../../src/core/device-directory.js'
import { ChorusError, describeError, type ErrorRecord } from '../../src/core/errors.js'
import type { StoreAnswer, StoreMethod, StoreRequest } from '../../src/ring/store-messages.js'

/** Of the store, what other threads may ask for. */
const methods: Readonly<Record<StoreMethod, true>> = {
  find: true, report: true, admit: true, beginActivation: true, pendingActivation: true, approvedChallenge: true, spendChallenge: true,
  forceOnce: true, revision: true, standings: true, tokenKey: true
}

/** Answers other threads, each over a port of its own; one that goes is no matter to the others. */
export class StoreDesk {
  readonly #store: StoreApi
  readonly #ports = new Set<MessagePort>()
  readonly #running = new Set<Promise<void>>()

  constructor (store: StoreApi) {
    this.#store = store
  }

  get clients (): number { return this.#ports.size }

  serve (port: MessagePort): void {
    this.#ports.add(port)
    port.on('close', () => { this.#ports.delete(port) })
    port.on('message', (request: StoreRequest) => { this.#take(port, request) })
  }

  /** Answers what was asked, then closes the ports. */
  async close (): Promise<void> {
    for (const port of this.#ports) {
      for (let waiting = receiveMessageOnPort(port); waiting !== undefined; waiting = receiveMessageOnPort(port)) {
        this.#take(port, waiting.message as StoreRequest)
      }
    }
    while (this.#running.size > 0) await Promise.all(this.#running)
    for (const port of this.#ports) port.close()
  }

  #take (port: MessagePort, request: StoreRequest): void {
    const running = this.#answer(port, request).finally(() => { this.#running.delete(running) })
    this.#running.add(running)
  }

  async #answer (port: MessagePort, { id, method, args }: StoreRequest): Promise<void> {
    let answer: StoreAnswer
    try {
      if (!Object.hasOwn(methods, method)) throw new TypeError('there is no such request')
      const act = this.#store[method] as (...given: readonly unknown[]) => Promise<unknown>
      answer = { id, value: await act.apply(this.#store, args as unknown[]) }
    } catch (error) {
      answer = { id, error: toRecord(error, method) }
    }
    port.postMessage(answer) // to a port whose other side has gone it does nothing
  }
}

function toRecord (error: unknown, method: string): ErrorRecord {
  return error instanceof ChorusError ? error.toRecord() : { code: 'CHORUS_STORE_FAILED', args: [method, describeError(error)] }
}
