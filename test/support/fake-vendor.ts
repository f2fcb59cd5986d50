import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { TestContext } from 'node:test'
import { WebSocketServer, type RawData, type WebSocket } from 'ws'
import type { WireFault } from './fake-openai.js'

/** What a vendor would refuse, and how. */
export class Complaint extends Error {
  readonly status: number
  /** What is answered instead of a message of ours, as the vendor writes it. */
  readonly body: string | undefined

  constructor (status: number, message: string, body?: string) {
    super(message)
    this.status = status
    this.body = body
  }
}

export interface VendorRequest {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: IncomingMessage['headers']
  /** Empty for a WebSocket. */
  readonly body: Buffer
  /** The port on the client's side tells connections apart. */
  readonly clientPort: number
  /** `aborted`: the client went before all was said. `broken`: the fake was told to go. */
  readonly outcome: Promise<'complete' | 'aborted' | 'broken'>
}

export interface VendorAnswer { readonly contentType: string, readonly parts: ReadonlyArray<string | Uint8Array> }

/** @throws Complaint, which the client is answered with */
export type HttpScript = (request: VendorRequest) => VendorAnswer

/** @throws Complaint, after which the connection is closed */
export type SocketScript = (socket: ScriptedSocket, request: VendorRequest) => Promise<void>

export interface VendorScript {
  readonly http?: HttpScript
  /** Looks at the handshake. @throws Complaint, with which it is refused */
  readonly handshake?: (request: VendorRequest) => void
  readonly socket?: SocketScript
}

/** The client has gone, or the fault has struck: whoever runs a script leaves it. */
class Gone extends Error {}

/** The server's end of a WebSocket, for a script that is read from top to bottom. */
export class ScriptedSocket {
  readonly #socket: WebSocket
  readonly #fault: WireFault | undefined
  readonly #messages: (string | Buffer)[] = []
  #wake: (() => void) | undefined
  #isGone = false
  #sent = 0

