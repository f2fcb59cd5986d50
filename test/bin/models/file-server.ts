import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'

/** What the server does with the next request; the ones after it are answered well. */
export type Fault =
  | { readonly kind: 'cut', readonly after: number }
  | { readonly kind: 'status', readonly status: number }
  | { readonly kind: 'redirect', readonly to: string }
  /** Answers a range with another one. */
  | { readonly kind: 'wrong-range' }

export interface FileServerOptions {
  readonly body: Buffer
  readonly knowsRanges?: boolean
  /** Without a length, in chunks. */
  readonly isChunked?: boolean
}

/** A server on the loopback that has one file. */
export class FileServer {
  /** The `range` of each request, or an empty string. */
  readonly ranges: string[] = []
  readonly faults: Fault[] = []
  body: Buffer
  readonly #server: Server
  readonly #knowsRanges: boolean
  readonly #isChunked: boolean

  constructor ({ body, knowsRanges = true, isChunked = false }: FileServerOptions) {
    this.body = body
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

  get url (): string { return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/model.tar.bz2` }

  #answer (request: IncomingMessage, response: ServerResponse): void {
    const range = request.headers.range ?? ''
    this.ranges.push(range)
    const fault = this.faults.shift()
    if (fault?.kind === 'status') { response.writeHead(fault.status).end('no'); return }
    if (fault?.kind === 'redirect') { response.writeHead(302, { location: fault.to }).end(); return }
    const asked = this.#knowsRanges ? Number(/^bytes=(\d+)-$/.exec(range)?.[1] ?? 0) : 0
    const start = fault?.kind === 'wrong-range' ? 0 : asked
    const part = this.body.subarray(start)
    response.writeHead(range !== '' && this.#knowsRanges ? 206 : 200, {
      ...(this.#isChunked ? {} : { 'content-length': part.length }),
      ...(range !== '' && this.#knowsRanges ? { 'content-range': `bytes ${start}-${this.body.length - 1}/${this.body.length}` } : {})
    })
    if (fault?.kind === 'cut') response.write(part.subarray(0, fault.after), () => { setImmediate(() => { response.destroy() }) })
    else response.end(part)
  }
}
