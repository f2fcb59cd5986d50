import { WebSocket, type RawData } from 'ws'
import type { Faults } from './faults.js'
import { CONNECT_TIMEOUT_MS, messageIn } from './http-connection.js'

export interface SocketOptions {
  readonly headers?: Readonly<Record<string, string>>
  readonly protocols?: readonly string[]
  /** Closes the socket at once when it aborts. */
  readonly signal: AbortSignal
  readonly connectTimeoutMs?: number
  /** Hears the headers of an answer that is no upgrade. */
  readonly onRefusal?: (headers: Readonly<Record<string, unknown>>) => void
}

export type SocketMessage = string | Buffer

/** Messages that wait for whoever reads them; with more the vendor is made to wait. */
const MOST_WAITING = 64
const MOST_MESSAGE_BYTES = 16_777_216
/** What a refusal says beyond its status is read up to here. */
const MOST_REFUSAL_BYTES = 4096

/**
 * A WebSocket to a vendor: messages come in order, and as fast as they are read; what goes wrong is
 * a ChorusError. Once closed by us, or by the signal, it ends without one.
 */
export class SocketConnection implements AsyncDisposable {
  readonly #socket: WebSocket
  readonly #faults: Faults
  readonly #signal: AbortSignal
  readonly #messages: SocketMessage[] = []
  readonly #onAbort = (): void => { this.#leave() }
  #wake: (() => void) | undefined
  #end: 'open' | 'left' | 'closed' | Error = 'open'
  #closeReason = ''

  /** @param socket that is being opened; see `open` */
  constructor (socket: WebSocket, faults: Faults, signal: AbortSignal) {
    this.#socket = socket
    this.#faults = faults
    this.#signal = signal
    socket.on('message', (data, isBinary) => { this.#onMessage(data, isBinary) })
    socket.on('error', error => { this.#finish(faults.broken(error.message, error)) })
    socket.on('close', (code, reason) => {
      this.#closeReason = `closed with ${code}${reason.length === 0 ? '' : ` ${reason.toString()}`}`
      this.#finish('closed')
    })
    signal.addEventListener('abort', this.#onAbort, { once: true })
  }

  /**
   * @throws CHORUS_PROVIDER_REFUSED with the status of an answer that is no upgrade,
   * CHORUS_PROVIDER_BROKEN, CHORUS_PROVIDER_TIMEOUT; the signal's reason when that aborts
   */
  static async open (faults: Faults, address: string, options: SocketOptions): Promise<SocketConnection> {
    const { headers = {}, protocols = [], signal, connectTimeoutMs = CONNECT_TIMEOUT_MS } = options
    if (signal.aborted) throw signal.reason
    const socket = new WebSocket(address, [...protocols], { headers, maxPayload: MOST_MESSAGE_BYTES, perMessageDeflate: false })
    if (options.onRefusal !== undefined) socket.once('unexpected-response', (_request, { headers }) => { options.onRefusal?.(headers) })
    const connection = new SocketConnection(socket, faults, signal) // hears what comes with the handshake
    try {
      await whenOpen(socket, faults, signal, connectTimeoutMs)
      return connection
    } catch (error) {
      connection.close()
      throw error
    }
  }

  get isOpen (): boolean { return this.#end === 'open' && this.#socket.readyState === WebSocket.OPEN }
  /** Has something come that nobody has read? */
  get hasMessage (): boolean { return this.#messages.length > 0 }
  /** Bytes that were sent and that the vendor has not taken yet. */
  get unsentBytes (): number { return this.#socket.bufferedAmount }

  /** @throws CHORUS_PROVIDER_BROKEN when the vendor has gone */
  send (message: string | Uint8Array): void {
    if (this.#end === 'left') return
    if (this.#end !== 'open') throw this.#reason()
    this.#socket.send(message)
  }

  /**
   * The next message; undefined once it was closed from here.
   * @throws CHORUS_PROVIDER_BROKEN when the vendor has gone
   */
  async next (): Promise<SocketMessage | undefined> {
    for (;;) {
      if (this.#end === 'left') return undefined
      const message = this.#messages.shift()
      if (message !== undefined) {
        if (this.#messages.length < MOST_WAITING / 2 && this.#socket.isPaused) this.#socket.resume()
        return message
      }
      if (this.#end !== 'open') throw this.#reason()
      await new Promise<void>(resolve => { this.#wake = resolve })
    }
  }

  /** At once: what the vendor still says is not wanted any more. */
  close (): void { this.#leave() }

  [Symbol.asyncDispose] (): Promise<void> {
    this.#leave()
    return Promise.resolve()
  }

  #leave (): void {
    this.#finish('left')
    this.#messages.length = 0
    this.#socket.terminate()
  }

  #onMessage (data: RawData, isBinary: boolean): void {
    if (this.#end !== 'open') return
    const bytes = Array.isArray(data) ? Buffer.concat(data) : Buffer.isBuffer(data) ? data : Buffer.from(data)
    this.#messages.push(isBinary ? bytes : bytes.toString('utf8'))
    if (this.#messages.length >= MOST_WAITING) this.#socket.pause()
    this.#stir()
  }

  #finish (end: 'left' | 'closed' | Error): void {
    if (this.#end === 'open' || end === 'left') this.#end = end
    this.#signal.removeEventListener('abort', this.#onAbort)
    this.#stir()
  }

  #stir (): void {
    const wake = this.#wake
    this.#wake = undefined
    wake?.()
  }

  #reason (): Error { return this.#end instanceof Error ? this.#end : this.#faults.broken(this.#closeReason) }
}

async function whenOpen (socket: WebSocket, faults: Faults, signal: AbortSignal, timeoutMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  let onAbort: (() => void) | undefined
  try {
    await new Promise<void>((resolve, reject) => {
      timer = setTimeout(() => { reject(faults.timeout(timeoutMs)) }, timeoutMs)
      onAbort = () => { reject(signal.reason as Error) }
      signal.addEventListener('abort', onAbort, { once: true })
      socket.once('open', resolve)
      socket.once('error', error => { reject(faults.broken(error.message, error)) })
      socket.once('unexpected-response', (_request, response) => {
        let said = ''
        const tell = (): void => { reject(faults.refusal(response.statusCode ?? 0, messageIn(said))) }
        response.setEncoding('utf8').on('data', (text: string) => {
          said += text
          if (said.length > MOST_REFUSAL_BYTES) tell()
        }).once('end', tell).once('error', tell)
      })
    })
  } finally {
    clearTimeout(timer)
    if (onAbort !== undefined) signal.removeEventListener('abort', onAbort)
  }
}
