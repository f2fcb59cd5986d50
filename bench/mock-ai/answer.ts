import type { ServerResponse } from 'node:http'

/** What a request gets, and when. */
export interface Answer {
  readonly contentType: string
  readonly chunks: Iterable<Uint8Array>
  /** From the end of the request to the headers and the first chunk. */
  readonly firstMs: number
  /** From each chunk to the next; streams only. */
  readonly everyMs: number
  /** Of an answer that is no stream. */
  readonly bytes?: number
}

export function jsonAnswer (value: unknown, firstMs: number): Answer {
  return wholeAnswer('application/json', JSON.stringify(value), firstMs)
}

export function wholeAnswer (contentType: string, text: string, firstMs: number): Answer {
  const body = Buffer.from(text)
  return { contentType, chunks: [body], firstMs, everyMs: 0, bytes: body.length }
}

/**
 * Sends an answer on time: each chunk at its own moment, counted from the request and not from the
 * chunk before. A reader that is slow gets the next one when it has taken this one.
 */
export class Sending {
  readonly #response: ServerResponse
  readonly #answer: Answer
  readonly #chunks: Iterator<Uint8Array>
  readonly #beganMs = performance.now()
  #sent = 0
  #timer: NodeJS.Timeout | undefined
  #next: Uint8Array | undefined

  constructor (response: ServerResponse, answer: Answer) {
    this.#response = response
    this.#answer = answer
    this.#chunks = answer.chunks[Symbol.iterator]()
    response.once('close', () => { clearTimeout(this.#timer) })
    response.on('drain', () => { this.#arm() })
    this.#next = this.#take()
    this.#arm()
  }

  #take (): Uint8Array | undefined {
    const { done, value } = this.#chunks.next()
    return done === true ? undefined : value
  }

  #arm (): void {
    if (this.#response.destroyed || this.#response.writableEnded) return
    const dueMs = this.#beganMs + this.#answer.firstMs + this.#sent * this.#answer.everyMs
    this.#timer = setTimeout(() => { this.#send() }, Math.max(0, dueMs - performance.now()))
  }

  #send (): void {
    if (this.#sent === 0) this.#sendHead()
    const chunk = this.#next
    if (chunk === undefined) {
      this.#response.end()
      return
    }
    this.#sent++
    this.#next = this.#take()
    const isTaken = this.#response.write(chunk)
    if (this.#next === undefined) this.#response.end()
    else if (isTaken) this.#arm()
  }

  #sendHead (): void {
    const { contentType, bytes } = this.#answer
    this.#response.writeHead(200, { 'content-type': contentType, ...(bytes === undefined ? { 'cache-control': 'no-cache' } : { 'content-length': bytes }) })
  }
}