  constructor (socket: WebSocket, fault: WireFault | undefined) {
    this.#socket = socket
    this.#fault = fault
    socket.on('message', (data: RawData, isBinary: boolean) => {
      const bytes = data as Buffer
      this.#messages.push(isBinary ? bytes : bytes.toString())
      this.#wake?.()
    })
    socket.on('close', () => { this.#isGone = true; this.#wake?.() })
    socket.on('error', () => {})
  }

  async next (): Promise<string | Buffer> {
    await this.peek()
    return this.#messages.shift()!
  }

  /** Resolves when there is a message, which `next` then gives. */
  async peek (): Promise<void> {
    while (this.#messages.length === 0) {
      if (this.#isGone) throw new Gone()
      await new Promise<void>(resolve => { this.#wake = resolve })
    }
  }

  /** The next message as JSON. @throws Complaint when it is none */
  async nextJson (): Promise<Readonly<Record<string, unknown>>> {
    const message = await this.next()
    if (typeof message !== 'string') throw new Complaint(400, 'a binary message where JSON is wanted')
    return JSON.parse(message) as Readonly<Record<string, unknown>>
  }

  /** Counts for `after` of the faults that end in the middle. */
  async send (message: string | Uint8Array): Promise<void> {
    const fault = this.#fault
    if (fault?.kind === 'slow-first-byte' && this.#sent === 0) await fault.until
    if ((fault?.kind === 'hang-mid-stream' || fault?.kind === 'die-mid-stream') && this.#sent === fault.after) {
      if (fault.kind === 'die-mid-stream') this.#socket.terminate()
      while (!this.#isGone) await new Promise<void>(resolve => { this.#wake = resolve })
      throw new Gone()
    }
    if (fault?.kind === 'rubbish' && this.#sent === 0) {
      this.#socket.send(fault.body)
      while (!this.#isGone) await new Promise<void>(resolve => { this.#wake = resolve })
      throw new Gone()
    }
    if (this.#isGone) throw new Gone()
    this.#sent++
    await new Promise<void>(resolve => { this.#socket.send(message, () => { setImmediate(resolve) }) })
  }

  /** Resolves when the client has gone. */
  async gone (): Promise<void> {
    while (!this.#isGone) await new Promise<void>(resolve => { this.#wake = resolve })
  }
}

/** Speaks a vendor's protocol on the loopback as its script says, strictly, and fails on demand. */
export class FakeVendor {
  readonly requests: VendorRequest[] = []
  /** What the scripts complained about. */
  readonly complaints: string[] = []
  /** Sockets that are open at present. */
  openSockets = 0
  script: VendorScript
  readonly #faults: WireFault[] = []
  readonly #waiters: Array<(request: VendorRequest) => void> = []
  readonly #server: Server = createServer((request, response) => { void this.#serve(request, response) })
  readonly #sockets = new WebSocketServer({ noServer: true })
  readonly #upgraded = new Set<Socket>()

  constructor (script: VendorScript) {
    this.script = script
  }

  /** Runs until the test ends. */
  static async start (t: TestContext, script: VendorScript): Promise<FakeVendor> {
    const fake = new FakeVendor(script)
    fake.#server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => { fake.#upgrade(request, socket, head) })
    await new Promise<void>(resolve => { fake.#server.listen(0, '127.0.0.1', resolve) })
    t.after(() => {
      for (const socket of fake.#upgraded) socket.destroy()
      fake.#server.closeAllConnections()
      return new Promise<void>(resolve => { fake.#server.close(() => { resolve() }) })
    })
    return fake
  }

  get url (): string { return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}` }
  get socketUrl (): string { return this.url.replace('http', 'ws') }

  /** The next request, or the next WebSocket, fails so; called twice, the one after it too. */
  fail (fault: WireFault): void { this.#faults.push(fault) }

  /** The next request that arrives from now on. */
  nextRequest (): Promise<VendorRequest> { return new Promise(resolve => { this.#waiters.push(resolve) }) }

  async #serve (request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method === 'HEAD') { response.writeHead(404).end(); return } // somebody warms up
    const fault = this.#faults.shift()
    const chunks: Buffer[] = []
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
    const recorded = this.#record(request, Buffer.concat(chunks), new Promise(resolve => {
      response.once('close', () => { resolve(response.writableFinished ? 'complete' : fault?.kind.startsWith('die-') === true ? 'broken' : 'aborted') })
    }))
    if (fault?.kind === 'hang-before-headers') return
    if (fault?.kind === 'die-before-headers') { request.socket.destroy(); return }
    if (fault?.kind === 'status') { response.writeHead(fault.status, { 'content-type': 'application/json', ...fault.headers }).end(fault.body ?? '{"message":"as you wish"}'); return }
    if (fault?.kind === 'rubbish') { response.writeHead(200, { 'content-type': fault.contentType }).end(fault.body); return }
    const answer = this.#ask(() => this.script.http!(recorded))
    if (answer instanceof Complaint) {
      response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.body ?? JSON.stringify({ message: answer.message }))
      return
    }
    response.writeHead(200, { 'content-type': answer.contentType })
    await sendBody(response, answer.parts.map(part => Buffer.from(part as string)), fault)
  }

  #upgrade (request: IncomingMessage, socket: Socket, head: Buffer): void {
    const fault = this.#faults.shift()
    this.#upgraded.add(socket)
    socket.on('error', () => {})
    let settle: (outcome: 'complete' | 'aborted' | 'broken') => void = () => {}
    const recorded = this.#record(request, Buffer.alloc(0), new Promise(resolve => { settle = resolve }))
    let isComplete = false
    socket.once('close', () => { settle(isComplete ? 'complete' : fault?.kind.startsWith('die-') === true ? 'broken' : 'aborted') })
    // Nobody else reads it, and who does not read does not hear that the client goes.
    if (fault?.kind === 'hang-before-headers') { socket.once('end', () => { socket.destroy() }).resume(); return }
    if (fault?.kind === 'die-before-headers') { socket.destroy(); return }
    const refused = fault?.kind === 'status'
      ? new Complaint(fault.status, 'as you wish', fault.body)
      : this.#ask(() => this.script.handshake?.(recorded))
    if (refused instanceof Complaint) {
      const body = refused.body ?? JSON.stringify({ message: refused.message })
      socket.end(`HTTP/1.1 ${refused.status} Refused\r\ndate: ${new Date().toUTCString()}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`)
      return
    }
    this.#sockets.handleUpgrade(request, socket, head, client => {
      this.openSockets++
      client.once('close', () => { this.openSockets-- })
      const scripted = new ScriptedSocket(client, fault)
      this.script.socket!(scripted, recorded).then(() => { isComplete = true }, (error: unknown) => {
        if (error instanceof Gone) return
        this.complaints.push(String(error))
        client.close(1008, error instanceof Error ? error.message.slice(0, 100) : '')
      })
    })
  }

  #ask<T> (act: () => T): T | Complaint {
    try {
      return act()
    } catch (error) {
      const complaint = error instanceof Complaint ? error : new Complaint(400, String(error))
      this.complaints.push(complaint.message)
      return complaint
    }
  }

  #record (request: IncomingMessage, body: Buffer, outcome: VendorRequest['outcome']): VendorRequest {
    const url = new URL(request.url ?? '/', this.url)
    const recorded: VendorRequest = {
      method: request.method ?? '', path: url.pathname, query: url.searchParams, headers: request.headers, body, clientPort: request.socket.remotePort ?? 0, outcome
    }
    this.requests.push(recorded)
    this.#waiters.shift()?.(recorded)
    return recorded
  }
}

async function sendBody (response: ServerResponse, parts: readonly Uint8Array[], fault: WireFault | undefined): Promise<void> {
  response.flushHeaders()
  if (fault?.kind === 'slow-first-byte') await fault.until
  for (const [index, part] of parts.entries()) {
    if ((fault?.kind === 'hang-mid-stream' || fault?.kind === 'die-mid-stream') && index === fault.after) {
      if (fault.kind === 'die-mid-stream') response.socket?.destroy()
      return
    }
    const size = fault?.kind === 'cut' ? fault.bytes : part.length
    for (let at = 0; at < part.length; at += size) {
      await new Promise<void>(resolve => { response.write(part.subarray(at, at + size), () => { setImmediate(resolve) }) })
    }
  }
  response.end()
}
