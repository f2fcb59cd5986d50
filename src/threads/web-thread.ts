import { MessageChannel, type MessagePort } from 'node:worker_threads'
import type { Config } from '../core/config-schema.js'
import { describeError, type ChorusError } from '../core/errors.js'
import type { Log } from '../core/log.js'
import type { Order, Receipt } from '../core/orders.js'
import type { FromWeb, ToWeb, WebStart } from '../ring/web-messages.js'
import { ResidentPool } from './resident-pool.js'

export interface WebThreadOptions {
  readonly config: Config
  readonly log: Log
  readonly gatewayPort: number
  /** Of the built-in broker; 0 where there is none. */
  readonly mqttPort: number
  /** The web worker's own way to the store. */
  readonly store: MessagePort
  readonly serverKey: string
  /** State of the server, for `/healthz`. */
  readonly health: () => Readonly<Record<string, unknown>>
  /** What an operator wants a device to do. */
  readonly obey: (deviceId: string, order: Order) => Promise<Receipt>
  readonly onLanguage: (deviceId: string, tag: string) => void
  readonly onLost: (error: ChorusError) => void
}

export interface WebFacts {
  readonly port: number
  readonly nice: number
  /** Why pictures are explained as they are. */
  readonly vision: string
  readonly hasVision: boolean
}

/** The one web worker: uploads, firmware files and registrations stay off the gateway's thread. */
export class WebThread {
  readonly #options: WebThreadOptions
  readonly #pool: ResidentPool
  readonly #control = new MessageChannel()
  readonly #line = new MessageChannel()

  constructor (options: WebThreadOptions) {
    const { log, onLost } = options
    this.#options = options
    this.#pool = new ResidentPool({ name: 'web', file: new URL('../../workers/web-worker.js', import.meta.url), workers: 1, log, onLost })
    this.#line.port1.on('message', (message: FromWeb) => { this.#take(message) })
  }

  /**
   * @throws CHORUS_PORT_TAKEN, CHORUS_CONFIG_INVALID, CHORUS_OTA_UNSTORABLE, CHORUS_WORKER_LOST,
   * CHORUS_WORKER_SLOW_START
   */
  async start (): Promise<WebFacts> {
    const { config, gatewayPort, mqttPort, serverKey, store } = this.#options
    const control: MessagePort = this.#control.port2
    const gateway: MessagePort = this.#line.port2
    const task: WebStart = { config, control, gateway, store, gatewayPort, mqttPort, serverKey }
    const { nice, facts } = await this.#pool.start(task, [control, gateway, store], this.#control.port1)
    return { nice, port: Number(facts['port']), vision: String(facts['visionBecause']), hasVision: facts['vision'] !== 'none' }
  }

  /** Resolves when the port is closed. */
  async stop (): Promise<void> {
    await this.#pool.stop(() => { this.#send({ kind: 'stop' }) })
    this.#control.port1.close()
    this.#line.port1.close()
  }

  #take (message: FromWeb): void {
    if (message.kind === 'language') this.#options.onLanguage(message.deviceId, message.tag)
    else if (message.kind === 'order') this.#obey(message)
    else this.#send({ kind: 'health', id: message.id, health: this.#options.health() })
  }

  #obey ({ id, deviceId, order }: Extract<FromWeb, { kind: 'order' }>): void {
    const { log, obey } = this.#options
    obey(deviceId, order).catch((error: unknown): Receipt => {
      log.error('an order was not carried out', { device: deviceId, error: describeError(error) })
      return 'offline'
    }).then(receipt => { this.#send({ kind: 'receipt', id, receipt }) }, () => {})
  }

  #send (message: ToWeb): void { this.#line.port1.postMessage(message) }
}
