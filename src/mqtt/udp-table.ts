import { randomBytes } from 'node:crypto'
import { MAX_PAYLOAD_BYTES } from '../ring/layout.js'
import type { MqttCounter } from '../ring/mqtt-counters.js'
import { connectionIdOf, datagramFault, UDP_HEADER_BYTES, UDP_KEY_BYTES, type DatagramFault } from '../protocol/udp-packet.js'
import { UdpSession, type Peer, type UdpRules, type UdpSink } from './udp-session.js'

/** A frame travels on with its header, in one record. */
const MAX_UPLINK_PAYLOAD_BYTES = MAX_PAYLOAD_BYTES - UDP_HEADER_BYTES

const COUNTER_OF: Readonly<Record<DatagramFault, MqttCounter>> = { short: 'dropShort', type: 'dropType', length: 'dropLength' }

/** All sessions behind one UDP socket, by the connection id in each datagram. */
export class UdpTable {
  readonly #rules: UdpRules
  readonly #count: UdpSink['count']
  readonly #sessions = new Map<number, UdpSession>()

  constructor (rules: UdpRules, count: UdpSink['count']) {
    this.#rules = rules
    this.#count = count
  }

  get size (): number { return this.#sessions.size }

  /** A session with a key of its own; its id cannot be guessed from another one. */
  open (onFrame: UdpSink['onFrame']): UdpSession {
    let id = 0
    while (id === 0 || this.#sessions.has(id)) id = randomBytes(4).readUInt32BE()
    const session = new UdpSession(id, randomBytes(UDP_KEY_BYTES), this.#rules, { onFrame, count: this.#count })
    this.#sessions.set(id, session)
    return session
  }

  close (session: UdpSession): void { this.#sessions.delete(session.connectionId) }

  receive (datagram: Buffer, from: Peer): void {
    const fault = datagramFault(datagram, MAX_UPLINK_PAYLOAD_BYTES)
    if (fault !== undefined) { this.#count(COUNTER_OF[fault]); return }
    const session = this.#sessions.get(connectionIdOf(datagram))
    if (session === undefined) this.#count('dropUnknownId')
    else session.receive(datagram, from)
  }
}
