import { createSocket, type Socket } from 'node:dgram'
import { isIPv6 } from 'node:net'
import { ChorusError, describeError } from '../../src/core/errors.js'
import type { MqttCounter } from '../../src/ring/mqtt-counters.js'
import type { Peer } from '../../src/mqtt/udp-session.js'

/** What the kernel keeps while this thread is busy: a second of 200 devices that talk. */
const BUFFER_BYTES = 1 << 20

/** The one UDP socket of all sessions. */
export class UdpPort {
  readonly #count: (name: MqttCounter, by?: number) => void
  #socket: Socket | undefined
  #port = 0

  constructor (count: (name: MqttCounter, by?: number) => void) {
    this.#count = count
  }

  get port (): number { return this.#port }

  /** @throws CHORUS_PORT_TAKEN */
  async listen (host: string, port: number, onDatagram: (datagram: Buffer, from: Peer) => void): Promise<void> {
    const socket = createSocket({
      type: isIPv6(host) ? 'udp6' : 'udp4',
      // Addresses are always numbers here, and those need no look-up.
      lookup: (address, _options, done) => { done(null, address, isIPv6(address) ? 6 : 4) }
    })
    this.#socket = socket
    try {
      await new Promise<void>((resolve, reject) => { socket.once('error', reject).bind({ address: host, port, exclusive: true }, resolve) })
    } catch (error) {
      throw new ChorusError('CHORUS_PORT_TAKEN', [host, port, describeError(error), '--mqtt.udpPort'], { cause: error })
    }
    socket.removeAllListeners('error')
    socket.on('error', () => { this.#count('sendErrors') })
    socket.on('message', onDatagram)
    this.#enlargeBuffers(socket)
    this.#port = socket.address().port
  }

  /** Keeps `datagram` until the kernel took it. */
  send (datagram: Buffer, port: number, address: string): void {
    this.#socket?.send(datagram, port, address, error => { if (error !== null) this.#count('sendErrors') })
  }

  async close (): Promise<void> {
    const socket = this.#socket
    this.#socket = undefined
    if (socket !== undefined) await new Promise<void>(resolve => { closeSocket(socket, resolve) })
  }

  // The kernel may grant less, or nothing: bursts are lost sooner then.
  #enlargeBuffers (socket: Socket): void {
    try {
      socket.setRecvBufferSize(BUFFER_BYTES)
      socket.setSendBufferSize(BUFFER_BYTES)
    } catch {}
  }
}

function closeSocket (socket: Socket, done: () => void): void {
  try {
    socket.close(done)
  } catch {
    done() // it was never bound
  }
}
