import type { DeviceFacts } from '../core/device-directory.js'
import type { ChannelName, MqttNews, MqttOrder } from '../ring/mqtt-messages.js'
import type { MqttCounter } from '../ring/mqtt-counters.js'
import { goodbyeMessage, readMqttMessage, udpHello, type MqttMessage } from '../protocol/mqtt-message.js'
import { makeNonce, MAX_DOWNLINK_PAYLOAD_BYTES, UDP_HEADER_BYTES } from '../protocol/udp-packet.js'
import { StartHold } from './start-hold.js'
import type { UdpSession } from './udp-session.js'
import type { UdpTable } from './udp-table.js'

/** A device as its broker knows it. */
export interface MqttDevice {
  readonly deviceId: string
  readonly clientId: string
  /** Its own address, and ours at which it arrived; empty where the broker does not tell. */
  readonly address: string
  readonly localAddress: string
  /** What the gateway knows of it; undefined where another broker let it in. */
  readonly facts: DeviceFacts | undefined
  publish (text: string): void
  /** What was published before still leaves. Nothing happens at a broker of others. */
  disconnect (): void
}

export interface DeskParts {
  readonly udp: UdpTable
  readonly maxChannels: number
  readonly tell: (news: MqttNews) => void
  /** One frame towards the gateway; false when there is no room. */
  readonly pushUplink: (name: ChannelName, frame: Buffer, missing: number) => boolean
  readonly sendDatagram: (datagram: Buffer, port: number, address: string) => void
  /** Where a device shall send its audio. */
  readonly udpAddressFor: (device: MqttDevice) => { readonly server: string, readonly port: number }
  readonly count: (name: MqttCounter, by?: number) => void
}

/** One audio session. */
interface Channel extends ChannelName {
  readonly device: MqttDevice
  readonly udp: UdpSession
  readonly hold: StartHold
  /** Empty until the gateway has answered the hello. */
  sessionId: string
}

/**
 * What devices say over MQTT, and what they are told. A hello opens an audio session; it ends by a
 * goodbye of either side, by another hello, or with the device's connection.
 */
export class DeviceDesk {
  readonly #parts: DeskParts
  /** Whoever is at the broker; of two with one id the later. */
  readonly #present = new Map<string, MqttDevice>()
  readonly #byDevice = new Map<string, Channel>()
  readonly #byNumber: (Channel | undefined)[]
  readonly #generations: Uint16Array
  readonly #free: number[]

  constructor (parts: DeskParts) {
    this.#parts = parts
    this.#byNumber = new Array<Channel | undefined>(parts.maxChannels).fill(undefined)
    this.#generations = new Uint16Array(parts.maxChannels)
    this.#free = Array.from({ length: parts.maxChannels }, (_, index) => index)
  }

  // --- from devices

  joined (device: MqttDevice): void {
    this.#present.set(device.deviceId, device)
    this.#parts.tell({ kind: 'joined', deviceId: device.deviceId, facts: device.facts })
  }

