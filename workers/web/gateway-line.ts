import type { MessagePort } from 'node:worker_threads'
import { ChorusError } from '../../src/core/errors.js'
import type { Order, Receipt } from '../../src/core/orders.js'
import type { FromWeb, ToWeb } from '../../src/ring/web-messages.js'

type Health = Readonly<Record<string, unknown>>

/** The web worker's end of the port to the gateway. */
export class GatewayLine {
  /** Resolves when the gateway asks the worker to return. */
  readonly stopped: Promise<void>
  readonly #port: MessagePort
  readonly #waiting = new Map<number, (health: Health) => void>()
  readonly #ordered = new Map<number, (receipt: Receipt) => void>()
  #asked: Promise<Health> | undefined
  #lastId = 0

  constructor (port: MessagePort) {
    this.#port = port
    this.stopped = new Promise(resolve => {
      port.on('message', (message: ToWeb) => {
        if (message.kind === 'stop') resolve()
        else if (message.kind === 'receipt') this.#ordered.get(message.id)?.(message.receipt)
        else this.#waiting.get(message.id)?.(message.health)
      })
    })
  }

  /**
   * Whoever asks while an answer is on its way gets that one: many who ask are no load for the
   * gateway.
   * @throws CHORUS_PROVIDER_TIMEOUT when the gateway does not answer in time
   */
  health (timeoutMs: number): Promise<Health> {
    this.#asked ??= this.#ask(timeoutMs).finally(() => { this.#asked = undefined })
    return this.#asked
  }

  tellLanguage (deviceId: string, tag: string): void { this.#send({ kind: 'language', deviceId, tag }) }

  /** Waits so long for what becomes of it; an order is not taken back. */
  obey (deviceId: string, order: Order, waitMs: number): Promise<Receipt | 'started'> {
    const id = ++this.#lastId
    return new Promise(resolve => {
      const finish = (receipt: Receipt | 'started'): void => {
        clearTimeout(timer)
        this.#ordered.delete(id)
        resolve(receipt)
      }
      const timer = setTimeout(() => { finish('started') }, waitMs)
      this.#ordered.set(id, finish)
      this.#send({ kind: 'order', id, deviceId, order })
    })
  }

  close (): void { this.#port.close() }

  #ask (timeoutMs: number): Promise<Health> {
    const id = ++this.#lastId
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(id)
        reject(new ChorusError('CHORUS_PROVIDER_TIMEOUT', ['the gateway', timeoutMs]))
      }, timeoutMs)
      this.#waiting.set(id, health => {
        clearTimeout(timer)
        this.#waiting.delete(id)
        resolve(health)
      })
      this.#send({ kind: 'health', id })
    })
  }

  #send (message: FromWeb): void { this.#port.postMessage(message) }
}
