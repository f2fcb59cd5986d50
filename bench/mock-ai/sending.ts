import type { ServerResponse } from 'node:http'
import type { Answer } from './answer.js'
import { frame } from './frame.js'
import type { Due, Timetable } from './timetable.js'

/**
 * Sends an answer on time: each chunk at its own moment, counted from the request and not from the
 * chunk before. A reader that is slow gets the next one when it has taken this one.
 */
export class Sending implements Due {
  dueMs: number
  readonly #response: ServerResponse
  readonly #answer: Answer
  readonly #timetable: Timetable
  /** When the next chunk goes if the reader keeps up. */
  #planMs: number
  #sent = 0

  constructor (response: ServerResponse, answer: Answer, timetable: Timetable) {
    this.#response = response
    this.#answer = answer
    this.#timetable = timetable
    this.#planMs = performance.now() + answer.firstMs
    this.dueMs = this.#planMs
    timetable.add(this)
  }

  get isOver (): boolean { return this.#response.destroyed || this.#response.writableEnded }

  run (): void {
    const index = this.#sent++
    if (index === this.#answer.resetAt) {
      // What was written in this turn of the loop is still held back.
      setImmediate(() => { this.#response.socket?.resetAndDestroy() })
      return
    }
    if (index === 0) this.#sendHead()
    const chunk = this.#answer.chunk(index)
    if (this.#sent === this.#answer.count) {
      this.#response.end(chunk)
      return
    }
    this.#planMs += this.#answer.gapMs(this.#sent)
    const { socket, chunkedEncoding } = this.#response
    // Past the message, which would cut each chunk into four pieces: two thirds of the work of a
    // write. The first chunk goes through it with the head, and the last one with the end.
    const writable = index > 0 && chunkedEncoding && socket !== null ? socket : this.#response
    const isTaken = writable === socket ? socket.write(frame(chunk)) : this.#response.write(chunk)
    if (isTaken) this.#goOn()
    else writable.once('drain', () => { this.#goOn() })
  }

  // What the reader made late is not called late here.
  #goOn (): void {
    this.dueMs = Math.max(this.#planMs, performance.now())
    this.#timetable.add(this)
  }

  #sendHead (): void {
    const { contentType, bytes } = this.#answer
    this.#response.writeHead(200, { 'content-type': contentType, ...(bytes === undefined ? { 'cache-control': 'no-cache' } : { 'content-length': bytes }) })
  }
}
