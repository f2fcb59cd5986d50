import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { jsonAnswer, Sending, type Answer } from './answer.js'
import { ApiError } from './api-error.js'
import { Chat } from './chat.js'
import { parseJsonBody } from './fields.js'
import type { MockAiOptions } from './options.js'
import { Reply } from './reply.js'
import { Speech } from './speech.js'
import { MAX_FILE_BYTES, Transcription } from './transcription.js'

interface Route {
  readonly method: 'GET' | 'POST'
  readonly counter: keyof Counts | undefined
  readonly answer: (body: Buffer, contentType: string) => Answer
}

/** What was asked for since the start. */
export interface Counts {
  chats: number
  speeches: number
  transcriptions: number
  /** Answered with an error, on purpose or because the request was wrong. */
  refused: number
  hung: number
  /** The client went before its answer was complete. */
  abandoned: number
}

const MODELS = ['mock-chat', 'mock-speech', 'mock-transcribe']
const MAX_BODY_BYTES = MAX_FILE_BYTES + 65_536
// Longer than clients keep a connection, so that it is never closed under a request.
const KEEP_ALIVE_MS = 75_000

/** OpenAI's protocol on the loopback, with latencies that are set and an answer that is fixed. */
export class MockAiService {
  readonly counts: Counts = { chats: 0, speeches: 0, transcriptions: 0, refused: 0, hung: 0, abandoned: 0 }
  readonly #options: MockAiOptions
  readonly #routes: Readonly<Record<string, Route>>
  readonly #server: Server
  #faultPoints = 0
  #hangPoints = 0

  /** @param voice what every speech is made of, at 24 kHz */
  constructor (options: MockAiOptions, voice: Int16Array) {
    this.#options = options
    const reply = new Reply(options.answerSeconds)
    const chat = new Chat(options, reply)
    const speech = new Speech(options, reply, voice)
    const transcription = new Transcription(options)
    this.#routes = {
      '/v1/chat/completions': { method: 'POST', counter: 'chats', answer: (body, type) => chat.answer(parseJsonBody(body, type)) },
      '/v1/audio/speech': { method: 'POST', counter: 'speeches', answer: (body, type) => speech.answer(parseJsonBody(body, type)) },
      '/v1/audio/transcriptions': { method: 'POST', counter: 'transcriptions', answer: (body, type) => transcription.answer(body, type) },
      '/v1/models': { method: 'GET', counter: undefined, answer: () => jsonAnswer({ object: 'list', data: MODELS.map(describeModel) }, 0) },
      ...Object.fromEntries(MODELS.map(id => [`/v1/models/${id}`, { method: 'GET' as const, counter: undefined, answer: () => jsonAnswer(describeModel(id), 0) }]))
    }
    this.#server = createServer((request, response) => { this.#serve(request, response).catch(() => { response.destroy() }) })
    this.#server.keepAliveTimeout = KEEP_ALIVE_MS
  }

  /** Resolves with the port. */
  listen (): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen({ host: '127.0.0.1', port: this.#options.port, exclusive: true }, () => { resolve((this.#server.address() as AddressInfo).port) })
    })
  }

  close (): Promise<void> {
    return new Promise(resolve => {
      this.#server.close(() => { resolve() })
      this.#server.closeAllConnections()
    })
  }

  async #serve (request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? '').split('?')[0]!
    // Beside the protocol: for whoever started this.
    if (path === '/stats') { response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(this.counts)); return }
    try {
      const route = this.#findRoute(request, path)
      const body = await readBody(request)
      const answer = route.answer(body, request.headers['content-type'] ?? '')
      if (route.counter === undefined) { new Sending(response, answer); return }
      this.counts[route.counter]++
      response.once('close', () => { if (!response.writableFinished) this.counts.abandoned++ })
      if (this.#isHangDue()) { this.counts.hung++; return }
      if (this.#isFaultDue()) throw new ApiError(500, 'The server had an error while processing your request. Sorry about that!', { type: 'server_error' })
      new Sending(response, answer)
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      this.counts.refused++
      const isUnread = !request.complete
      response.writeHead(error.status, { 'content-type': 'application/json', ...(isUnread ? { connection: 'close' } : {}) }).end(error.body)
      request.resume()
    }
  }

  #findRoute (request: IncomingMessage, path: string): Route {
    const method = request.method ?? ''
    const route = this.#routes[path]
    if (route === undefined) throw new ApiError(404, `Invalid URL (${method} ${path})`)
    if (route.method !== method) throw new ApiError(405, `Not allowed to ${method} on ${path}.`, { code: 'method_not_supported' })
    const { key } = this.#options
    if (key !== undefined && request.headers.authorization !== `Bearer ${key}`) throw new ApiError(401, 'Incorrect API key provided.', { code: 'invalid_api_key' })
    return route
  }

  // A share without dice: every run of the same requests fails at the same ones.
  #isFaultDue (): boolean {
    this.#faultPoints += this.#options.failShare
    if (this.#faultPoints < 1) return false
    this.#faultPoints--
    return true
  }

  #isHangDue (): boolean {
    this.#hangPoints += this.#options.hangShare
    if (this.#hangPoints < 1) return false
    this.#hangPoints--
    return true
  }
}

function describeModel (id: string): object {
  return { id, object: 'model', created: 1_700_000_000, owned_by: 'mock-ai' }
}

async function readBody (request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let bytes = 0
  // A request that is destroyed could not be told why.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > MAX_BODY_BYTES) throw new ApiError(413, `Maximum content size limit (${MAX_FILE_BYTES}) exceeded`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
