import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { ClientAddresses } from '../core/client-address.js'
import type { Config } from '../core/config-schema.js'
import { ChorusError, describeError } from '../core/errors.js'
import { refuseRequest } from '../core/http-fault.js'
import { busyAnswer, sendAnswer, textAnswer } from './answer.js'
import type { WebCounts } from './web-counts.js'
import type { WebRoutes } from './web-routes.js'

export interface WebServerParts {
  readonly config: Config['http']
  readonly addresses: ClientAddresses
  readonly routes: WebRoutes
  readonly counts: WebCounts
  readonly warn: (what: string, why: string) => void
}

/** How often Node looks for requests that take too long. */
const CHECK_EVERY_MS = 1000

/** Port 8003: every answer has a length, closes its connection, and is no redirect. */
export class WebServer {
  readonly #parts: WebServerParts
  readonly #server: Server
  readonly #perAddress = new Map<string, number>()
  readonly #excess = new WeakSet<Socket>()

  constructor (parts: WebServerParts) {
    const { maxHeaderBytes, headerTimeoutMs, requestTimeoutMs, idleTimeoutMs, maxConnections } = parts.config
    this.#parts = parts
    this.#server = createServer({
      maxHeaderSize: maxHeaderBytes,
      headersTimeout: Math.min(headerTimeoutMs, requestTimeoutMs),
      requestTimeout: requestTimeoutMs,
      connectionsCheckingInterval: CHECK_EVERY_MS
    }, (request, response) => { void this.#handle(request, response) })
    this.#server.maxConnections = maxConnections
    this.#server.setTimeout(idleTimeoutMs, socket => {
      parts.counts.count('stalledConnections')
      socket.destroy()
    })
    this.#server.on('connection', (socket: Socket) => { this.#onSocket(socket) })
    this.#server.on('drop', () => { parts.counts.count('refusedConnections') })
    this.#server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
      refuseRequest(error, socket, fault => { parts.counts.count(fault) })
    })
  }

  /**
   * @returns the port
   * @throws CHORUS_PORT_TAKEN
   */
  async listen (): Promise<number> {
    const { host, port } = this.#parts.config
    try {
      await new Promise<void>((resolve, reject) => { this.#server.once('error', reject).listen({ host, port, exclusive: true }, resolve) })
    } catch (error) {
      throw new ChorusError('CHORUS_PORT_TAKEN', [host, port, describeError(error), '--http.port'], { cause: error })
    }
    return (this.#server.address() as AddressInfo).port
  }

  /** Ends what is still running. */
  close (): Promise<void> {
    return new Promise(resolve => {
      this.#server.close(() => { resolve() })
      this.#server.closeAllConnections()
    })
  }

  async #handle (request: IncomingMessage, response: ServerResponse): Promise<void> {
    request.on('error', () => {}) // its reader is told, or there is none
    response.on('error', () => {})
    if (this.#excess.has(request.socket)) { sendAnswer(response, busyAnswer('too many connections from this address')); return }
    try {
      const outcome = await this.#parts.routes.answer(request, response)
      if (outcome !== 'sent') sendAnswer(response, outcome)
    } catch (error) {
      if (request.destroyed && !request.complete) return // the client went
      const isLate = error instanceof ChorusError && error.retry
      this.#parts.warn('a request failed', describeError(error))
      sendAnswer(response, isLate ? busyAnswer('the server did not know in time') : textAnswer(500, 'request error.\n'))
    }
  }

  #onSocket (socket: Socket): void {
    const address = socket.remoteAddress ?? ''
    if (this.#parts.addresses.isTrusted(address)) return
    const count = (this.#perAddress.get(address) ?? 0) + 1
    this.#perAddress.set(address, count)
    socket.once('close', () => {
      const left = (this.#perAddress.get(address) ?? 1) - 1
      if (left === 0) this.#perAddress.delete(address)
      else this.#perAddress.set(address, left)
    })
    const { maxConnectionsPerAddress } = this.#parts.config
    if (count <= maxConnectionsPerAddress) return
    this.#parts.counts.count('refusedConnections')
    this.#excess.add(socket)
    // Beyond that nobody listens any more: a socket that waits for a request costs, too.
    if (count > 2 * maxConnectionsPerAddress) socket.destroy()
  }
}
