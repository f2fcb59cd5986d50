import type { DeviceFacts } from '../core/device-directory.js'
import type { Order, Receipt } from '../core/orders.js'
import { speakRequestMessage } from '../protocol/server-message.js'
import { isBeyond, orderMessage } from '../session/order-message.js'
import type { Session } from '../session/session.js'

type SpeakOrder = Extract<Order, { kind: 'speak' }>

/** Somebody waits for a device to open its audio channel. */
interface Call { readonly order: SpeakOrder, readonly finish: (receipt: Receipt) => void }

export interface RestingOptions {
  readonly tell: (deviceId: string, text: string) => void
  /** How long a device that is called may take. */
  readonly waitMs: number
}

/**
 * Devices at the broker, most of which have no session: what they can be told all the same. One
 * that shall hear something is asked to open its audio channel first: told of an answer without
 * one, it would wait for its end for ever. Firmware that does not know the request ignores it.
 */
export class RestingDevices {
  readonly #options: RestingOptions
  readonly #present = new Map<string, DeviceFacts | undefined>()
  readonly #calls = new Map<string, Call>()

  constructor (options: RestingOptions) {
    this.#options = options
  }

  /** Those at the broker, with what they were let in by. */
  get present (): Iterable<readonly [deviceId: string, facts: DeviceFacts | undefined]> { return this.#present }

  joined (deviceId: string, facts: DeviceFacts | undefined): void { this.#present.set(deviceId, facts) }

  left (deviceId: string): void {
    this.#present.delete(deviceId)
    this.#calls.get(deviceId)?.finish('offline')
  }

  /** What an operator wants of a device without a session. */
  obey (deviceId: string, order: Order): Promise<Receipt> {
    if (!this.#present.has(deviceId)) return Promise.resolve('offline')
    if (order.kind === 'speak') return this.#call(deviceId, order)
    if (isBeyond(this.#present.get(deviceId)?.firmwareVersion, order)) return Promise.resolve('unable')
    this.#options.tell(deviceId, orderMessage('', order))
    return Promise.resolve('sent')
  }

  /** A device has opened its audio channel, perhaps because it was asked to. */
  opened (session: Session): void {
    const { deviceId } = session.caller
    const call = this.#calls.get(deviceId)
    if (call === undefined) return
    session.whenReady(() => {
      if (this.#calls.get(deviceId) !== call) return // it took too long, and that was said
      this.#calls.delete(deviceId)
      session.obey(call.order).then(call.finish, () => { call.finish('offline') })
    })
  }

  /** Whoever waits for a device waits no longer. */
  close (): void { for (const call of [...this.#calls.values()]) call.finish('offline') }

  #call (deviceId: string, order: SpeakOrder): Promise<Receipt> {
    if (this.#calls.has(deviceId)) return Promise.resolve('busy')
    return new Promise(resolve => {
      const call: Call = {
        order,
        finish: receipt => {
          clearTimeout(timer)
          if (this.#calls.get(deviceId) === call) this.#calls.delete(deviceId)
          resolve(receipt)
        }
      }
      const timer = setTimeout(() => { if (this.#calls.get(deviceId) === call) call.finish('unable') }, this.#options.waitMs)
      this.#calls.set(deviceId, call)
      this.#options.tell(deviceId, speakRequestMessage('', order.text))
    })
  }
}
