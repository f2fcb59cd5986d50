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
  let waitMs = options.firstMs
  let isExhausted = false
  try {
    for (;;) {
      const result = await nextWithin(iterator, waitMs, options.signal)
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
    void scope.close()
    if (!isExhausted) stop(iterator)
  }
}

// Not `Promise.race`: each race would leave a reaction on the signal's promise until the signal
// goes.
function nextWithin<T> (iterator: AsyncIterator<T>, waitMs: number, signal: AbortSignal): Promise<Next<T>> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => { settle(); resolve(LATE) }, waitMs)
    const onAbort = (): void => { settle(); resolve(ABORTED) }
    const settle = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', onAbort)
    }
    signal.addEventListener('abort', onAbort, { once: true })
    iterator.next().then(
      result => { settle(); resolve(result) },
      (error: unknown) => { settle(); reject(error) }
    )
  })
}

function stop (iterator: AsyncIterator<unknown>): void {
  iterator.return?.().catch(ignoreLateError)
}

// The consumer has its answer already; what a stopped source says afterwards has no reader.
function ignoreLateError (_error: unknown): void {}
