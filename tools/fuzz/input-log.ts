import { appendFileSync, existsSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs'

import { formatExchange, parseExchange, type Exchange } from './exchange.js'

/**
 * The last inputs, on disk before the first byte of them is sent: whatever a server dies of is
 * among them. Two files take turns, so there are never more bytes than both may have.
 */
export class InputLog {
  readonly #file: string
  readonly #maxBytes: number
  #bytes = 0

  /** Begins anew. @param maxBytes of both files */
  constructor (file: string, maxBytes: number) {
    this.#file = file
    this.#maxBytes = maxBytes
    for (const one of [file, olderOf(file)]) rmSync(one, { force: true })
  }

  add (exchange: Exchange): void {
    const line = `${formatExchange(exchange)}\n`
    const bytes = Buffer.byteLength(line)
    if (this.#bytes > 0 && this.#bytes + bytes > this.#maxBytes / 2) {
      renameSync(this.#file, olderOf(this.#file))
      this.#bytes = 0
    }
    appendFileSync(this.#file, line)
    this.#bytes += bytes
  }
}

/**
 * What is in a log, oldest first; of one that was cut off in the middle, all but the last line.
 * @throws Error where there is no such file, or a line is no exchange
 */
export function readInputs (file: string): Exchange[] {
  if (!existsSync(file) || !statSync(file).isFile()) throw new Error(`there is no file ${file}`)
  const text = (existsSync(olderOf(file)) ? readFileSync(olderOf(file), 'utf8') : '') + readFileSync(file, 'utf8')
  const lines = text.split('\n')
  lines.pop() // the empty end, or half a line
  return lines.map(parseExchange)
}

function olderOf (file: string): string { return `${file}.older` }
