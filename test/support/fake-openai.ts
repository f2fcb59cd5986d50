import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'
import { checkRequest, type Complaint } from './openai-protocol.js'

/** What goes wrong with the next request. `after` counts deltas of a chat, chunks of speech. */
export type WireFault =
  | { readonly kind: 'hang-before-headers' }
  | { readonly kind: 'hang-mid-stream', readonly after: number }
  | { readonly kind: 'die-before-headers' }
  | { readonly kind: 'die-mid-stream', readonly after: number }
  | { readonly kind: 'die-mid-upload' }
  | { readonly kind: 'status', readonly status: number, readonly body?: string, readonly headers?: Readonly<Record<string, string>> }
  | { readonly kind: 'rubbish', readonly contentType: string, readonly body: string }
  | { readonly kind: 'broken-json', readonly after: number }
  | { readonly kind: 'no-done' }
  /** Headers go at once, the rest when the promise resolves. */
  | { readonly kind: 'slow-first-byte', readonly until: Promise<void> }
  /** The body goes out in writes of this many bytes. */
  | { readonly kind: 'cut', readonly bytes: number }

export interface RecordedRequest {
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly body: Readonly<Record<string, unknown>>
  /** The server's port on the client's side tells connections apart. */
  readonly clientPort: number
  /**
   * `aborted`: the client went before the answer was complete. `broken`: the server was told to.
   */
  readonly outcome: Promise<'complete' | 'aborted' | 'broken'>
}

/** `chunks` are sent one after the other, as JSON unless the type says otherwise. */
export interface Transcription { readonly contentType?: string, readonly chunks: readonly string[] }

export interface Speech { readonly contentType: string, readonly chunks: readonly Uint8Array[] }
/** A string is the content of a delta; an object is a whole chunk, sent as it is. */
export type ChatDelta = string | Readonly<Record<string, unknown>>

type Body = Readonly<Record<string, unknown>>

/** A server on the loopback that speaks OpenAI's protocol, strictly, and fails on demand. */
export class FakeOpenAi {
  readonly apiKey = 'sk-fake-0123456789'
  readonly requests: RecordedRequest[] = []
  /** Fields beyond the protocol that this server knows. */
  readonly extraFields = new Set<string>()
  chat: (body: Body) => readonly ChatDelta[] = () => ['Hello', ' world', '.']
  speech: (body: Body) => Speech = () => ({ contentType: 'audio/pcm', chunks: [pcmRamp(0, 480), pcmRamp(480, 480), pcmRamp(960, 480)] })
  transcription: (body: Body) => Transcription = () => ({ chunks: ['{"text":', '"Hello world."', '}'] })
  readonly #faults: WireFault[] = []
  readonly #waiters: Array<(request: RecordedRequest) => void> = []
  readonly #server: Server = createServer((request, response) => { void this.#serve(request, response) })

