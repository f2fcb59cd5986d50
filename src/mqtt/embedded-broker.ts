import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { Aedes, type AuthenticateError, type AuthErrorCode, type Client } from 'aedes'
import type { Config } from '../core/config-schema.js'
import type { DeviceFacts } from '../core/device-directory.js'
import { ChorusError, describeError } from '../core/errors.js'
import { deviceTopic, parseMqttClientId, type MqttIdentity } from '../protocol/mqtt-credentials.js'
import type { Broker, BrokerEvents } from './broker.js'
import type { MqttDevice } from './device-desk.js'
import { MeteredSocket } from './metered-socket.js'
import { PacketMeter } from './packet-meter.js'

type Options = Config['mqtt']

// Return codes of CONNACK.
const IDENTIFIER_REJECTED = 2 as AuthErrorCode
const BAD_CREDENTIALS = 4 as AuthErrorCode

/** MQTT 3.1 allows 23 characters, and devices have ids that are longer. */
const MAX_CLIENT_ID_CHARACTERS = 256
/** What aedes says of a connection that was not opened in time; it has no code. */
const TOO_LATE = 'connect did not arrive in time'
/** Notices that a peer is gone where no MQTT keep-alive was agreed on. */
const TCP_KEEPALIVE_MS = 60_000

/**
 * A broker for devices alone: whatever a device publishes is for us, and what is for a device is
 * pushed to its connection, since no device subscribes. Nothing is routed, retained or kept.
 * @throws CHORUS_PORT_TAKEN
 */
export async function openEmbeddedBroker (options: Options, events: BrokerEvents): Promise<Broker> {
  const broker = new EmbeddedBroker(options, events)
  await broker.listen()
  return broker
}

class EmbeddedBroker implements Broker {
  readonly #options: Options
  readonly #events: BrokerEvents
  readonly #server: Server
  readonly #aedes: Aedes
  readonly #sockets = new Set<MeteredSocket>()
  readonly #devices = new Map<Client, MqttDevice>()

  constructor (options: Options, events: BrokerEvents) {
    this.#options = options
    this.#events = events
    this.#aedes = this.#createAedes()
    const settings = { noDelay: true, keepAlive: true, keepAliveInitialDelay: TCP_KEEPALIVE_MS }
    this.#server = createServer(settings, socket => { this.#onSocket(socket) })
    this.#server.maxConnections = options.maxConnections
    this.#server.on('drop', () => { events.count('refusedBusy') })
  }

