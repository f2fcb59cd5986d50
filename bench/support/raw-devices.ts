import { connect, type Socket } from 'node:net'
import { OP_BINARY, OP_TEXT, writeFrame } from '../../tools/simulator/ws-frames.js'

const HELLO = '{"type":"hello","version":1,"transport":"websocket","audio_params":{"format":"opus","sample_rate":16000,"channels":1,"frame_duration":60}}'
/** As many connections as may be opened at once; more would overflow the listen queue. */
const LANES = 64
const HELLO_PATIENCE_MS = 30_000

export const binaryFrame = (packet: Uint8Array): Buffer => writeFrame(OP_BINARY, packet)

/**
 * A device that costs next to nothing: a bare socket, frames made beforehand, nothing read but how
 * many bytes came. A thousand of them fit beside the server on one machine.
 */
export class RawConnection {
  readonly #socket: Socket
  isClosed = false

  constructor (socket: Socket) {
    this.#socket = socket
    socket.on('close', () => { this.isClosed = true })
    socket.on('error', () => { this.isClosed = true })
  }

  /** Bytes that the kernel would not take yet. */
  get pendingBytes (): number { return this.#socket.writableLength }

  sendText (text: string): void { this.#socket.write(writeFrame(OP_TEXT, Buffer.from(text))) }
  sendFrame (frame: Buffer): void { this.#socket.write(frame) }
  destroy (): void { this.#socket.destroy() }
}

/**
 * Opens `count` connections that have said hello and were answered.
 * @throws Error when one is refused or closed
 */
export async function openConnections (port: number, count: number, firstIndex = 0): Promise<RawConnection[]> {
  const connections: RawConnection[] = []
  let next = 0
  const lane = async (): Promise<void> => {
    while (next < count) connections.push(await openConnection(port, firstIndex + next++))
  }
  await Promise.all(Array.from({ length: Math.min(LANES, count) }, lane))
  return connections
}

function openConnection (port: number, index: number): Promise<RawConnection> {
  const deviceId = `02:00:00:${[index >> 16, index >> 8, index].map(byte => (byte & 255).toString(16).padStart(2, '0')).join(':')}`
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  const connection = new RawConnection(socket)
  socket.write(
    `GET /xiaozhi/v1/ HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
    `Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nProtocol-Version: 1\r\nDevice-Id: ${deviceId}\r\n\r\n`
  )
  return new Promise((resolve, reject) => {
    const fail = (why: string): void => { reject(new Error(`device ${index}: ${why}`)) }
    const timer = setTimeout(() => { fail('no hello from the server in time') }, HELLO_PATIENCE_MS)
    let head = ''
    const onData = (chunk: Buffer): void => {
      const wasUpgraded = head.includes('\r\n\r\n')
      head += chunk.toString('latin1')
      if (!head.includes('\r\n\r\n')) return
      if (!head.startsWith('HTTP/1.1 101')) { fail(`the server said ${head.split('\r\n')[0]}`); return }
      if (!wasUpgraded) connection.sendText(HELLO)
      if (!head.includes('"hello"')) return
      clearTimeout(timer)
      socket.off('data', onData)
      socket.resume() // what comes from here on is read and forgotten
      resolve(connection)
    }
    socket.on('data', onData)
    socket.once('error', error => { fail(error.message) })
    socket.once('close', () => { fail('the server closed the connection') })
  })
}