  /** Runs until the test ends. */
  static async start (t: TestContext): Promise<FakeOpenAi> {
    const fake = new FakeOpenAi()
    await new Promise<void>(resolve => { fake.#server.listen(0, '127.0.0.1', resolve) })
    t.after(() => {
      fake.#server.closeAllConnections()
      return new Promise<void>(resolve => { fake.#server.close(() => { resolve() }) })
    })
    return fake
  }

  get baseUrl (): string { return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/v1` }

  /** The next request fails so; called twice, the one after it too. */
  fail (fault: WireFault): void { this.#faults.push(fault) }

  /** The next request that arrives from now on. */
  nextRequest (): Promise<RecordedRequest> {
    return new Promise(resolve => { this.#waiters.push(resolve) })
  }

  async #serve (request: IncomingMessage, response: ServerResponse): Promise<void> {
    const fault = request.url === '/v1/models' ? undefined : this.#faults.shift()
    const clientPort = request.socket.remotePort ?? 0 // a connection that was cut has none
    const upload = await readUpload(request, fault)
    const checked = upload === undefined ? { body: {} } : checkRequest(request, upload, this.apiKey, this.extraFields)
    this.#record(request, response, { clientPort, body: 'body' in checked ? checked.body : {} }, fault)
    if (upload === undefined || fault?.kind === 'hang-before-headers') return
    if (fault?.kind === 'die-before-headers') { request.socket.destroy(); return }
    if (fault?.kind === 'status') { sendError(response, { status: fault.status, message: 'as you wish' }, fault.body, fault.headers); return }
    if (fault?.kind === 'rubbish') { response.writeHead(200, { 'content-type': fault.contentType }).end(fault.body); return }
    if ('complaint' in checked) { sendError(response, checked.complaint); return }
    if (request.url === '/v1/models') response.writeHead(200, { 'content-type': 'application/json' }).end('{"object":"list","data":[]}')
    else if (request.url === '/v1/chat/completions' && checked.body['stream'] !== true) await sendCompletion(response, this.chat(checked.body), fault)
    else if (request.url === '/v1/chat/completions') await sendChat(response, this.chat(checked.body), fault)
    else if (request.url === '/v1/audio/transcriptions') await sendTranscription(response, this.transcription(checked.body), fault)
    else await sendSpeech(response, this.speech(checked.body), fault)
  }

  #record (request: IncomingMessage, response: ServerResponse, facts: Pick<RecordedRequest, 'clientPort' | 'body'>, fault: WireFault | undefined): void {
    const isBroken = fault?.kind.startsWith('die-') === true
    const recorded: RecordedRequest = {
      path: request.url ?? '',
      headers: request.headers,
      ...facts,
      outcome: new Promise(resolve => {
        response.once('close', () => { resolve(response.writableFinished ? 'complete' : isBroken ? 'broken' : 'aborted') })
      })
    }
    this.requests.push(recorded)
    this.#waiters.shift()?.(recorded)
  }
}

/** 16-bit samples that count up from `from`. */
export function pcmRamp (from: number, count: number): Uint8Array {
  return new Uint8Array(Int16Array.from({ length: count }, (_, index) => from + index).buffer)
}

/** @returns undefined where the connection was cut in the middle */
async function readUpload (request: IncomingMessage, fault: WireFault | undefined): Promise<Buffer | undefined> {
  const { socket } = request // it is taken away from a request that is not read to its end
  const chunks: Buffer[] = []
  for await (const chunk of request as AsyncIterable<Buffer>) {
    if (fault?.kind === 'die-mid-upload') { socket.destroy(); return undefined }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

async function sendChat (response: ServerResponse, deltas: readonly ChatDelta[], fault: WireFault | undefined): Promise<void> {
  const events = deltas.map((delta, index) => typeof delta === 'string'
    ? chatChunk({ ...(index === 0 ? { role: 'assistant' } : {}), content: delta }, null)
    : delta)
  const lines = [...events, chatChunk({}, 'stop')].map(event => `data: ${JSON.stringify(event)}\n\n`)
  if (fault?.kind === 'broken-json') lines.splice(fault.after, 1, 'data: {"choices":[{"delta":{"content":"secret\n\n')
  if (fault?.kind !== 'no-done') lines.push('data: [DONE]\n\n')
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' })
  await sendBody(response, lines.map(line => Buffer.from(line)), fault)
}

/** The deltas in one piece. */
async function sendCompletion (response: ServerResponse, deltas: readonly ChatDelta[], fault: WireFault | undefined): Promise<void> {
  const message = { role: 'assistant', content: deltas.filter(delta => typeof delta === 'string').join(''), refusal: null }
  const completion = { id: 'chatcmpl-1', object: 'chat.completion', created: 1, model: 'fake', choices: [{ index: 0, message, logprobs: null, finish_reason: 'stop' }] }
  const text = JSON.stringify(completion)
  response.writeHead(200, { 'content-type': 'application/json' })
  await sendBody(response, [Buffer.from(text.slice(0, 20)), Buffer.from(text.slice(20))], fault)
}

function chatChunk (delta: Body, finishReason: string | null): Body {
  return { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'fake', choices: [{ index: 0, delta, logprobs: null, finish_reason: finishReason }] }
}

async function sendTranscription (response: ServerResponse, { contentType = 'application/json', chunks }: Transcription, fault: WireFault | undefined): Promise<void> {
  response.writeHead(200, { 'content-type': contentType })
  await sendBody(response, chunks.map(chunk => Buffer.from(chunk)), fault)
}

async function sendSpeech (response: ServerResponse, speech: Speech, fault: WireFault | undefined): Promise<void> {
  response.writeHead(200, { 'content-type': speech.contentType })
  await sendBody(response, speech.chunks, fault)
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
    for (let at = 0; at < part.length; at += size) await write(response, part.subarray(at, at + size))
  }
  response.end()
}

// One write per turn of the loop, or they would travel as one.
async function write (response: ServerResponse, bytes: Uint8Array): Promise<void> {
  await new Promise<void>(resolve => { response.write(bytes, () => { resolve() }) })
  await new Promise<void>(resolve => { setImmediate(resolve) })
}

function sendError (response: ServerResponse, complaint: Complaint, body?: string, headers?: Readonly<Record<string, string>>): void {
  const json = JSON.stringify({ error: { message: complaint.message, type: 'invalid_request_error', param: null, code: null } })
  response.writeHead(complaint.status, { 'content-type': 'application/json', ...headers }).end(body ?? json)
}
