import { STATUS_CODES } from 'node:http'
import { LISTEN_EXCLUSIVE_PORT, loadUws, type UwsRequest, type UwsResponse, type UwsSocket } from '../../native-bindings/uws.js'
import { ChorusError, describeError } from '../core/errors.js'
import type { SendResult } from '../session/ports.js'
import { GREETING, INTERNAL_ERROR, type Connection, type ConnectionEvents, type Transport, type TransportOptions, type UpgradeAnswer, type UpgradeRequest } from './transport.js'

// What `send` returns.
const QUEUED = 0
const SENT = 1

/** Reason that uWebSockets.js gives where a message is longer than allowed. */
const TOO_BIG = 'Received too big message'
// RFC 6455, 7.4.1: no Close frame came.
const ABNORMAL = 1006

interface UserData {
  readonly create: (connection: Connection) => ConnectionEvents
  connection: UwsConnection | undefined
  events: ConnectionEvents | undefined
}

/**
 * The WebSocket port on uWebSockets.js.
 * @throws CHORUS_UWS_MISSING, CHORUS_PORT_TAKEN
 */
export async function listenUws (options: TransportOptions): Promise<Transport> {
  const uws = load()
  const app = uws.App()
  app.ws('/*', {
    compression: 0, // the device mis-reads compressed frames
    maxPayloadLength: options.maxMessageBytes,
    idleTimeout: 0, // sessions have their own rules, and pings break some firmware
    maxBackpressure: options.backpressureBytes,
    closeOnBackpressureLimit: true,
    sendPingsAutomatically: false,
    upgrade: (response, request, context) => { upgrade(options, response, request, context) },
    open: socket => {
      const data = socket.getUserData() as UserData
      openSockets.add(socket)
      data.connection = new UwsConnection(socket, () => { options.onFault('slowReaders') })
      data.events = data.create(data.connection)
    },
    message: (socket, message, isBinary) => {
      const { events } = socket.getUserData() as UserData
      if (isBinary) events?.onBinary(new Uint8Array(message))
      else events?.onText(Buffer.from(message).toString())
    },
    drain: socket => { (socket.getUserData() as UserData).events?.onDrain() },
    close: (socket, code, reason) => {
      if (code === ABNORMAL && reason.byteLength > 0) options.onFault(Buffer.from(reason).toString() === TOO_BIG ? 'oversizeMessages' : 'brokenMessages')
      const data = socket.getUserData() as UserData
      openSockets.delete(socket)
      data.connection?.markClosed()
      data.events?.onClosed()
    }
  })
  app.get('/*', response => { response.end(GREETING) })
  const listenSocket = await new Promise<unknown>(resolve => { app.listen(options.host, options.port, LISTEN_EXCLUSIVE_PORT, resolve) })
  if (listenSocket === false) throw new ChorusError('CHORUS_PORT_TAKEN', [options.host, options.port, 'in use or not allowed', '--gateway.port'])
  let isListening = true
  return {
    name: 'uws',
    seesHandshakes: false,
    port: uws.us_socket_local_port(listenSocket),
    close: () => {
      if (isListening) uws.us_listen_socket_close(listenSocket) // a second time would free it twice
      isListening = false
      return Promise.resolve()
    }
  }
}

function load (): ReturnType<typeof loadUws> {
  try {
    return loadUws()
  } catch (error) {
    throw new ChorusError('CHORUS_UWS_MISSING', [describeError(error)], { cause: error })
  }
}

// The request is gone when this returns, so all that is needed of it is read here.
function upgrade (options: TransportOptions, response: UwsResponse, request: UwsRequest, context: unknown): void {
  const view: UpgradeRequest = {
    path: request.getUrl(),
    query: request.getQuery() ?? '',
    address: Buffer.from(response.getRemoteAddressAsText()).toString(),
    header: name => request.getHeader(name)
  }
  const key = request.getHeader('sec-websocket-key')
  const finish = (answer: UpgradeAnswer): void => {
    if (typeof answer === 'number') {
      response.writeStatus(`${answer} ${STATUS_CODES[answer] ?? ''}`).end('', true)
      return
    }
    const data: UserData = { create: answer, connection: undefined, events: undefined }
    // No sub-protocol and no extension, whatever was offered: firmware knows neither.
    response.upgrade(data, key, '', '', context)
  }
  const answer = options.accept(view)
  if (answer instanceof Promise) finishLater(response, answer, finish)
  else finish(answer)
}

// A response whose device has left throws at every call.
function finishLater (response: UwsResponse, answer: Promise<UpgradeAnswer>, finish: (answer: UpgradeAnswer) => void): void {
  let isGone = false
  response.onAborted(() => { isGone = true })
  const finishCorked = (decided: UpgradeAnswer): void => {
    if (isGone) return
    if (typeof decided === 'number') response.cork(() => { finish(decided) })
    else finishUncorked(response, () => { finish(decided) })
  }
  answer.then(finishCorked, () => { finishCorked(INTERNAL_ERROR) })
}

/** Any open socket; it lends its cork. */
const openSockets = new Set<UwsSocket>()

// After the callback of `cork` a response is taken for one still where the upgrade left it in its
// place in memory, and is then closed now and then, by bits that are no longer its own
// (uNetworking/uWebSockets#1929). While another socket holds the cork it only runs the callback.
// With no other socket there is no cork, and a line on stderr that one would be faster.
function finishUncorked (response: UwsResponse, upgradeNow: () => void): void {
  const [lender] = openSockets
  if (lender === undefined) upgradeNow()
  else lender.cork(() => { response.cork(upgradeNow) })
}

class UwsConnection implements Connection {
  readonly #socket: UwsSocket
  readonly #onCutOff: () => void
  #isClosed = false
  #isCutOff = false

  constructor (socket: UwsSocket, onCutOff: () => void) {
    this.#socket = socket
    this.#onCutOff = onCutOff
  }

  sendText (text: string): SendResult { return this.#send(text, false) }
  sendBinary (message: Uint8Array): SendResult { return this.#send(message, true) }

  close (code: number, reason: string): void {
    if (this.#isClosed) return
    this.#socket.end(code, reason) // flushes, sends Close and FIN; the close handler runs at once
  }

  /** A socket that is gone throws at every call. */
  markClosed (): void { this.#isClosed = true }

  #send (message: string | Uint8Array, isBinary: boolean): SendResult {
    if (this.#isClosed) return 'dropped'
    const result = this.#socket.send(message, isBinary, false)
    if (result === SENT) return 'sent'
    if (result === QUEUED) return 'queued'
    if (!this.#isCutOff) this.#onCutOff() // the limit is the one reason to drop what an open socket is given
    this.#isCutOff = true
    return 'dropped'
  }
}
