import { isSteps, maybe, Violation } from './machine.js'
import { MakeShared, type Steps } from './memory.js'

type Callback = () => unknown

/**
 * The event loop of a model thread with one message port: in each turn first the messages that have
 * arrived, then what was set by setImmediate before. With neither it blocks.
 */
export class EventLoop {
  static #current: EventLoop | undefined
  /** The most messages that were under way at once. */
  mostUnderWay = 0
  readonly #posted = new Int32Array(MakeShared(4))
  readonly #listeners: Callback[] = []
  #immediates: Callback[] = []

  readonly port = {
    postMessage: () => this.#post(),
    on: (_event: string, listener: Callback): void => { this.#listeners.push(listener) }
  }

  static readonly setImmediate = (callback: Callback): void => {
    if (EventLoop.#current === undefined) throw new Violation('setImmediate outside of an event loop')
    EventLoop.#current.#immediates.push(callback)
  }

  /** Timers of the sources only try again; a scenario does that by itself. */
  static readonly setTimeout = (): number => 1
  /** Time stands still: no slice ends for being slow. */
  static readonly performance = { now: (): number => 0, timeOrigin: 0 }

  static #within<T> (loop: EventLoop, work: () => T): T {
    EventLoop.#current = loop
    const result = work()
    EventLoop.#current = undefined
    return result
  }

  * run (isDone: () => unknown): Steps {
    for (;;) {
      if ((yield * maybe(isDone())) === true) return undefined
      if (this.#immediates.length === 0) yield ['awaitNonZero', this.#posted, 0]
      const messages = (yield ['load', this.#posted, 0]) as number
      for (let message = 0; message < messages; message++) {
        yield ['sub', this.#posted, 0, 1]
        for (const listener of this.#listeners) yield * this.#call(listener)
      }
      const due = this.#immediates
      this.#immediates = []
      for (const callback of due) yield * this.#call(callback)
    }
  }

  * #call (callback: Callback): Steps {
    // Set for what runs before the first step and after each: another thread may run in between.
    const inner = EventLoop.#within(this, () => callback())
    if (!isSteps(inner)) return undefined
    let result = EventLoop.#within(this, () => inner.next())
    while (result.done !== true) {
      const answer: unknown = yield result.value
      result = EventLoop.#within(this, () => inner.next(answer))
    }
    return undefined
  }

  * #post (): Steps {
    const before = (yield ['add', this.#posted, 0, 1]) as number
    this.mostUnderWay = Math.max(this.mostUnderWay, before + 1)
    return undefined
  }
}
