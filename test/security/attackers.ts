import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

const PATIENCE_MS = 20_000

/** A connection that sends whatever bytes it likes. */
export async function openSocket (port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1' })
  await once(socket, 'connect')
  socket.on('error', () => {}) // being reset is what attackers expect
  return socket
}

/** Sends bytes, and resolves with all that the server says until it ends the connection. */
export async function answerTo (port: number, bytes: string | Buffer): Promise<string> {
  const socket = await openSocket(port)
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => { chunks.push(chunk) })
  socket.write(bytes)
  await closed(socket)
  return Buffer.concat(chunks).toString('latin1')
}

/** @throws when the server keeps the connection */
export async function closed (socket: Socket): Promise<void> {
  socket.resume() // what is not read hides the end
  if (socket.closed) return
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => { reject(new Error('the server keeps the connection')) }, PATIENCE_MS)
    socket.once('close', () => { clearTimeout(timer); resolve() }) // a reset is an end, too
  })
}

/** Asks until the answer is yes. @throws when it stays no */
export async function until (what: string, isSo: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS
  while (!await isSo()) {
    if (performance.now() > deadline) throw new Error(`never came true: ${what}`)
    await new Promise(resolve => { setTimeout(resolve, 100) })
  }
}
