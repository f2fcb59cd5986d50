import { randomBytes } from 'node:crypto'
import net from 'node:net'
import tls from 'node:tls'

import { parseDeviceUrl } from '../simulator/device-url.js'

export interface Upgraded {
  readonly socket: net.Socket
  readonly head: string
  readonly status: number
  /** What came in the same segments as the head. */
  readonly rest: Buffer
  readonly tookMs: number
}

const TIMEOUT_MS = 10_000

/** Sends the request of a device, names of headers as they are given, and returns any answer. */
export async function upgrade (address: string, headers: Readonly<Record<string, string>>, signal?: AbortSignal, connection = 'Upgrade'): Promise<Upgraded> {
  const url = parseDeviceUrl(address)
  const target = { host: url.host, port: url.port, allowHalfOpen: true }
  const socket = url.isSecure ? tls.connect({ ...target, servername: url.host, rejectUnauthorized: false }) : net.connect(target)
  const all = {
    ...headers,
    Connection: connection,
    'Sec-WebSocket-Key': randomBytes(16).toString('base64'),
    'Sec-WebSocket-Version': '13',
    Upgrade: 'websocket'
  }
  const lines = Object.entries(all).sort(([one], [other]) => one < other ? -1 : 1).map(([name, value]) => `${name}: ${value}\r\n`)
  const askedAt = performance.now()
  socket.on('error', () => {})
  signal?.addEventListener('abort', () => { socket.destroy() }, { once: true })
  socket.write(`GET ${url.path} HTTP/1.1\r\nHost: ${url.host}\r\n${lines.join('')}\r\n`)
  const bytes = await readHead(socket)
  const end = bytes.indexOf('\r\n\r\n')
  const head = bytes.toString('latin1', 0, end < 0 ? bytes.length : end)
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1] ?? 0)
  return { socket, head, status, rest: end < 0 ? Buffer.alloc(0) : bytes.subarray(end + 4), tookMs: performance.now() - askedAt }
}

function readHead (socket: net.Socket): Promise<Buffer> {
  return new Promise(resolve => {
    let bytes: Buffer = Buffer.alloc(0)
    const finish = (): void => {
      clearTimeout(timer)
      socket.off('data', onData).off('close', finish).off('end', finish)
      socket.pause()
      resolve(bytes)
    }
    const onData = (chunk: Buffer): void => {
      bytes = Buffer.concat([bytes, chunk])
      if (bytes.includes('\r\n\r\n')) finish()
    }
    const timer = setTimeout(finish, TIMEOUT_MS)
    socket.on('data', onData).on('close', finish).on('end', finish)
  })
}
