import { createCipheriv, randomBytes } from 'node:crypto'
import dgram from 'node:dgram'
import { connect, type IPublishPacket, type MqttClient } from 'mqtt'

import { parseObject } from '../simulator/network-task.js'
import type { JsonObject } from '../simulator/types.js'
import { DeviceLink, pause } from './device-link.js'
import { check, Unmet } from './verdicts.js'

const HEADER_BYTES = 16
const CONNECT_MS = 10_000
/** What a device sends first, so that the server learns where its audio is to go. */
const OPENING_PACKETS = 3
const FORGED_BYTES = 40
const FORGED_MS = 400
const DTX = Buffer.of(0x58)

export interface MqttSettings {
  readonly endpoint: string
  readonly clientId: string
  readonly username: string
  readonly password: string
  readonly publishTopic: string
}

/** What the OTA answer says of MQTT. @throws Unmet when it is of no use */
export function readMqttSettings (ota: JsonObject | undefined): MqttSettings {
  const mqtt = ota?.['mqtt']
  check(typeof mqtt === 'object' && mqtt !== null, 'an object mqtt in the OTA answer', mqtt)
  const read = (name: string): string => {
    const value = (mqtt as JsonObject)[name]
    check(typeof value === 'string' && value !== '', `a text mqtt.${name} in the OTA answer`, value)
    return value
  }
  return {
    endpoint: read('endpoint'), clientId: read('client_id'), username: read('username'), password: read('password'), publishTopic: read('publish_topic')
  }
}

/** A device that talks by MQTT and sends its audio by UDP. It subscribes to nothing. */
export class DeviceMqtt extends DeviceLink {
  readonly #client: MqttClient
  readonly #topic: string
  #udp: dgram.Socket | undefined
  #key: Buffer = Buffer.alloc(HEADER_BYTES)
  nonce: Buffer = Buffer.alloc(HEADER_BYTES)
  #server = { host: '', port: 0 }
  sequence = 0
  /** Sequence numbers of the downlink, as they came. */
  readonly sequences: number[] = []
  readonly timestamps: number[] = []
  /** How each message was published. */
  readonly headers: Array<Pick<IPublishPacket, 'qos' | 'retain' | 'dup'>> = []

  static async open (settings: MqttSettings, signal: AbortSignal): Promise<DeviceMqtt> {
    const [host = '', port = '8883'] = settings.endpoint.split(':')
    const client = connect({
      host, port: Number(port), protocol: port === '8883' ? 'mqtts' : 'mqtt', protocolVersion: 4, keepalive: 240,
      clientId: settings.clientId, username: settings.username, password: settings.password,
      reconnectPeriod: 0, connectTimeout: CONNECT_MS, clean: true
    })
    signal.addEventListener('abort', () => { client.end(true) }, { once: true })
    await new Promise<void>((resolve, reject) => {
      client.once('connect', () => { resolve() })
      client.once('error', error => { client.end(true); reject(new Unmet(`expected CONNACK 0; came ${error.message}`)) })
      client.once('close', () => { reject(new Unmet('expected CONNACK 0; the broker closed the connection')) })
    })
    return new DeviceMqtt(client, settings.publishTopic)
  }

  constructor (client: MqttClient, topic: string) {
    super()
    this.#client = client
    this.#topic = topic
    client.on('message', (_topic, payload, { qos, retain, dup }) => {
      this.headers.push({ qos, retain, dup })
      const text = payload.toString()
      const json = parseObject(text)
      this.arrivals.add({ kind: 'text', atMs: performance.now(), text, json })
      // It closes the channel, as the end of a WebSocket does; MQTT stays.
      if (json?.['type'] === 'goodbye' && json['session_id'] === this.sessionId) this.arrivals.add({ kind: 'close', atMs: performance.now(), code: 0 })
      if (json !== undefined) this.onJson?.(json)
    })
    client.on('close', () => { this.arrivals.add({ kind: 'end', atMs: performance.now() }) })
    client.on('error', () => {})
  }

