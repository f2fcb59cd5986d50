import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import type { PacketFault, PacketMeter } from './packet-meter.js'

/** How long the last words of a connection may take to leave. */
const LINGER_MS = 1000

/** A TCP connection of which only packets within the limits are read. */
export class MeteredSocket extends Duplex {
  readonly address: string
  readonly localAddress: string
  readonly #socket: Socket

  constructor (socket: Socket, meter: PacketMeter, onFault: (fault: PacketFault) => void) {
    super({ allowHalfOpen: false })
    this.#socket = socket
    this.address = plainAddress(socket.remoteAddress)
    this.localAddress = plainAddress(socket.localAddress)
    socket.on('data', (chunk: Buffer) => {
      const fault = meter.take(chunk)
      if (fault !== undefined) {
        onFault(fault)
        this.destroy()
      } else if (!this.push(chunk)) socket.pause()
    })
    socket.on('end', () => { this.push(null) })
    socket.on('error', () => {}) // 'close' follows
    socket.on('close', () => { this.destroy() })
  }

  /** Bytes that the device has not taken yet. */
  get unsentBytes (): number { return this.writableLength + this.#socket.writableLength }

  override _read (): void { this.#socket.resume() }

  override _write (chunk: Uint8Array, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    if (this.#socket.destroyed) { done(); return }
    this.#socket.write(chunk, () => { done() })
  }

  override _final (done: (error?: Error | null) => void): void {
    this.#socket.end()
    done()
  }

  // What was written a moment ago (a goodbye, a refusal) still leaves.
  override _destroy (error: Error | null, done: (error?: Error | null) => void): void {
    if (error !== null) this.#socket.destroy()
    else {
      const timer = setTimeout(() => { this.#socket.destroy() }, LINGER_MS) // whoever does not read
      this.#socket.once('close', () => { clearTimeout(timer) })
      this.#socket.destroySoon()
    }
    done(null)
  }
}

/** IPv4 without the prefix that sockets for both families put before it. */
function plainAddress (address: string | undefined): string {
  return (address ?? '').replace(/^::ffff:/, '')
}
