import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'

/** What the server does with the next request; the ones after it are answered well. */
export type Fault =
  | { readonly kind: 'cut', readonly after: number }
  /** As `cut`, but when `cut()` is called: what is cut at once may arrive as nothing at all. */
  | { readonly kind: 'hold', readonly after: number }
  | { readonly kind: 'status', readonly status: number }
  | { readonly kind: 'redirect', readonly to: string }
  /** Answers a range with another one. */
  | { readonly kind: 'wrong-range' }
  /** Accepts the connection and says nothing. */
  | { readonly kind: 'silent' }

export interface FileServerOptions {
  /** Of every path; where paths differ see `files`. */
  readonly body?: Buffer
  readonly knowsRanges?: boolean
  /** Without a length, in chunks. */
  readonly isChunked?: boolean
  /** Sent as its ETag, and compared with `If-Range`. */
  readonly etag?: string
}

/** A mirror on the loopback. */
export class FileServer {
  /** The `range` of each request, or an empty string. */
  readonly ranges: string[] = []
  readonly paths: string[] = []
  readonly faults: Fault[] = []
  /** By path; what is not here has `body`, or is not there. */
  readonly files = new Map<string, Buffer>()
  body: Buffer | undefined
  etag: string | undefined
  readonly #server: Server
  #held: ServerResponse | undefined
  #onRequest = (): void => {}
  readonly #knowsRanges: boolean
  readonly #isChunked: boolean

  constructor ({ body, knowsRanges = true, isChunked = false, etag }: FileServerOptions) {
    this.body = body
    this.etag = etag
    this.#knowsRanges = knowsRanges
    this.#isChunked = isChunked
    this.#server = createServer((request, response) => { this.#answer(request, response) })
  }

  static async start (t: TestContext, options: FileServerOptions): Promise<FileServer> {
    const server = new FileServer(options)
    await new Promise<void>(resolve => { server.#server.listen(0, '127.0.0.1', resolve) })
    t.after(() => {
      server.#server.close()
      server.#server.closeAllConnections()
    })
    return server
  }

  /** Cuts the connection that is held. */
  cut (): void {
    this.#held?.destroy()
    this.#held = undefined
  }

  /** Resolves with the next request. */
  nextRequest (): Promise<void> {
    return new Promise(resolve => { this.#onRequest = resolve })
  }

  get base (): string { return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}` }
  get url (): string { return `${this.base}/model.tar.bz2` }

  #answer (request: IncomingMessage, response: ServerResponse): void {
    const range = request.headers.range ?? ''
    const path = request.url ?? ''
    this.ranges.push(range)
    this.paths.push(path)
    this.#onRequest()
    const fault = this.faults.shift()
    const body = this.files.get(path) ?? this.body
    if (fault?.kind === 'silent') return
    if (fault?.kind === 'status') { response.writeHead(fault.status).end('no'); return }
    if (fault?.kind === 'redirect') { response.writeHead(302, { location: fault.to }).end(); return }
    if (body === undefined) { response.writeHead(404).end('no'); return }
    const condition = request.headers['if-range']
    const isRange = range !== '' && this.#knowsRanges && (condition === undefined || condition === this.etag)
    const asked = isRange ? Number(/^bytes=(\d+)-$/.exec(range)?.[1] ?? 0) : 0
    if (isRange && asked >= body.length) { response.writeHead(416).end(); return }
    const start = fault?.kind === 'wrong-range' ? asked + 1 : asked
    const part = body.subarray(start)
    response.writeHead(isRange ? 206 : 200, {
      ...(this.etag === undefined ? {} : { etag: this.etag }),
      ...(this.#isChunked ? {} : { 'content-length': part.length }),
      ...(isRange ? { 'content-range': `bytes ${start}-${body.length - 1}/${body.length}` } : {})
    })
    if (fault?.kind === 'hold') {
      this.#held = response
      response.write(part.subarray(0, fault.after))
    } else if (fault?.kind === 'cut') response.write(part.subarray(0, fault.after), () => { setImmediate(() => { response.destroy() }) })
    else response.end(part)
  }
}
