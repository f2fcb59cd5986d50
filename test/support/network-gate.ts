import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import type { TestContext } from 'node:test'

/** The way to a service, which can be shut: connections end, and new ones are refused. */
export class NetworkGate {
  readonly #target: number
  readonly #sockets = new Set<Socket>()
  #server: Server | undefined
  #port = 0

  constructor (target: number) {
    this.#target = target
  }

  static async open (t: TestContext, address: string): Promise<NetworkGate> {
    const gate = new NetworkGate(Number(new URL(address).port))
    await gate.open()
    t.after(() => gate.shut())
    return gate
  }

  /** The address that leads through the gate to `address`. */
  through (address: string): string {
    const url = new URL(address)
    url.port = String(this.#port)
    return url.href.replace(/\/$/, '')
  }

  async open (): Promise<void> {
    const server = createServer(socket => {
      const onward = connect(this.#target, '127.0.0.1')
      for (const one of [socket, onward]) {
        this.#sockets.add(one)
        one.on('error', () => {}).once('close', () => { this.#sockets.delete(one) })
      }
      socket.pipe(onward).pipe(socket)
      socket.once('close', () => { onward.destroy() })
      onward.once('close', () => { socket.destroy() })
    })
    await new Promise<void>(resolve => { server.listen(this.#port, '127.0.0.1', resolve) })
    this.#server = server
    this.#port = (server.address() as AddressInfo).port
  }

  async shut (): Promise<void> {
    const closed = new Promise<void>(resolve => { if (this.#server === undefined) resolve(); else this.#server.close(() => { resolve() }) })
    for (const socket of this.#sockets) socket.destroy()
    this.#server = undefined
    await closed
  }
}
