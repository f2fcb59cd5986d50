import { connect, type Socket } from 'node:net'
import { OP_PONG, OP_TEXT, writeFrame } from '../../tools/simulator/ws-frames.js'

/** News of one connection. Nothing is told after `onClosed`. */
export interface LinkEvents {
  /** The upgrade was granted. */
  onOpen (): void
  onText (text: string): void
  /** An audio packet came; what is in it nobody here wants to know. */
  onFrame (): void
  onClosed (reason: string): void
}

/** How bytes pass; see `ImpairedPath`. */
export interface Path {
  /** Calls `pass` now or later, in order. */
  carry (pass: () => void): void
}

// Reads are synchronous on one thread, so that all sockets may share a buffer.
const inbox = Buffer.alloc(65_536)
const PONG = writeFrame(OP_PONG, new Uint8Array(0))
const OP_CLOSE = 8
const OP_PING = 9

/**
 * A device's WebSocket that costs next to nothing: frames are made beforehand, what comes is
 * counted where it lies. Some ten thousand of them fit into a process.
 */
export class WsLink {
  readonly #socket: Socket
  readonly #events: LinkEvents
  readonly #up: Path | undefined
  readonly #down: Path | undefined
  #head = ''
  #isUpgraded = false
  #isOver = false
  #rest: Buffer | undefined

  /** @param paths through which bytes go; without them at once */
  constructor (port: number, deviceId: string, events: LinkEvents, paths?: { readonly up: Path, readonly down: Path }) {
    this.#events = events
    this.#up = paths?.up
    this.#down = paths?.down
    this.#socket = connect({
      port, host: '127.0.0.1', noDelay: true,
      onread: { buffer: inbox, callback: (bytes: number) => { this.#take(bytes); return true } }
    })
    this.#socket.on('error', error => { this.#end(error.message.replace(/ 127.*$/, '')) })
    this.#socket.on('close', () => { this.#end('the connection was closed') })
    this.#socket.write(
      `GET /xiaozhi/v1/ HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nProtocol-Version: 1\r\n' +
      `Device-Id: ${deviceId}\r\nClient-Id: 00000000-0000-4000-8000-${deviceId.replaceAll(':', '').padStart(12, '0')}\r\n\r\n`
    )
  }

  /** @param frame a whole WebSocket frame */
  send (frame: Buffer): void {
    if (this.#isOver) return
    if (this.#up === undefined) this.#socket.write(frame)
    else this.#up.carry(() => { if (!this.#isOver) this.#socket.write(frame) })
  }

  sendText (text: string): void { this.send(writeFrame(OP_TEXT, Buffer.from(text))) }

  /** The connection ends, and the other side hears of it. */
  destroy (): void {
    this.#isOver = true
    this.#socket.destroy()
  }

  /** As when the radio goes: nobody is told, nothing is read. `destroy` it later. */
  abandon (): void {
    this.#isOver = true
    this.#socket.pause()
  }

  #end (reason: string): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#socket.destroy()
    this.#events.onClosed(reason)
  }

  #take (bytes: number): void {
    if (this.#isOver) return
    if (this.#down === undefined) { this.#read(inbox.subarray(0, bytes)); return }
    const copy = Buffer.from(inbox.subarray(0, bytes))
    this.#down.carry(() => { if (!this.#isOver) this.#read(copy) })
  }

  #read (chunk: Buffer): void {
    let data = this.#rest === undefined ? chunk : Buffer.concat([this.#rest, chunk])
    this.#rest = undefined
    if (!this.#isUpgraded) {
      const after = this.#readHead(data)
      if (after === undefined) return
      data = after
    }
    let at = 0
    while (!this.#isOver) {
      const used = this.#readFrame(data, at)
      if (used === 0) break
      at += used
    }
    if (at < data.length) this.#rest = Buffer.from(data.subarray(at))
  }

  /** @returns what follows the answer to the upgrade */
  #readHead (data: Buffer): Buffer | undefined {
    this.#head += data.toString('latin1')
    const end = this.#head.indexOf('\r\n\r\n')
    if (end < 0) return undefined
    if (!this.#head.startsWith('HTTP/1.1 101')) {
      this.#end(`the server said ${this.#head.slice(0, this.#head.indexOf('\r\n'))}`)
      return undefined
    }
    this.#isUpgraded = true
    const rest = Buffer.from(this.#head.slice(end + 4), 'latin1')
    this.#head = ''
    this.#events.onOpen()
    return rest
  }

  /** The server neither masks nor fragments. @returns the bytes used; 0 without a whole frame */
  #readFrame (data: Buffer, at: number): number {
    const available = data.length - at
    if (available < 2) return 0
    let length = data[at + 1]! & 127
    let headerBytes = 2
    if (length === 126) {
      if (available < 4) return 0
      length = data.readUInt16BE(at + 2)
      headerBytes = 4
    } else if (length === 127) {
      if (available < 10) return 0
      length = Number(data.readBigUInt64BE(at + 2))
      headerBytes = 10
    }
    if (available < headerBytes + length) return 0
    const opcode = data[at]! & 15
    if (opcode === 2) this.#events.onFrame()
    else if (opcode === 1) this.#events.onText(data.toString('utf8', at + headerBytes, at + headerBytes + length))
    else if (opcode === OP_PING) this.send(PONG)
    else if (opcode === OP_CLOSE) this.#end(`the server closed with ${length >= 2 ? data.readUInt16BE(at + headerBytes) : 'no code'}`)
    return headerBytes + length
  }
}