  receive (device: MqttDevice, raw: string): void {
    const { count, tell } = this.#parts
    count('messages')
    const message = readMqttMessage(raw)
    if (message === undefined) { count('badMessages'); return }
    if (message.type === 'hello') { this.#onHello(device, raw, message); return }
    const channel = this.#channelOf(device)
    if (channel === undefined) { this.#onMessageWithoutSession(device, message); return }
    if (message.sessionId !== undefined && message.sessionId !== channel.sessionId) { count('staleMessages'); return }
    if (message.type === 'goodbye') this.#end(channel) // and is never answered by another one
    else tell({ kind: 'text', channel: channel.channel, generation: channel.generation, text: raw })
  }

  /** Its connection is gone, and with it what it was told of the session. */
  left (device: MqttDevice): void {
    const channel = this.#channelOf(device)
    if (channel !== undefined) this.#end(channel)
    if (this.#present.get(device.deviceId) !== device) return
    this.#present.delete(device.deviceId)
    this.#parts.tell({ kind: 'left', deviceId: device.deviceId })
  }

  // --- from the gateway

  obey (order: Exclude<MqttOrder, { kind: 'verdict' | 'stop' }>): void {
    switch (order.kind) {
      case 'tell': this.#present.get(order.deviceId)?.publish(order.text); break
      case 'disconnect': this.#disconnect(order.deviceId); break
      default: this.#obeyChannel(order)
    }
  }

  #obeyChannel (order: Extract<MqttOrder, { kind: 'text' | 'close' }>): void {
    const channel = this.#find(order)
    if (channel === undefined) return
    if (order.kind === 'text') { this.#send(channel, order.text); return }
    if (channel.sessionId !== '') channel.device.publish(goodbyeMessage(channel.sessionId))
    this.#drop(channel)
  }

  #disconnect (deviceId: string): void {
    const channel = this.#byDevice.get(deviceId)
    if (channel !== undefined) {
      if (channel.sessionId !== '') channel.device.publish(goodbyeMessage(channel.sessionId))
      this.#end(channel)
    }
    this.#present.get(deviceId)?.disconnect()
  }

  /** @param message a packet behind a header that is written anew; it is copied */
  sendFrame (name: ChannelName, message: Uint8Array, timestamp: number): void {
    this.#find(name)?.hold.frame(message, timestamp)
  }

  #sendFrame (udp: UdpSession, message: Uint8Array, timestamp: number): void {
    const { count, sendDatagram } = this.#parts
    if (udp.peer === undefined) { count('downlinkWithoutPeer'); return }
    if (message.length - UDP_HEADER_BYTES > MAX_DOWNLINK_PAYLOAD_BYTES) { count('downlinkOversize'); return }
    count('downlinkPackets')
    sendDatagram(udp.seal(message.subarray(UDP_HEADER_BYTES), timestamp), udp.peer.port, udp.peer.address)
  }

  #onHello (device: MqttDevice, raw: string, { transport }: MqttMessage): void {
    const { count, tell, udp, pushUplink } = this.#parts
    if (transport !== undefined && transport !== 'udp') { count('badHellos'); return }
    const older = this.#byDevice.get(device.deviceId)
    if (older !== undefined) this.#end(older) // silently: the device has forgotten it
    const channel = this.#free.shift()
    if (channel === undefined) { count('refusedBusy'); return }
    const generation = this.#generations[channel] = this.#generations[channel]! + 1 & 0xffff
    const name = { channel, generation }
    const session = udp.open((frame, missing) => {
      hold.release()
      if (!pushUplink(name, frame, missing)) count('uplinkLost')
    })
    const hold = new StartHold({
      publish: text => { device.publish(text) },
      sendFrame: (message, timestamp) => { this.#sendFrame(session, message, timestamp) }
    })
    const opened = { ...name, device, udp: session, hold, sessionId: '' }
    this.#byNumber[channel] = opened
    this.#byDevice.set(device.deviceId, opened)
    count('sessions')
    const { deviceId, clientId, address, facts } = device
    tell({ kind: 'open', ...name, deviceId, clientId, address, facts, hello: raw })
  }

  // MCP is allowed at any time, but a call ends with its session, and none is made without one.
  #onMessageWithoutSession (device: MqttDevice, { type, sessionId }: MqttMessage): void {
    this.#parts.count(type === 'mcp' ? 'mcpDropped' : 'withoutSession')
    if (type !== 'mcp' && type !== 'goodbye' && sessionId !== undefined) device.publish(goodbyeMessage(sessionId))
  }

  #send (channel: Channel, text: string): void {
    if (channel.sessionId !== '') { channel.hold.text(text); return }
    const { connectionId, key } = channel.udp
    const hello = udpHello(text, { ...this.#parts.udpAddressFor(channel.device), key, nonce: makeNonce(connectionId) })
    if (hello === undefined) return // nothing can come before a hello
    channel.sessionId = hello.sessionId
    channel.device.publish(hello.text)
  }

  #channelOf (device: MqttDevice): Channel | undefined {
    const channel = this.#byDevice.get(device.deviceId)
    return channel?.device === device ? channel : undefined
  }

  #find ({ channel, generation }: ChannelName): Channel | undefined {
    const found = this.#byNumber[channel]
    return found?.generation === generation ? found : undefined
  }

  #end (channel: Channel): void {
    this.#drop(channel)
    this.#parts.tell({ kind: 'closed', channel: channel.channel, generation: channel.generation })
  }

  #drop (channel: Channel): void {
    this.#parts.udp.close(channel.udp)
    channel.hold.close()
    this.#parts.count('sessions', -1)
    this.#byNumber[channel.channel] = undefined
    if (this.#byDevice.get(channel.device.deviceId) === channel) this.#byDevice.delete(channel.device.deviceId)
    this.#free.push(channel.channel)
  }
}
