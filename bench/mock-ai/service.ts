import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { jsonAnswer, type Answer } from './answer.js'
import { ApiError } from './api-error.js'
import { readBody } from './body.js'
import { Chat } from './chat.js'
import { EvenShare, pickFault, type Fault } from './faults.js'
import { parseJsonBody } from './fields.js'
import type { Kind } from './kinds.js'
import type { MockAiOptions } from './options.js'
import { requestRandom, type Random } from './random.js'
import { Reply } from './reply.js'
import { Sending } from './sending.js'
import { Speech } from './speech.js'
import { spoil } from './spoil.js'
import { Stats } from './stats.js'
import { Timetable } from './timetable.js'
import { Transcription } from './transcription.js'

interface Route {
  readonly method: 'GET' | 'POST'
  readonly serve: (request: IncomingMessage, response: ServerResponse) => Promise<void> | void
}

/** Reads a request, and answers it once its chance is known. */
type Reader = (body: Buffer, contentType: string) => (random: Random) => Answer

const MODELS = ['mock-chat', 'mock-speech', 'mock-transcribe']
// Longer than clients keep a connection, so that it is never closed under a request.
const KEEP_ALIVE_MS = 75_000

/** OpenAI's protocol on the loopback, with latencies, faults and answers that are set. */
export class MockAiService {
  readonly #options: MockAiOptions
  readonly #routes: Readonly<Record<string, Route>>
  readonly #server: Server
  readonly #stats = new Stats()
  readonly #timetable: Timetable
  readonly #failing: EvenShare
  readonly #hanging: EvenShare
  readonly #numbers: Record<Kind, number> = { chat: 0, speech: 0, transcription: 0 }

  /** @param voice what every speech is made of, at 24 kHz */
  constructor (options: MockAiOptions, voice: Int16Array) {
    this.#options = options
    this.#timetable = new Timetable(options.gridMs, lateMs => { this.#stats.noteLate(lateMs) })
    this.#failing = new EvenShare(options.failShare)
    this.#hanging = new EvenShare(options.hangShare)
    this.#routes = this.#makeRoutes(options, voice)
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
    this.#timetable.close()
    this.#stats.close()
    return new Promise(resolve => {
      this.#server.close(() => { resolve() })
      this.#server.closeAllConnections()
    })
  }

  #makeRoutes (options: MockAiOptions, voice: Int16Array): Readonly<Record<string, Route>> {
    const reply = new Reply(options.answerSeconds)
    const chat = new Chat(options, reply)
    const speech = new Speech(options, reply, voice)
    const transcription = new Transcription(options)
    const ask = (kind: Kind, read: Reader): Route => ({ method: 'POST', serve: (request, response) => this.#answer(kind, read, request, response) })
    const tell = (describe: () => object): Route => ({ method: 'GET', serve: (_, response) => { this.#send(response, jsonAnswer(describe(), 0)) } })
    return {
      '/v1/chat/completions': ask('chat', (body, type) => {
        const fields = parseJsonBody(body, type)
        chat.check(fields)
        return random => chat.answer(fields, random)
      }),
      '/v1/audio/speech': ask('speech', (body, type) => {
        const fields = parseJsonBody(body, type)
        speech.check(fields)
        return random => speech.answer(fields, random)
      }),
      '/v1/audio/transcriptions': ask('transcription', (body, type) => {
        const upload = transcription.read(body, type)
        return random => transcription.answer(upload, random)
      }),
      '/v1/models': tell(() => ({ object: 'list', data: MODELS.map(describeModel) })),
      ...Object.fromEntries(MODELS.map(id => [`/v1/models/${id}`, tell(() => describeModel(id))]))
    }
  }

  async #serve (request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? '').split('?')[0]!
    try {
      await this.#findRoute(request, path).serve(request, response)
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      this.#stats.countRefusal()
      const isUnread = !request.complete
      response.writeHead(error.status, { 'content-type': 'application/json', ...error.headers, ...(isUnread ? { connection: 'close' } : {}) }).end(error.body)
      request.resume()
    }
  }

  #findRoute (request: IncomingMessage, path: string): Route {
    const method = request.method ?? ''
    // Beside the protocol: for whoever started this.
    if (path === '/stats' && method === 'GET') return { method, serve: (_, response) => { this.#tellStats(response) } }
    if (path === '/stats/reset' && method === 'POST') return { method, serve: (_, response) => { this.#resetStats(response) } }
    const route = this.#routes[path]
    if (route === undefined) throw new ApiError(404, `Invalid URL (${method} ${path})`)
    if (route.method !== method) throw new ApiError(405, `Not allowed to ${method} on ${path}.`, { code: 'method_not_supported' })
    const { key } = this.#options
    if (key !== undefined && request.headers.authorization !== `Bearer ${key}`) throw new ApiError(401, 'Incorrect API key provided.', { code: 'invalid_api_key' })
    return route
  }

  async #answer (kind: Kind, read: Reader, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const answer = await readBody(request, body => read(body, request.headers['content-type'] ?? ''))
    const random = requestRandom(this.#options.seed, kind, this.#numbers[kind]++)
    // Drawn whatever the shares are, so that those change nothing else.
    const [chance, place] = [random(), random()]
    const fault = this.#evenFault() ?? pickFault(this.#options.faults[kind], chance)
    this.#noteRequest(kind, fault, response)
    switch (fault) {
      case undefined: this.#send(response, answer(random)); return
      case 'hang': return
      case '429': throw tooManyRequests(this.#options.retryAfterSeconds)
      case '500': throw new ApiError(500, 'The server had an error while processing your request. Sorry about that!', { type: 'server_error' })
      default: this.#send(response, spoil(answer(random), fault, place, this.#options.stallMs))
    }
  }

  #noteRequest (kind: Kind, fault: Fault | undefined, response: ServerResponse): void {
    this.#stats.countRequest(kind)
    if (fault !== undefined) this.#stats.countFault(kind, fault)
    this.#stats.begin()
    response.once('close', () => {
      this.#stats.end()
      if (!response.writableFinished && fault !== 'half') this.#stats.countAbandoned()
    })
  }

  #evenFault (): Fault | undefined {
    return this.#hanging.isDue() ? 'hang' : this.#failing.isDue() ? '500' : undefined
  }

  #send (response: ServerResponse, answer: Answer): void { new Sending(response, answer, this.#timetable) }

  #tellStats (response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(this.#stats.report()))
  }

  // The last look at what is cleared. What comes next is numbered, and thus drawn, from the start.
  #resetStats (response: ServerResponse): void {
    this.#tellStats(response)
    this.#stats.reset()
    for (const kind of Object.keys(this.#numbers) as Kind[]) this.#numbers[kind] = 0
  }
}

function tooManyRequests (retryAfterSeconds: number): ApiError {
  return new ApiError(429, `Rate limit reached for requests. Please try again in ${retryAfterSeconds}s.`, {
    type: 'requests', code: 'rate_limit_exceeded', headers: { 'retry-after': String(retryAfterSeconds), 'retry-after-ms': String(1000 * retryAfterSeconds) }
  })
}

function describeModel (id: string): object {
  return { id, object: 'model', created: 1_700_000_000, owned_by: 'mock-ai' }
}
