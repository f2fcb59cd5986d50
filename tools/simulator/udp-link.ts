import { createSocket, type Socket } from 'node:dgram'

/** What a bad network does to datagrams, in both directions. */
export interface Impairment {
  /** Share of datagrams that never arrive. */
  readonly loss: number
  /** Each of the others comes up to so much later than it could. */
  readonly jitterMs: number
  /** Share of datagrams that come after the next one. */
  readonly reorder: number
  readonly random: () => number
}

/** Longer than a frame: what is held back for it comes after the one behind it. */
const REORDER_MS = 70

/** The UDP socket of a device; its local port can change, as behind a router that forgets. */
export class UdpLink {
  readonly #server: { readonly host: string, readonly port: number }
  readonly #impairment: Impairment | undefined
  readonly #onDatagram: (datagram: Buffer) => void
  readonly #timers = new Set<NodeJS.Timeout>()
  #socket: Socket
  #isClosed = false

  constructor (host: string, port: number, impairment: Impairment | undefined, onDatagram: (datagram: Buffer) => void) {
    this.#server = { host, port }
    this.#impairment = impairment
    this.#onDatagram = onDatagram
    this.#socket = this.#open()
  }

  send (datagram: Buffer): void { this.#pass(() => { this.#socket.send(datagram, this.#server.port, this.#server.host) }) }

  /** From now on datagrams come from another port, and what is sent to the old one is lost. */
  changeAddress (): void {
    if (this.#isClosed) return
    this.#socket.close()
    this.#socket = this.#open()
  }

  close (): void {
    if (this.#isClosed) return
    this.#isClosed = true
    for (const timer of this.#timers) clearTimeout(timer)
    this.#socket.close()
  }

  #open (): Socket {
    const socket = createSocket('udp4')
    socket.on('error', () => {}) // nobody listens there: the device does not notice
    socket.on('message', datagram => { this.#pass(() => { this.#onDatagram(datagram) }) })
    return socket
  }

  #pass (deliver: () => void): void {
    const bad = this.#impairment
    if (bad === undefined) { deliver(); return }
    if (bad.random() < bad.loss) return
    const delayMs = bad.random() * bad.jitterMs + (bad.random() < bad.reorder ? REORDER_MS : 0)
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      if (!this.#isClosed) deliver()
    }, delayMs)
    this.#timers.add(timer)
  }
}