  get port (): number { return (this.#server.address() as AddressInfo).port }

  async listen (): Promise<void> {
    const { host, port } = this.#options
    await this.#aedes.listen()
    try {
      await new Promise<void>((resolve, reject) => { this.#server.once('error', reject).listen({ host, port, exclusive: true }, resolve) })
    } catch (error) {
      await this.#closeAedes()
      throw new ChorusError('CHORUS_PORT_TAKEN', [host, port, describeError(error), '--mqtt.port'], { cause: error })
    }
  }

  async close (): Promise<void> {
    const closed = new Promise<void>(resolve => { this.#server.close(() => { resolve() }) })
    await new Promise(resolve => { setImmediate(() => setImmediate(resolve)) }) // what was published is written by then
    await this.#closeAedes()
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }

  #closeAedes (): Promise<void> {
    return new Promise(resolve => { this.#aedes.close(() => { resolve() }) })
  }

  #onSocket (socket: Socket): void {
    const { maxPacketBytes, maxPacketsPerS } = this.#options
    const meter = new PacketMeter(maxPacketBytes, maxPacketsPerS)
    const metered = new MeteredSocket(socket, meter, fault => { this.#events.count(fault) })
    this.#sockets.add(metered)
    this.#events.count('connections')
    metered.on('close', () => {
      this.#sockets.delete(metered)
      this.#events.count('connections', -1)
    })
    this.#aedes.handle(metered)
  }

  #createAedes (): Aedes {
    const { connectTimeoutMs } = this.#options
    const aedes = new Aedes({
      connectTimeout: connectTimeoutMs,
      maxClientsIdLength: MAX_CLIENT_ID_CHARACTERS,
      preConnect: (_client, packet, done) => {
        packet.clean = true // neither subscriptions nor messages outlive a connection
        delete packet.will
        done(null, true)
      },
      authenticate: (client, username, password, done) => {
        this.#authenticate(client, username ?? '', password?.toString() ?? '').then(
          refusal => { done(refusal, refusal === null) },
          () => { done(refuse(BAD_CREDENTIALS), false) }
        )
      },
      authorizePublish: (client, packet, done) => {
        packet.retain = false
        const device = client === null ? undefined : this.#devices.get(client)
        if (device !== undefined) this.#events.onMessage(device, packet.payload.toString())
        done()
      },
      authorizeSubscribe: (client, subscription, done) => {
        const device = this.#devices.get(client)
        const isItsOwn = device !== undefined && subscription.topic === deviceTopic(device.deviceId)
        if (!isItsOwn) this.#events.count('refusedSubscriptions')
        done(null, isItsOwn ? subscription : null)
      },
      // What we publish goes to one connection and has no sender; what devices publish is for us.
      authorizeForward: (_client, packet) => (packet as { clientId?: string }).clientId === undefined ? packet : null
    })
    aedes.on('clientReady', client => {
      const device = this.#devices.get(client)
      if (device !== undefined) this.#events.onJoined(device)
    })
    aedes.on('clientDisconnect', client => { this.#onLeft(client) })
    aedes.on('connectionError', (_client, error) => { this.#events.count(error.message === TOO_LATE ? 'lateConnects' : 'brokenConnections') })
    aedes.on('clientError', () => { this.#events.count('brokenConnections') })
    return aedes
  }

  /** @returns why not; null to let it in */
  async #authenticate (client: Client, username: string, password: string): Promise<AuthenticateError | null> {
    const { count } = this.#events
    const identity = parseMqttClientId(client.id)
    if (identity === undefined) { count('refusedClientIds'); return refuse(IDENTIFIER_REJECTED) }
    const { address } = client.conn as MeteredSocket
    const { deviceId, clientId } = identity
    const facts = await this.#events.authenticate({ mqttClientId: client.id, deviceId, clientId, username, password, address })
    if (facts === undefined) { count('refusedCredentials'); return refuse(BAD_CREDENTIALS) }
    if ((client.conn as MeteredSocket).destroyed) return refuse(BAD_CREDENTIALS) // it did not wait for the answer
    count('accepted')
    this.#devices.set(client, this.#deviceOf(client, identity, facts))
    client.conn.once('close', () => { this.#onLeft(client) })
    return null
  }

  #deviceOf (client: Client, { deviceId, clientId }: MqttIdentity, facts: DeviceFacts): MqttDevice {
    const { address, localAddress } = client.conn as MeteredSocket
    const topic = deviceTopic(deviceId)
    return {
      deviceId, clientId, address, localAddress, facts,
      publish: text => { this.#publish(client, topic, text) },
      disconnect: () => { setImmediate(() => setImmediate(() => { client.close() })) } // what was published is written by then
    }
  }

  #publish (client: Client, topic: string, text: string): void {
    const socket = client.conn as MeteredSocket
    if (socket.destroyed) return
    if (socket.unsentBytes > this.#options.backpressureBytes) {
      this.#events.count('slowReaders')
      socket.destroy(new Error('it does not read'))
      return
    }
    client.publish({ cmd: 'publish', topic, payload: text, qos: 0, retain: false, dup: false }, () => {})
  }

  #onLeft (client: Client): void {
    const device = this.#devices.get(client)
    if (device === undefined || !this.#devices.delete(client)) return
    this.#events.onLeft(device)
  }
}

function refuse (returnCode: AuthErrorCode): AuthenticateError {
  return Object.assign(new Error('refused'), { returnCode })
}
