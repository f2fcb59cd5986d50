// hot path

/**
 * A time in µs that all threads of the process share, modulo 2^32 (it comes round every 71 min):
 * subtract two of them with `microsecondsSince`. Signed, or it would be a double half of the time
 * and the objects that hold it would change their shape.
 */
export function microseconds (): number { return microsecondsOf(performance.now()) }

/** The same of a time that this thread's `performance.now()` gave, or will give. */
export function microsecondsOf (ms: number): number { return ((performance.timeOrigin + ms) * 1000) | 0 }

/** @returns µs from `then` to now; negative when the clocks of two threads differ by a little */
export function microsecondsSince (then: number, now: number): number {
  return (now - then) | 0
}
