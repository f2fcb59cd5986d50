import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

export interface RawMessage { readonly opcode: number, readonly payload: Buffer }

const PATIENCE_MS = 3000

/**
 * A device down to its bytes: it sends no Close, answers none, and keeps its half of the connection
 * open when the server has closed the other.
 */
export class RawDevice {
  readonly head: string
  readonly #socket: Socket
  #bytes: Buffer
  #hasEnded = false
  #wake: () => void = () => {}

  constructor (socket: Socket, head: string, rest: Buffer) {
    this.#socket = socket
    this.head = head
    this.#bytes = rest
    socket.on('data', (chunk: Buffer) => {
      this.#bytes = Buffer.concat([this.#bytes, chunk])
      this.#wake()
    })
    for (const event of ['end', 'close', 'error']) {
      socket.on(event, () => {
        this.#hasEnded = true
        this.#wake()
      })
    }
  }

  static request (path: string, headers: Readonly<Record<string, string>>): string {
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`).join('')
    return `GET ${path} HTTP/1.1\r\nHost: example.com\r\n${lines}Connection: Upgrade\r\n` +
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nUpgrade: websocket\r\n\r\n'
  }

  static async open (port: number, path: string, headers: Readonly<Record<string, string>>): Promise<RawDevice> {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    await once(socket, 'connect')
    socket.write(RawDevice.request(path, headers))
    let bytes = Buffer.alloc(0)
    while (!bytes.includes('\r\n\r\n')) {
      const [chunk] = await once(socket, 'data', { signal: AbortSignal.timeout(PATIENCE_MS) }) as [Buffer]
      bytes = Buffer.concat([bytes, chunk])
    }
    const end = bytes.indexOf('\r\n\r\n') + 4
    return new RawDevice(socket, bytes.subarray(0, end).toString(), bytes.subarray(end))
  }

  send (opcode: number, payload: Buffer): void { this.#socket.write(frame(opcode, payload)) }

  async sendSlowly (opcode: number, payload: Buffer): Promise<void> {
    this.#socket.setNoDelay(true)
    for (const byte of frame(opcode, payload)) {
      this.#socket.write(Buffer.of(byte))
      await delay(1)
    }
  }

  pause (): void { this.#socket.pause() }
  resume (): void { this.#socket.resume() }
  destroy (): void { this.#socket.destroy() }

  hangUp (isReset: boolean): void {
    if (isReset) this.#socket.resetAndDestroy()
    else this.#socket.destroy()
  }

  /** The next message of the server. */
  async next (): Promise<RawMessage> {
    for (;;) {
      const message = this.#take()
      if (message !== undefined) return message
      if (this.#hasEnded) throw new Error('the connection has ended')
      await this.#news(PATIENCE_MS)
    }
  }

  /** Resolves when the server has closed its half. */
  async ended (withinMs: number): Promise<void> {
    const until = performance.now() + withinMs
    while (!this.#hasEnded) await this.#news(until - performance.now())
  }

  async #news (withinMs: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => { reject(new Error('nothing came in time')) }, Math.max(0, withinMs))
      this.#wake = () => { clearTimeout(timer); resolve() }
    })
  }

  #take (): RawMessage | undefined {
    const bytes = this.#bytes
    if (bytes.length < 2) return undefined
    const short = bytes[1]! & 0x7f
    const header = short < 126 ? 2 : short === 126 ? 4 : 10
    if (bytes.length < header) return undefined
    const length = short < 126 ? short : short === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2))
    if (bytes.length < header + length) return undefined
    this.#bytes = bytes.subarray(header + length)
    return { opcode: bytes[0]! & 0x0f, payload: Buffer.from(bytes.subarray(header, header + length)) }
  }
}

/** One masked frame, complete, as firmware sends it. */
function frame (opcode: number, payload: Buffer): Buffer {
  const mask = Buffer.of(1, 2, 3, 4)
  const header = payload.length < 126 ? Buffer.of(0x80 | opcode, 0x80 | payload.length) : Buffer.alloc(4)
  if (payload.length >= 126) {
    header.writeUInt16BE((0x80 | opcode) << 8 | 0x80 | 126)
    header.writeUInt16BE(payload.length, 2)
  }
  return Buffer.concat([header, mask, payload.map((byte, at) => byte ^ mask[at & 3]!)])
}
