import { createServer, STATUS_CODES, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { WebSocketServer, type RawData, type WebSocket } from 'ws'
import { ChorusError, describeError } from '../core/errors.js'
import { refuseRequest } from '../core/http-fault.js'
import type { SendResult } from '../session/ports.js'
import { GREETING, INTERNAL_ERROR, type Connection, type ConnectionEvents, type Transport, type TransportOptions, type UpgradeAnswer, type UpgradeRequest } from './transport.js'
import type { WireFault } from './wire-counts.js'

/** How `ws` complains of a message that is longer than allowed, or than any. */
const TOO_BIG: ReadonlySet<string> = new Set(['WS_ERR_UNSUPPORTED_MESSAGE_LENGTH', 'WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH'])

/** How long a Close frame may take to leave before the connection is cut: no device answers it. */
const CLOSE_GRACE_MS = 500

// Node takes a minute of drip-fed headers by default, and looks at that twice a minute.
const slowHeaders = { headersTimeout: 10_000, requestTimeout: 10_000, connectionsCheckingInterval: 1000 }

/**
 * The WebSocket port on `ws`: where no uWebSockets.js binary loads, and for TLS.
 * @throws CHORUS_PORT_TAKEN
 */
export async function listenWs (options: TransportOptions): Promise<Transport> {
  const server = createServer(slowHeaders, (_request, response) => { response.end(GREETING) })
  // Not in the call: the types of ws do not know `closeTimeout` yet.
  const settings = {
    noServer: true,
    perMessageDeflate: false,
    handleProtocols: (): false => false, // by default ws agrees to the first sub-protocol offered
    maxPayload: options.maxMessageBytes,
    closeTimeout: CLOSE_GRACE_MS
  }
  const sockets = new WebSocketServer(settings)
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => { refuseRequest(error, socket, options.onFault) })
  server.on('upgrade', (request, socket, head) => { upgrade(options, sockets, request, socket, head) })
  await listen(server, options)
  return {
    name: 'ws',
    seesHandshakes: true,
    port: (server.address() as AddressInfo).port,
    close: () => new Promise<void>(resolve => {
      server.close(() => { resolve() })
      server.closeIdleConnections()
      // Upgraded sockets count as connections of the server; their owners close them.
      resolve()
    })
  }
}

async function listen (server: Server, { host, port }: TransportOptions): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => { server.once('error', reject).listen({ host, port, exclusive: true }, resolve) })
  } catch (error) {
    throw new ChorusError('CHORUS_PORT_TAKEN', [host, port, describeError(error), '--gateway.port'], { cause: error })
  }
}

function upgrade (options: TransportOptions, sockets: WebSocketServer, request: IncomingMessage, socket: Duplex, head: Buffer): void {
  const [path = '/', query = ''] = (request.url ?? '/').split('?', 2)
  const view: UpgradeRequest = {
    path,
    query,
    address: request.socket.remoteAddress ?? '',
    header: name => String(request.headers[name] ?? '')
  }
  socket.on('error', ignoreGone)
  const finish = (answer: UpgradeAnswer): void => {
    if (socket.destroyed || !socket.writable) return
    if (typeof answer === 'number') {
      socket.end(`HTTP/1.1 ${answer} ${STATUS_CODES[answer] ?? ''}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
      return
    }
    socket.off('error', ignoreGone)
    request.socket.setNoDelay(true)
    sockets.handleUpgrade(request, socket, head, webSocket => { serve(webSocket, answer, options) })
  }
  const answer = options.accept(view)
  if (answer instanceof Promise) answer.then(finish, () => { finish(INTERNAL_ERROR) })
  else finish(answer)
}

// A device may be gone before it is answered, and then there is nobody to tell.
function ignoreGone (): void {}

function serve (webSocket: WebSocket, create: (connection: Connection) => ConnectionEvents, options: TransportOptions): void {
  webSocket.binaryType = 'nodebuffer'
  const events = create(new WsConnection(webSocket, options, () => { events.onDrain() }))
  webSocket.on('message', (data: RawData, isBinary: boolean) => {
    if (isBinary) events.onBinary(data as Buffer)
    else events.onText((data as Buffer).toString())
  })
  webSocket.on('error', error => { // 'close' follows and tells the owner
    const fault = faultOf(error)
    if (fault !== undefined) options.onFault(fault)
  })
  webSocket.on('close', () => { events.onClosed() })
}

function faultOf ({ code = '' }: NodeJS.ErrnoException): WireFault | undefined {
  if (TOO_BIG.has(code)) return 'oversizeMessages'
  return code.startsWith('WS_ERR_') ? 'brokenMessages' : undefined
}

class WsConnection implements Connection {
  readonly #webSocket: WebSocket
  readonly #options: TransportOptions
  readonly #onDrain: () => void
  #isQueued = false

  constructor (webSocket: WebSocket, options: TransportOptions, onDrain: () => void) {
    this.#webSocket = webSocket
    this.#options = options
    this.#onDrain = onDrain
  }

  sendText (text: string): SendResult { return this.#send(text, false) }
  // `ws` keeps the memory until the kernel took it, and the caller uses it again at once.
  sendBinary (message: Uint8Array): SendResult { return this.#send(Buffer.from(message), true) }

  close (code: number, reason: string): void {
    this.#webSocket.close(code, reason)
  }

  #send (message: string | Buffer, isBinary: boolean): SendResult {
    if (this.#webSocket.readyState !== this.#webSocket.OPEN) return 'dropped'
    this.#webSocket.send(message, { binary: isBinary }, () => { this.#onWritten() })
    const waiting = this.#webSocket.bufferedAmount
    if (waiting > this.#options.backpressureBytes) {
      this.#options.onFault('slowReaders')
      this.#webSocket.terminate()
    }
    this.#isQueued = waiting > 0
    return this.#isQueued ? 'queued' : 'sent'
  }

  #onWritten (): void {
    if (!this.#isQueued || this.#webSocket.bufferedAmount > 0) return
    this.#isQueued = false
    this.#onDrain()
  }
}
