import type net from 'node:net'

import { parseObject } from '../simulator/network-task.js'
import { OP_BINARY, OP_PONG, OP_TEXT, WsFrameReader, writeFrame } from '../simulator/ws-frames.js'
import { DeviceLink } from './device-link.js'
import { pack, unpack, type WsDialect } from './framing.js'
import { upgrade, type Upgraded } from './upgrade.js'
import { Unmet } from './verdicts.js'

export interface SocketOptions {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly dialect: WsDialect
  /** Some firmware answers none. */
  readonly pongs: boolean
  readonly signal: AbortSignal
}

const MASKED = 128
const RESERVED = 0x70

/** A device on a WebSocket: it answers no Close, and hangs up without one. */
export class DeviceSocket extends DeviceLink {
  readonly head: string
  readonly upgradeMs: number
  readonly dialect: WsDialect
  readonly #socket: net.Socket
  #scan = new HeaderScan(what => { this.arrivals.add({ kind: 'odd', atMs: performance.now(), what }) })

  /** @throws Unmet when the server does not switch protocols */
  static async open (options: SocketOptions): Promise<DeviceSocket> {
    const upgraded = await upgrade(options.url, options.headers, options.signal)
    if (upgraded.status === 101) return new DeviceSocket(upgraded, options)
    upgraded.socket.destroy()
    throw new Unmet(`expected HTTP/1.1 101; came ${upgraded.head.split('\r\n', 1)[0] || 'nothing'}`)
  }

  constructor ({ socket, head, rest, tookMs }: Upgraded, { dialect, pongs }: SocketOptions) {
    super()
    this.#socket = socket
    this.head = head
    this.upgradeMs = tookMs
    this.dialect = dialect
    const reader = new WsFrameReader({
      onText: text => { this.#onText(text) },
      onBinary: bytes => { this.arrivals.add({ kind: 'audio', atMs: performance.now(), bytes, ...unpack(dialect, bytes) }) },
      onPing: payload => {
        this.arrivals.add({ kind: 'ping', atMs: performance.now() })
        if (pongs) this.sendFrame(OP_PONG, payload)
      },
      onClose: code => { this.arrivals.add({ kind: 'close', atMs: performance.now(), code }) }
    })
    let hasEnded = false
    const end = (): void => {
      if (!hasEnded) this.arrivals.add({ kind: 'end', atMs: performance.now() })
      hasEnded = true
    }
    socket.on('data', chunk => { this.#scan.push(chunk); reader.push(chunk) })
    socket.on('end', end).on('close', end)
    if (rest.length > 0) socket.unshift(rest)
    socket.resume()
  }

  override sendText (text: string): void { this.sendFrame(OP_TEXT, Buffer.from(text)) }
  override sendPacket (packet: Buffer, timestamp = 0): void { this.sendFrame(OP_BINARY, pack(this.dialect, packet, timestamp)) }
  override drop (): void { this.#socket.destroy() }

  sendFrame (opcode: number, payload: Uint8Array): void { this.sendBytes(writeFrame(opcode, payload)) }
  sendBytes (bytes: Uint8Array): void { if (this.#socket.writable) this.#socket.write(bytes) }
  /** FIN, with nothing before it. */
  hangUp (): void { this.#socket.end() }
  /** As a device whose Wi-Fi stalls: nothing is read. */
  stall (): void { this.#socket.pause() }
  resume (): void { this.#socket.resume() }

  /** Pongs are not recorded: no case but one has to do with them. */
  waitForPong (withinMs: number): Promise<boolean> {
    return new Promise(resolve => {
      const timer = setTimeout(() => { resolve(false) }, withinMs)
      this.#scan.onPong = () => { clearTimeout(timer); resolve(true) }
    })
  }

  #onText (text: string): void {
    const json = parseObject(text)
    this.arrivals.add({ kind: 'text', atMs: performance.now(), text, json })
    if (json !== undefined) this.onJson?.(json)
  }
}

/** Looks at the headers alone, for what no reader of messages tells. */
class HeaderScan {
  onPong: () => void = () => {}
  readonly #report: (what: string) => void
  #rest: Buffer = Buffer.alloc(0)
  #skip = 0

  constructor (report: (what: string) => void) {
    this.#report = report
  }

  push (chunk: Buffer): void {
    const skipped = Math.min(this.#skip, chunk.length)
    this.#skip -= skipped
    let data = Buffer.concat([this.#rest, chunk.subarray(skipped)])
    while (data.length >= 2) {
      const short = data[1]! & 127
      const header = short < 126 ? 2 : short === 126 ? 4 : 10
      if (data.length < header) break
      const length = short < 126 ? short : short === 126 ? data.readUInt16BE(2) : Number(data.readBigUInt64BE(2))
      if ((data[0]! & RESERVED) !== 0) this.#report('a frame with reserved bits set, as compressed ones have')
      if ((data[0]! & 15) === OP_PONG) this.onPong()
      if ((data[1]! & MASKED) !== 0) this.#report('a masked frame')
      const end = header + length
      this.#skip = Math.max(0, end - data.length)
      data = data.subarray(Math.min(end, data.length))
    }
    this.#rest = data
  }
}
