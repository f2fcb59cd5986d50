import { ChorusError } from './errors.js'
import { Scope } from './scope.js'

export interface DeadlineOptions {
  /** Who is waited for, as in errors: `llm/openai`. */
  readonly name: string
  /** The longest wait for the first item. */
  readonly firstMs: number
  /** The longest wait for each item after it. */
  readonly stallMs: number
  readonly signal: AbortSignal
}

export type DeadlineSource<T> = AsyncIterable<T> | ((signal: AbortSignal) => AsyncIterable<T>)

const ABORTED = Symbol('aborted')
const LATE = Symbol('late')

type Next<T> = IteratorResult<T> | typeof ABORTED | typeof LATE

/**
 * Passes `source` on, but never waits longer than the deadlines; ends without an error when the
 * signal aborts. Time that the consumer takes between two items does not count.
 *
 * A generator that hangs inside an `await` queues its `return()` behind that await, so the source
 * is told to stop and not waited for. Given as a function, it gets a signal that aborts whenever
 * this stream ends, so that what it holds open closes after a timeout, too, and not with the turn
 * only.
 * @throws CHORUS_PROVIDER_TIMEOUT, and whatever the source throws
 */
export async function * withDeadlines<T> (source: DeadlineSource<T>, options: DeadlineOptions): AsyncGenerator<T, void, void> {
  if (options.signal.aborted) return
  const scope = new Scope(options.signal)
  const iterator = (typeof source === 'function' ? source(scope.signal) : source)[Symbol.asyncIterator]()
  const watch = new Watch(options.signal)
  let waitMs = options.firstMs
  let isExhausted = false
  try {
    for (;;) {
      const result = await watch.next(iterator, waitMs)
      if (result === ABORTED) return
      if (result === LATE) throw new ChorusError('CHORUS_PROVIDER_TIMEOUT', [options.name, waitMs])
      if (result.done === true) {
        isExhausted = true
        return
      }
      yield result.value
      if (options.signal.aborted) return
      waitMs = options.stallMs
    }
  } finally {
    watch.end()
    void scope.close()
    if (!isExhausted) stop(iterator)
  }
}

/**
 * Waits for one item after the other with one listener and one timer: an answer has a hundred
 * items, and each of its own would cost more than the item. Not `Promise.race` either: each race
 * would leave a reaction on the signal's promise until the signal goes.
 */
class Watch {
  readonly #signal: AbortSignal
  readonly #onAbort = (): void => { this.#settle?.(ABORTED) }
  readonly #onLate = (): void => { this.#settle?.(LATE) }
  #settle: ((outcome: typeof ABORTED | typeof LATE) => void) | undefined
  #timer: NodeJS.Timeout | undefined
  #timerMs = -1

  constructor (signal: AbortSignal) {
    this.#signal = signal
    signal.addEventListener('abort', this.#onAbort, { once: true })
  }

  next<T> (iterator: AsyncIterator<T>, waitMs: number): Promise<Next<T>> {
    return new Promise((resolve, reject) => {
      this.#settle = outcome => { this.#settle = undefined; resolve(outcome) }
      this.#arm(waitMs)
      iterator.next().then(
        result => { this.#settle = undefined; resolve(result) },
        (error: unknown) => { this.#settle = undefined; reject(error as Error) }
      )
    })
  }

  end (): void {
    clearTimeout(this.#timer)
    this.#signal.removeEventListener('abort', this.#onAbort)
  }

  // While nobody waits it runs on, and finds nothing to settle.
  #arm (waitMs: number): void {
    if (waitMs === this.#timerMs) { this.#timer!.refresh(); return }
    clearTimeout(this.#timer)
    this.#timerMs = waitMs
    this.#timer = setTimeout(this.#onLate, waitMs)
  }
}

function stop (iterator: AsyncIterator<unknown>): void {
  iterator.return?.().catch(ignoreLateError)
}

// The consumer has its answer already; what a stopped source says afterwards has no reader.
function ignoreLateError (_error: unknown): void {}
