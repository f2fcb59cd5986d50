import net from 'node:net'

import { parseObject } from '../../simulator/network-task.js'
import type { JsonObject } from '../../simulator/types.js'
import { WsTransport } from '../../simulator/ws-transport.js'
import { OP_BINARY, OP_CLOSE, OP_TEXT, WsFrameReader } from '../../simulator/ws-frames.js'

export type Message =
  | { readonly kind: 'text', readonly json: JsonObject, readonly text: string }
  | { readonly kind: 'audio', readonly data: Buffer }

/** What a fault may do towards the device. */
export interface Out {
  text (json: JsonObject): void
  audio (data: Buffer): void
  frame (opcode: number, payload: Buffer, reserved?: number): void
  later (ms: number, action: () => void): void
}

/** One connection with a fault in it; what it has no method for is passed on as it is. */
export interface Fault {
  toDevice? (message: Message, out: Out): void
  /** @returns what the server is to get of it; undefined: nothing */
  toServer? (message: Message, out: Out): Message | undefined
  /** Before the server has been reached. */
  onOpen? (out: Out): void
  /** The server has closed. @returns whether the device shall learn of it */
  onClose? (): boolean
}

/** Stands between devices and a server, and breaks one rule. */
export class FaultyProxy {
  readonly #server: net.Server
  readonly #sockets = new Set<net.Socket>()

  static async start (url: string, make: () => Fault, headOf?: (head: string) => string): Promise<FaultyProxy> {
    const proxy = new FaultyProxy(url, make, headOf ?? (head => head))
    await new Promise<void>((resolve, reject) => { proxy.#server.once('error', reject).listen(0, '127.0.0.1', resolve) })
    return proxy
  }

  constructor (url: string, make: () => Fault, headOf: (head: string) => string) {
    this.#server = net.createServer(socket => {
      this.#sockets.add(socket)
      socket.on('error', () => {}).on('close', () => { this.#sockets.delete(socket) })
      readRequest(socket).then(request => relay(socket, request, url, make(), headOf)).catch(() => { socket.destroy() })
    })
  }

  get url (): string { return `ws://127.0.0.1:${(this.#server.address() as net.AddressInfo).port}/xiaozhi/v1/` }

  async close (): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise<void>(resolve => { this.#server.close(() => { resolve() }) })
  }
}

interface Request { readonly query: string, readonly headers: Readonly<Record<string, string>>, readonly rest: Buffer }

async function relay (socket: net.Socket, request: Request, url: string, fault: Fault, headOf: (head: string) => string): Promise<void> {
  const write = (opcode: number, payload: Buffer, reserved = 0): void => {
    if (socket.writable) socket.write(serverFrame(opcode, payload, reserved))
  }
  const out: Out = {
    text: json => { write(OP_TEXT, Buffer.from(JSON.stringify(json))) },
    audio: data => { write(OP_BINARY, data) },
    frame: write,
    later: (ms, action) => { setTimeout(action, ms).unref() }
  }
  const take = (message: Message): void => {
    if (fault.toDevice !== undefined) fault.toDevice(message, out)
    else pass(message, out)
  }
  const { upgrade: _upgrade, host: _host, connection: _connection, ...headers } = request.headers
  const transport = await WsTransport.open({
    url: url + request.query,
    headers: Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith('sec-'))),
    version: 1, upgradeTimeoutMs: 10_000, pongs: true, allowSelfSigned: true
  }, {
    onText: text => { take({ kind: 'text', text, json: parseObject(text) ?? {} }) },
    onBinary: data => { take({ kind: 'audio', data }) },
    onDisconnected: code => {
      if (fault.onClose?.() === false) return
      write(OP_CLOSE, Buffer.of(code >> 8, code & 255))
      socket.end()
    }
  })
  socket.write(headOf('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n') + '\r\n')
  fault.onOpen?.(out)
  const forward = (message: Message): void => {
    const kept = fault.toServer === undefined ? message : fault.toServer(message, out)
    if (kept?.kind === 'text') transport.sendText(kept.text)
    else if (kept?.kind === 'audio') transport.sendBinary(kept.data)
  }
  const reader = new WsFrameReader({
    onText: text => { forward({ kind: 'text', text, json: parseObject(text) ?? {} }) },
    onBinary: data => { forward({ kind: 'audio', data }) },
    onPing: payload => { write(10, payload) },
    onClose: () => { transport.drop() }
  })
  socket.on('data', (chunk: Buffer) => { reader.push(chunk) }).on('close', () => { transport.drop() })
  if (request.rest.length > 0) reader.push(request.rest)
}

export function pass (message: Message, out: Out): void {
  if (message.kind === 'audio') out.audio(message.data)
  else out.frame(OP_TEXT, Buffer.from(message.text))
}

function readRequest (socket: net.Socket): Promise<Request> {
  return new Promise((resolve, reject) => {
    let bytes = Buffer.alloc(0)
    const onData = (chunk: Buffer): void => {
      bytes = Buffer.concat([bytes, chunk])
      const end = bytes.indexOf('\r\n\r\n')
      if (end < 0) return
      socket.off('data', onData)
      const [first = '', ...lines] = bytes.toString('latin1', 0, end).split('\r\n')
      const query = /\?\S*/.exec(first)?.[0] ?? ''
      const headers = Object.fromEntries(lines.map(line => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]))
      resolve({ query, headers, rest: bytes.subarray(end + 4) })
    }
    socket.on('data', onData).once('close', () => { reject(new Error('closed')) })
  })
}

function serverFrame (opcode: number, payload: Buffer, reserved: number): Buffer {
  const { length } = payload
  const header = Buffer.alloc(length < 126 ? 2 : length < 65536 ? 4 : 10)
  header[0] = 0x80 | reserved | opcode
  header[1] = length < 126 ? length : length < 65536 ? 126 : 127
  if (header.length === 4) header.writeUInt16BE(length, 2)
  if (header.length === 10) header.writeBigUInt64BE(BigInt(length), 2)
  return Buffer.concat([header, payload])
}
