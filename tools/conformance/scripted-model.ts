import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

import { parseObject } from '../simulator/network-task.js'
import type { JsonObject } from '../simulator/types.js'

/** What the model does with a question. */
export type Script =
  | { readonly kind: 'say', readonly text: string, readonly everyMs?: number, readonly firstMs?: number }
  /** Words, a pause, further words. */
  | { readonly kind: 'pause', readonly before: string, readonly pauseMs: number, readonly after: string }
  | { readonly kind: 'call', readonly calls: ReadonlyArray<{ readonly name: string, readonly arguments: string }>, readonly after: string }
  /** Calls the tool again and again, as long as it is offered any. */
  | { readonly kind: 'insist', readonly name: string, readonly arguments: string }
  | { readonly kind: 'fail' }
  | { readonly kind: 'hang' }

/** One request of the server, as it came. */
export interface ModelRequest {
  readonly messages: readonly JsonObject[]
  readonly tools: readonly JsonObject[]
  isAborted: boolean
}

interface Asked { readonly isCalling: boolean, readonly isStream: boolean }

const sentence = 'This is an answer that takes some seconds to say aloud.'

/**
 * An OpenAI-compatible language model that does what the question says: a case puts a key into its
 * question and what is to happen under that key. Without a key the answer is one sentence.
 */
export class ScriptedModel {
  readonly #server: Server
  readonly #scripts = new Map<string, Script>()
  readonly #requests = new Map<string, ModelRequest[]>()
  #count = 0

  static async start (port = 0): Promise<ScriptedModel> {
    const server = createServer()
    await new Promise<void>((resolve, reject) => { server.once('error', reject).listen(port, '127.0.0.1', resolve) })
    return new ScriptedModel(server)
  }

  constructor (server: Server) {
    this.#server = server
    server.on('request', (request, response) => {
      this.#onRequest(request, response).catch(() => { response.destroy() })
    })
  }

  get baseUrl (): string { return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/v1` }

  /** @returns the question to ask for this to happen */
  plan (script: Script): string {
    const key = `order${++this.#count}x`
    this.#scripts.set(key, script)
    return `Please follow ${key}`
  }

  /** What the server asked because of this question. */
  requestsFor (question: string): readonly ModelRequest[] { return this.#requests.get(keyOf(question) ?? '') ?? [] }

  async close (): Promise<void> {
    await new Promise<void>(resolve => {
      this.#server.close(() => { resolve() })
      this.#server.closeAllConnections()
    })
  }

  async #onRequest (request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
    if (request.url?.endsWith('/models') === true) {
      response.setHeader('Content-Type', 'application/json')
      response.end(JSON.stringify({ object: 'list', data: [{ id: 'scripted', object: 'model' }] }))
      return
    }
    const body = parseObject(Buffer.concat(chunks).toString()) ?? {}
    const messages = (body['messages'] ?? []) as JsonObject[]
    const asked = messages.findLast(({ role }) => role === 'user')
    const key = keyOf(JSON.stringify(asked?.['content'] ?? ''))
    const noted: ModelRequest = { messages, tools: (body['tools'] ?? []) as JsonObject[], isAborted: false }
    if (key !== undefined) this.#requests.set(key, [...this.#requests.get(key) ?? [], noted])
    response.on('close', () => { if (!response.writableFinished) noted.isAborted = true })
    const script = this.#scripts.get(key ?? '') ?? { kind: 'say', text: sentence }
    const isCalling = script.kind === 'insist' ? noted.tools.length > 0 : messages.at(-1)?.['role'] !== 'tool'
    await this.#perform(script, { isCalling, isStream: body['stream'] === true }, response)
  }

  async #perform (script: Script, { isCalling, isStream }: Asked, response: ServerResponse): Promise<void> {
    if (script.kind === 'hang') return
    if (script.kind === 'fail') { response.writeHead(500, { 'Content-Type': 'application/json' }).end('{"error":{"message":"scripted"}}'); return }
    if (!isStream) { whole(response, script.kind === 'say' ? script.text : script.kind === 'insist' ? sentence : script.after); return }
    response.writeHead(200, { 'Content-Type': 'text/event-stream' })
    response.flushHeaders()
    if ((script.kind === 'call' || script.kind === 'insist') && isCalling) {
      const wanted = script.kind === 'call' ? script.calls : [{ name: script.name, arguments: script.arguments }]
      const calls = wanted.map((call, index) => ({ index, id: `call_${++this.#count}`, type: 'function', function: call }))
      write(response, { role: 'assistant', content: null, tool_calls: calls })
      finish(response, 'tool_calls')
      return
    }
    if (script.kind === 'say') {
      await wait(script.firstMs ?? 0)
      await words(response, script.text, script.everyMs ?? 0)
    } else if (script.kind === 'pause') {
      await words(response, script.before, 0)
      await wait(script.pauseMs)
      await words(response, script.after, 0)
    } else await words(response, script.kind === 'call' ? script.after : sentence, 0)
    finish(response, 'stop')
  }
}

function whole (response: ServerResponse, content: string): void {
  const choice = { index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }
  response.setHeader('Content-Type', 'application/json')
  response.end(JSON.stringify({ id: 'scripted', object: 'chat.completion', created: 0, model: 'scripted', choices: [choice] }))
}

async function words (response: ServerResponse, text: string, everyMs: number): Promise<void> {
  for (const content of text.split(/(?= )/)) {
    if (response.destroyed) return
    write(response, { content })
    if (everyMs > 0) await wait(everyMs)
  }
}

function write (response: ServerResponse, delta: JsonObject, reason: string | null = null): void {
  const chunk = { id: 'scripted', object: 'chat.completion.chunk', created: 0, model: 'scripted', choices: [{ index: 0, delta, finish_reason: reason }] }
  response.write(`data: ${JSON.stringify(chunk)}\n\n`)
}

function finish (response: ServerResponse, reason: string): void {
  write(response, {}, reason)
  response.end('data: [DONE]\n\n')
}

function wait (ms: number): Promise<void> { return new Promise(resolve => { setTimeout(resolve, ms) }) }
function keyOf (text: string): string | undefined { return /order\d+x/.exec(text)?.[0] }
