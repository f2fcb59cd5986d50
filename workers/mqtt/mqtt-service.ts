import { networkInterfaces } from 'node:os'
import type { MessagePort } from 'node:worker_threads'
import type { Config } from '../../src/core/config-schema.js'
import type { DeviceFacts } from '../../src/core/device-directory.js'
import type { BrokerEvents } from '../../src/mqtt/broker.js'
import { DeviceDesk } from '../../src/mqtt/device-desk.js'
import type { Peer } from '../../src/mqtt/udp-session.js'
import { UdpTable } from '../../src/mqtt/udp-table.js'
import type { ByteRing } from '../../src/ring/byte-ring.js'
import { LoopBellReceiver } from '../../src/ring/doorbell.js'
import { DOWNLINK_FRAME, MAX_PAYLOAD_BYTES, UPLINK_FRAME } from '../../src/ring/layout.js'
import type { MqttCounters } from '../../src/ring/mqtt-counters.js'
import type { ChannelName, MqttNews, MqttOrder } from '../../src/ring/mqtt-messages.js'
import type { Outbox } from '../../src/ring/outbox.js'
import { RecordHeader } from '../../src/ring/record-header.js'
import type { UdpPort } from './udp-port.js'

/** How long the gateway may think about a password. */
const VERDICT_TIMEOUT_MS = 5000
const MOST_MISSING = 0xffff

export interface ServiceParts {
  readonly options: Config['mqtt']
  readonly counters: MqttCounters
  readonly udp: UdpPort
  readonly outbox: Outbox
  readonly tell: (news: MqttNews) => void
  readonly log: BrokerEvents['log']
}

/** Joins the broker, the UDP port and the gateway. */
export class MqttService {
  readonly brokerEvents: BrokerEvents
  readonly #parts: ServiceParts
  readonly #table: UdpTable
  readonly #desk: DeviceDesk
  readonly #uplink = new RecordHeader()
  readonly #verdicts = new Map<number, (facts: DeviceFacts | undefined) => void>()
  #asked = 0

  constructor (parts: ServiceParts) {
    const { options, counters, tell, udp } = parts
    const count: BrokerEvents['count'] = (name, by) => { counters.add(name, by) }
    this.#parts = parts
    this.#table = new UdpTable(options, count)
    const address = options.publicHost || lanAddress()
    this.#desk = new DeviceDesk({
      udp: this.#table,
      maxChannels: options.maxConnections,
      tell,
      count,
      pushUplink: (name, frame, missing) => this.#pushUplink(name, frame, missing),
      sendDatagram: (datagram, port, to) => { udp.send(datagram, port, to) },
      // A device reached us at `localAddress`; audio arrives there, too.
      udpAddressFor: device => ({ server: options.publicHost || device.localAddress || address, port: options.publicUdpPort || udp.port })
    })
    this.brokerEvents = {
      onJoined: device => { this.#desk.joined(device) },
      onMessage: (device, text) => { this.#desk.receive(device, text) },
      onLeft: device => { this.#desk.left(device) },
      authenticate: caller => new Promise(resolve => {
        const id = ++this.#asked
        const answer = (facts: DeviceFacts | undefined): void => {
          clearTimeout(timer)
          this.#verdicts.delete(id)
          resolve(facts)
        }
        const timer = setTimeout(answer, VERDICT_TIMEOUT_MS, undefined)
        this.#verdicts.set(id, answer)
        tell({ kind: 'authenticate', id, caller })
      }),
      count,
      log: parts.log
    }
  }

  /** A datagram from anybody. */
  receive (datagram: Buffer, from: Peer): void { this.#table.receive(datagram, from) }

  obey (order: Exclude<MqttOrder, { kind: 'stop' }>): void {
    if (order.kind === 'verdict') this.#verdicts.get(order.id)?.(order.facts)
    else this.#desk.obey(order)
  }

  /** Sends what the gateway puts into `ring`. */
  takeFrames (ring: ByteRing, bell: SharedArrayBuffer, bellPort: MessagePort): void {
    const header = new RecordHeader()
    const payload = new Int32Array(MAX_PAYLOAD_BYTES / 4)
    const bytes = new Uint8Array(payload.buffer)
    const receiver = new LoopBellReceiver(bell, bellPort, () => {
      const length = ring.pop(header, payload)
      if (length < 0) return false
      const { kind, slot, generation, time } = header
      if (kind === DOWNLINK_FRAME) this.#desk.sendFrame({ channel: slot, generation }, bytes.subarray(0, length), time)
      return true
    })
    receiver.poke()
  }

  #pushUplink ({ channel, generation }: ChannelName, frame: Buffer, missing: number): boolean {
    const { outbox } = this.#parts
    this.#uplink.set(UPLINK_FRAME, channel, generation, 0)
    this.#uplink.sequence = Math.min(missing, MOST_MISSING)
    const isTaken = outbox.push(this.#uplink, frame)
    outbox.flush()
    return isTaken
  }
}

function lanAddress (): string {
  const addresses = Object.values(networkInterfaces()).flatMap(list => list ?? [])
  return addresses.find(address => address.family === 'IPv4' && !address.internal)?.address ?? '127.0.0.1'
}