  /** Opens the UDP socket that the hello tells of. @throws Unmet when firmware would ignore it */
  async openAudio (hello: JsonObject): Promise<void> {
    const udp = hello['udp'] as JsonObject | undefined
    check(typeof udp === 'object' && udp !== null, 'udp{server,port,key,nonce} in the hello', hello)
    const { server, port, key, nonce } = udp
    check(typeof server === 'string' && server !== '', 'udp.server as text', server)
    check(typeof port === 'number' && port > 0 && port < 65536, 'udp.port as a number', port)
    check(typeof key === 'string' && /^[0-9a-f]{32}$/i.test(key), 'udp.key of 32 hexadecimal digits', key)
    check(typeof nonce === 'string' && /^0100[0-9a-f]{28}$/i.test(nonce), 'udp.nonce of 32 hexadecimal digits that begins 0100', nonce)
    this.#key = Buffer.from(key, 'hex')
    this.nonce = Buffer.from(nonce, 'hex')
    this.#server = { host: server, port }
    this.sequence = 0
    await this.rebind()
  }

  get key (): string { return this.#key.toString('hex') }

  /** Another local port, as after a change of address. */
  async rebind (): Promise<void> {
    this.#udp?.close()
    const udp = dgram.createSocket('udp4')
    this.#udp = udp
    udp.on('message', datagram => { this.#onDatagram(datagram) })
    udp.on('error', () => {})
    await new Promise<void>(resolve => { udp.bind(0, resolve) })
  }

  /** The audio of the wake word goes before it. */
  override detect (text: string): void {
    if (this.sequence === 0 && this.#udp !== undefined) for (let count = 0; count < OPENING_PACKETS; count++) this.sendPacket(DTX)
    super.detect(text)
  }

  /** Somebody elsewhere who has seen a header, and has not the key. */
  async forge (count: number): Promise<{ readonly close: () => number }> {
    const thief = dgram.createSocket('udp4')
    let received = 0
    thief.on('message', () => { received++ }).on('error', () => {})
    await new Promise<void>(resolve => { thief.bind(0, resolve) })
    for (let index = 1; index <= count; index++) {
      const forged = this.seal(Buffer.alloc(FORGED_BYTES), this.sequence + index)
      thief.send(Buffer.concat([forged.subarray(0, HEADER_BYTES), randomBytes(FORGED_BYTES)]), this.#server.port, this.#server.host)
    }
    await pause(FORGED_MS)
    return { close: () => { thief.close(); return received } }
  }

  override sendText (text: string): void { this.#client.publish(this.#topic, text, { qos: 0 }) }
  override sendPacket (packet: Buffer, timestamp = 0): void { this.sendDatagram(this.seal(packet, ++this.sequence, timestamp)) }
  override drop (): void {
    this.#udp?.close()
    this.#udp = undefined
    this.#client.end(true)
  }

  seal (packet: Buffer, sequence: number, timestamp = 0, length = packet.length): Buffer {
    const header = Buffer.from(this.nonce)
    header.writeUInt16BE(length, 2)
    header.writeUInt32BE(timestamp >>> 0, 8)
    header.writeUInt32BE(sequence, 12)
    return Buffer.concat([header, createCipheriv('aes-128-ctr', this.#key, header).update(packet)])
  }

  sendDatagram (datagram: Buffer): void { this.#udp?.send(datagram, this.#server.port, this.#server.host) }

  #onDatagram (datagram: Buffer): void {
    const isWhole = datagram.length >= HEADER_BYTES && datagram[0] === 1 && datagram.readUInt16BE(2) === datagram.length - HEADER_BYTES
    const header = datagram.subarray(0, HEADER_BYTES)
    if (isWhole) {
      this.sequences.push(header.readUInt32BE(12))
      this.timestamps.push(header.readUInt32BE(8))
    }
    const packet = isWhole ? createCipheriv('aes-128-ctr', this.#key, header).update(datagram.subarray(HEADER_BYTES)) : undefined
    this.arrivals.add({ kind: 'audio', atMs: performance.now(), bytes: datagram, packet, timestamp: isWhole ? header.readUInt32BE(8) : 0 })
  }
}
