import { connectAsync, type MqttClient } from 'mqtt'
import type { DeviceTransport, TransportEvents } from './device-transport.js'
import type { DownlinkFrame } from './frame-codec.js'
import type { JsonObject } from './types.js'
import { readSecrets, UdpCodec, type UdpFigures } from './udp-codec.js'
import { UdpLink, type Impairment } from './udp-link.js'

export interface MqttTransportOptions {
  /** mqtt://host:port */
  readonly url: string
  readonly mqttClientId: string
  readonly username: string
  readonly password: string
  readonly connectTimeoutMs: number
  readonly impairment: Impairment | undefined
}

const PUBLISH_TOPIC = 'device-server'
const KEEPALIVE_S = 240
const NORMAL_CLOSE = 1000
const ABNORMAL_CLOSE = 1006

/**
 * The device's MQTT client and, while a channel is open, its UDP socket. It never subscribes, and
 * publishes at QoS 0 only.
 */
export class MqttTransport implements DeviceTransport {
  readonly #client: MqttClient
  readonly #impairment: Impairment | undefined
  #events: TransportEvents
  #link: UdpLink | undefined
  #codec: UdpCodec | undefined
  #sessionId = ''

  /** @throws Error when the broker cannot be reached or refuses */
  static async connect (options: MqttTransportOptions, events: TransportEvents): Promise<MqttTransport> {
    const client = await connectAsync(options.url, {
      protocolVersion: 4,
      clientId: options.mqttClientId,
      username: options.username,
      password: options.password,
      keepalive: KEEPALIVE_S,
      connectTimeout: options.connectTimeoutMs,
      reconnectPeriod: 0,
      clean: true
    }, false)
    return new MqttTransport(client, options.impairment, events)
  }

  constructor (client: MqttClient, impairment: Impairment | undefined, events: TransportEvents) {
    this.#client = client
    this.#impairment = impairment
    this.#events = events
    client.on('message', (_topic, payload) => { this.#events.onText(payload.toString()) })
    client.on('error', () => {}) // 'close' follows
    client.on('close', () => { this.#ended(ABNORMAL_CLOSE) })
  }

  /** The channel, that is: the broker may be connected without one. */
  get isConnected (): boolean { return this.#link !== undefined && this.#client.connected }
  get isTcpOpen (): boolean { return this.#client.connected }
  get udpFigures (): UdpFigures | undefined { return this.#codec?.figures }

  sendText (text: string): boolean {
    if (!this.#client.connected) return false
    this.#client.publish(PUBLISH_TOPIC, text, { qos: 0 })
    return true
  }

  sendAudio (packet: Buffer, timestamp: number): boolean {
    if (this.#link === undefined) return false
    this.#link.send(this.#codec!.seal(packet, timestamp))
    return true
  }

  sendBinary (data: Uint8Array): boolean {
    this.#link?.send(Buffer.from(data))
    return this.#link !== undefined
  }

  unpack (data: Buffer): DownlinkFrame | undefined { return { payload: data.subarray(16), timestamp: data.readUInt32BE(8) } }

  /** Opens the UDP socket that the hello tells of. @returns false if the hello is useless */
  openAudio (hello: JsonObject): boolean {
    const udp = hello['udp'] as JsonObject | undefined
    const secrets = readSecrets(udp?.['key'], udp?.['nonce'])
    const [server, port] = [udp?.['server'], udp?.['port']]
    if (secrets === undefined || typeof server !== 'string' || typeof port !== 'number' || port < 1 || port > 65535) return false
    const codec = new UdpCodec(secrets)
    this.#link?.close()
    this.#codec = codec
    this.#link = new UdpLink(server, port, this.#impairment, datagram => { this.#onDatagram(codec, datagram) })
    if (typeof hello['session_id'] === 'string') this.#sessionId = hello['session_id']
    return true
  }

  /** Since 2.3 only a goodbye with the id of the session counts. */
  takeGoodbye (message: JsonObject): void {
    if (message['session_id'] === this.#sessionId) this.#ended(NORMAL_CLOSE)
  }

  /** The device gets another address, in the middle of what it does. */
  changeAddress (): void { this.#link?.changeAddress() }

  /** Hangs up: UDP is closed, then goodbye is said; MQTT stays. */
  hangUp (): void {
    if (this.#link === undefined) return
    this.#closeAudio()
    this.sendText(`{"session_id":"${this.#sessionId}","type":"goodbye"}`)
  }

  drop (): void {
    this.#closeAudio()
    this.#client.end(true)
  }

  closePolitely (): void {
    this.hangUp()
    this.#client.end()
  }

  // A whole datagram, but decrypted, so that its header tells the timestamp.
  #onDatagram (codec: UdpCodec, datagram: Buffer): void {
    const frame = codec === this.#codec ? codec.open(datagram) : undefined
    if (frame !== undefined) this.#events.onBinary(Buffer.concat([datagram.subarray(0, 16), frame.payload]))
  }

  #ended (code: number): void {
    if (this.#link === undefined) return
    this.#closeAudio()
    this.#events.onDisconnected(code)
  }

  #closeAudio (): void {
    this.#link?.close()
    this.#link = undefined
  }
}
