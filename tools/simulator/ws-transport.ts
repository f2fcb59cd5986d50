import { randomBytes } from 'node:crypto'
import net from 'node:net'
import tls from 'node:tls'

import type { DeviceTransport, TransportEvents } from './device-transport.js'
import { parseDeviceUrl, type DeviceUrl } from './device-url.js'
import { packFrame, unpackFrame, type DownlinkFrame } from './frame-codec.js'
import type { FrameVersion } from './types.js'
import { OP_BINARY, OP_CLOSE, OP_PONG, OP_TEXT, WsFrameReader, writeFrame } from './ws-frames.js'

export interface TransportOptions {
  readonly url: string
  readonly version: FrameVersion
  readonly headers: Readonly<Record<string, string>>
  readonly upgradeTimeoutMs: number
  readonly pongs: boolean
  readonly allowSelfSigned: boolean
}

const ABNORMAL_CLOSE = 1006
const NORMAL_CLOSE = 1000
const MAX_HEADER_BYTES = 16384

/**
 * The device's WebSocket client. It differs from a library's where servers notice: the request has
 * no `Origin`, no `User-Agent`, no extensions and no port in `Host`; only the status line of the
 * answer is looked at; a Close frame is not answered and leaves TCP open; hanging up sends no Close
 * frame; Nagle's algorithm stays on.
 */
export class WsTransport implements DeviceTransport {
  readonly #version: FrameVersion
  readonly #events: TransportEvents
  readonly #pongs: boolean
  readonly #socket: net.Socket
  #isConnected = true

  /** Resolves when the server switched protocols. @throws Error saying what it answered instead. */
  static async open (options: TransportOptions, events: TransportEvents): Promise<WsTransport> {
    const url = parseDeviceUrl(options.url)
    const socket = connect(url, options)
    try {
      const early = await upgrade(socket, url, options)
      return new WsTransport(socket, options, events, early)
    } catch (error) {
      socket.destroy()
      throw error
    }
  }

  constructor (socket: net.Socket, options: TransportOptions, events: TransportEvents, early: Buffer) {
    this.#socket = socket
    this.#version = options.version
    this.#events = events
    this.#pongs = options.pongs
    const reader = new WsFrameReader({
      onText: text => { if (this.#isConnected) events.onText(text) },
      onBinary: data => { if (this.#isConnected) events.onBinary(data) },
      onPing: payload => { if (this.#pongs) this.#write(OP_PONG, payload) },
      onClose: code => this.#disconnected(code)
    })
    socket.on('data', chunk => reader.push(chunk))
    socket.on('error', ignoreSocketError)
    socket.on('close', () => this.#disconnected(ABNORMAL_CLOSE))
    socket.on('end', () => this.#disconnected(ABNORMAL_CLOSE))
    // What came in one segment with the 101 is read like the rest, after the caller holds the
    // transport.
    if (early.length > 0) socket.unshift(early)
    socket.resume()
  }

  get isConnected (): boolean { return this.#isConnected }
  /** After the server's Close frame TCP stays open until the next conversation. */
  get isTcpOpen (): boolean { return !this.#socket.destroyed }

  sendText (text: string): boolean { return this.#write(OP_TEXT, Buffer.from(text)) }
  sendBinary (data: Uint8Array): boolean { return this.#write(OP_BINARY, data) }
  sendAudio (packet: Buffer, timestamp: number): boolean { return this.sendBinary(packFrame(this.#version, packet, timestamp)) }
  unpack (data: Buffer): DownlinkFrame | undefined { return unpackFrame(this.#version, data) }

  /** Hangs up as the firmware does: no Close frame, FIN. */
  drop (): void {
    this.#isConnected = false
    this.#socket.destroy()
  }

  /** Sends a Close frame first. No device does that; it is for tests of the server. */
  closePolitely (): void {
    const code = Buffer.alloc(2)
    code.writeUInt16BE(NORMAL_CLOSE)
    this.#write(OP_CLOSE, code)
    this.#isConnected = false
    this.#socket.end()
  }

  #write (opcode: number, payload: Uint8Array): boolean {
    if (!this.#isConnected || this.#socket.destroyed) return false
    this.#socket.write(writeFrame(opcode, payload))
    return true
  }

  #disconnected (code: number): void {
    if (!this.#isConnected) return
    this.#isConnected = false
    this.#events.onDisconnected(code)
  }
}

function connect (url: DeviceUrl, options: TransportOptions): net.Socket {
  // As on the device, names resolve to IPv4 only.
  const target: net.TcpNetConnectOpts = { host: url.host, port: url.port, family: 4 }
  if (!url.isSecure) return net.connect(target)
  const secure: tls.ConnectionOptions = { servername: url.host, rejectUnauthorized: !options.allowSelfSigned }
  return tls.connect({ ...target, ...secure })
}

/** Sends the request and waits for the header block; returns the bytes that followed it. */
function upgrade (socket: net.Socket, url: DeviceUrl, options: TransportOptions): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let received = Buffer.alloc(0)
    const finish = (outcome: () => void): void => {
      clearTimeout(timer)
      socket.off('data', onData)
      socket.off('error', onError)
      socket.off('close', onClose)
      socket.off('end', onClose)
      outcome()
    }
    const onData = (chunk: Buffer): void => {
      received = Buffer.concat([received, chunk])
      const end = received.indexOf('\r\n\r\n')
      if (end < 0 && received.length < MAX_HEADER_BYTES) return
      const head = received.toString('latin1', 0, end < 0 ? received.length : end)
      // Nothing may be read between here and the reader's own listener.
      socket.pause()
      if (end >= 0 && head.includes('HTTP/1.1 101')) finish(() => resolve(received.subarray(end + 4)))
      else finish(() => reject(new Error(`handshake failed: ${head.split('\r\n', 1)[0] ?? ''}`)))
    }
    const onError = (error: Error): void => finish(() => reject(error))
    const onClose = (): void => finish(() => reject(new Error('the server closed the connection before it answered')))
    const timer = setTimeout(() => finish(() => reject(new Error('timeout: no answer to the upgrade'))), options.upgradeTimeoutMs)
    socket.on('data', onData)
    socket.on('error', onError)
    socket.on('close', onClose)
    socket.on('end', onClose)
    socket.write(formatRequest(url, options.headers))
  })
}

function formatRequest (url: DeviceUrl, headers: Readonly<Record<string, string>>): string {
  const all: Record<string, string> = {
    ...headers,
    Connection: 'Upgrade',
    'Sec-WebSocket-Key': randomBytes(16).toString('base64'),
    'Sec-WebSocket-Version': '13',
    Upgrade: 'websocket'
  }
  const lines = Object.keys(all).sort().map(name => `${name}: ${all[name]!}\r\n`)
  return `GET ${url.path} HTTP/1.1\r\nHost: ${url.host}\r\n${lines.join('')}\r\n`
}

// The close that follows an error says all that the device needs to know.
function ignoreSocketError (_error: Error): void {}
