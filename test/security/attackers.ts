import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { RawDevice } from '../gateway/raw-device.js'

/** Whoever comes from here is whoever X-Forwarded-For says. */
export const PROXY = '127.0.0.3'
export const WS_PATH = '/xiaozhi/v1/'

const PATIENCE_MS = 20_000
/** How many connect at once: the queue of a listening socket is short. */
const WAVE = 100

/** A connection that sends whatever bytes it likes. */
export async function openSocket (port: number, localAddress = '127.0.0.1'): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', localAddress })
  socket.on('error', () => {}) // being reset is what attackers expect
  await once(socket, 'connect')
  return socket
}

/** So many connections, each of which says this and nothing else. */
export async function openSockets (count: number, port: number, words: (index: number) => string, from?: string): Promise<Socket[]> {
  const sockets: Socket[] = []
  while (sockets.length < count) {
    const wave = Array.from({ length: Math.min(WAVE, count - sockets.length) }, () => openSocket(port, from))
    for (const socket of await Promise.all(wave)) {
      socket.resume()
      const said = words(sockets.length)
      if (said !== '') socket.write(said)
      sockets.push(socket)
    }
  }
  return sockets
}

/** Sends bytes, and resolves with all that the server says until it ends the connection. */
export async function answerTo (port: number, bytes: string | Buffer, localAddress?: string): Promise<string> {
  const socket = await openSocket(port, localAddress)
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => { chunks.push(chunk) })
  socket.write(bytes)
  await closed(socket)
  return Buffer.concat(chunks).toString('latin1')
}

/** @throws when the server keeps the connection */
export async function closed (socket: Socket, withinMs = PATIENCE_MS): Promise<void> {
  socket.resume() // what is not read hides the end
  if (socket.closed) return
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => { reject(new Error('the server keeps the connection')) }, withinMs)
    socket.once('close', () => { clearTimeout(timer); resolve() }) // a reset is an end, too
  })
}

let strangers = 0

/** An address of the internet that nobody had before. */
export function freshAddress (): string {
  strangers++
  return `198.18.${strangers >> 8}.${strangers & 255}`
}

/** Asks for an upgrade from the internet, as whom the headers say; resolves with the status. */
export async function knock (port: number, headers: Readonly<Record<string, string>>, address = freshAddress()): Promise<number> {
  const request = RawDevice.request(WS_PATH, { ...headers, 'X-Forwarded-For': address })
  const socket = await openSocket(port, PROXY)
  socket.write(Buffer.from(request, 'utf8'))
  const [head] = await once(socket, 'data', { signal: AbortSignal.timeout(PATIENCE_MS) }) as [Buffer]
  socket.destroy()
  return Number(/^HTTP\/1\.1 (\d{3})/.exec(head.toString())?.[1] ?? 0)
}

/** Asks until the answer is yes. @throws when it stays no */
export async function until (what: string, isSo: () => Promise<boolean>, withinMs = PATIENCE_MS): Promise<void> {
  const deadline = performance.now() + withinMs
  while (!await isSo()) {
    if (performance.now() > deadline) throw new Error(`never came true: ${what}`)
    await new Promise(resolve => { setTimeout(resolve, 100) })
  }
}
