import type { JsonObject } from './types.js'

export type MessagePredicate = (message: JsonObject) => boolean

interface Waiter {
  readonly predicate: MessagePredicate
  readonly resolve: (message: JsonObject) => void
  readonly reject: (error: Error) => void
  readonly timer: NodeJS.Timeout
}

const KEEP_MESSAGES = 512

/**
 * Messages of the server, waited for without races: each wait begins behind the message that the
 * wait before it found, so what came too early is found as well.
 */
export class JsonInbox {
  readonly #waiters = new Set<Waiter>()
  #messages: JsonObject[] = []
  #next = 0

  push (message: JsonObject): void {
    if (this.#messages.length === KEEP_MESSAGES) {
      this.#messages = this.#messages.slice(KEEP_MESSAGES / 2)
      this.#next = Math.max(0, this.#next - KEEP_MESSAGES / 2)
    }
    this.#messages.push(message)
    for (const waiter of this.#waiters) {
      if (!waiter.predicate(message)) continue
      this.#settle(waiter)
      this.#next = this.#messages.length
      waiter.resolve(message)
    }
  }

  waitFor (predicate: MessagePredicate, timeoutMs: number): Promise<JsonObject> {
    for (let at = this.#next; at < this.#messages.length; at++) {
      const message = this.#messages[at]!
      if (!predicate(message)) continue
      this.#next = at + 1
      return Promise.resolve(message)
    }
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiters.delete(waiter)
        reject(new Error(`no such message in ${timeoutMs} ms; last came: ${this.#describeLast()}`))
      }, timeoutMs)
      const waiter: Waiter = { predicate, resolve, reject, timer }
      this.#waiters.add(waiter)
    })
  }

  close (reason: string): void {
    for (const waiter of this.#waiters) {
      this.#settle(waiter)
      waiter.reject(new Error(reason))
    }
  }

  #settle (waiter: Waiter): void {
    clearTimeout(waiter.timer)
    this.#waiters.delete(waiter)
  }

  #describeLast (): string {
    const last = this.#messages.at(-1)
    return last === undefined ? 'nothing' : JSON.stringify(last).slice(0, 200)
  }
}
