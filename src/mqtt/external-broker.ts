import { connect, type IClientOptions, type MqttClient } from 'mqtt'
import type { Config } from '../core/config-schema.js'
import { describeError } from '../core/errors.js'
import { deviceTopic, parseTopicMac, PUBLISH_TOPIC } from '../protocol/mqtt-credentials.js'
import type { Broker, BrokerEvents } from './broker.js'
import type { MqttDevice } from './device-desk.js'

type Options = Config['mqtt']

const RECONNECT_MS = 2000

/**
 * A broker that others run. It must let a device publish to `device-server/<mac>` of its own only,
 * and push `devices/p2p/<mac>` to it without a subscription: by these names it is known who speaks.
 * It need not be there yet: it is looked for until it is.
 */
export function openExternalBroker (options: Options, events: BrokerEvents): Broker {
  const settings: IClientOptions = {
    protocolVersion: 4,
    clean: true,
    reconnectPeriod: RECONNECT_MS,
    username: options.brokerUsername,
    password: options.brokerPassword,
    queueQoSZero: false // what was to be said a minute ago is of no use
  }
  return new ExternalBroker(connect(options.broker, settings), options, events)
}

class ExternalBroker implements Broker {
  readonly port = 0
  readonly #client: MqttClient
  readonly #options: Options
  readonly #events: BrokerEvents
  /** One object for each device that was heard, the latest last. */
  readonly #devices = new Map<string, MqttDevice>()

  constructor (client: MqttClient, options: Options, events: BrokerEvents) {
    this.#client = client
    this.#options = options
    this.#events = events
    client.on('connect', () => { this.#subscribe() })
    client.on('error', error => { events.log('warn', 'the MQTT broker refused us', { error: describeError(error) }) })
    client.on('close', () => { this.#onLost() })
    client.on('message', (topic, payload) => { this.#onMessage(topic, payload) })
  }

  async close (): Promise<void> {
    this.#client.removeAllListeners('close')
    await this.#client.endAsync()
  }

  #subscribe (): void {
    this.#client.subscribe(`${PUBLISH_TOPIC}/+`, { qos: 0 }, error => {
      if (error !== null) this.#events.log('warn', 'the MQTT broker let us not subscribe', { error: describeError(error) })
    })
  }

  /** Devices cannot be told anything now, and what they say is lost. */
  #onLost (): void {
    if (this.#devices.size > 0) this.#events.log('warn', 'the connection to the MQTT broker broke', { devices: this.#devices.size })
    for (const device of this.#devices.values()) this.#events.onLeft(device)
    this.#devices.clear()
  }

  #onMessage (topic: string, payload: Buffer): void {
    const { count, onMessage } = this.#events
    const deviceId = parseTopicMac(topic.slice(PUBLISH_TOPIC.length + 1))
    if (deviceId === undefined) { count('refusedClientIds'); return }
    if (payload.length > this.#options.maxPacketBytes) { count('oversizePackets'); return }
    onMessage(this.#deviceOf(deviceId), payload.toString())
  }

  #deviceOf (deviceId: string): MqttDevice {
    const known = this.#devices.get(deviceId)
    if (known !== undefined) this.#devices.delete(deviceId)
    const topic = deviceTopic(deviceId)
    const device = known ?? {
      deviceId, clientId: '', address: '', localAddress: '', facts: undefined,
      publish: (text: string) => { this.#client.publish(topic, text, { qos: 0 }) },
      disconnect: () => {}
    }
    this.#devices.set(deviceId, device)
    if (known === undefined) this.#events.onJoined(device)
    if (this.#devices.size > this.#options.maxConnections) this.#forgetOldest()
    return device
  }

  #forgetOldest (): void {
    const [deviceId, device] = this.#devices.entries().next().value!
    this.#devices.delete(deviceId)
    this.#events.onLeft(device)
  }
}
