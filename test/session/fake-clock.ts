import type { Clock, Scheduled } from '../../src/session/playout-clock.js'

/** A clock that stands still until it is told; it rounds up to 5 ms, as the real one does. */
export class FakeClock implements Clock {
  readonly #due = new Map<Scheduled, number>()
  readonly #slotMs: number
  #now: number

  constructor (now = 1000, slotMs = 5) {
    this.#now = now
    this.#slotMs = slotMs
  }

  get scheduled (): number { return this.#due.size }

  now (): number { return this.#now }

  schedule (item: Scheduled, dueAt: number): void {
    this.#due.set(item, Math.max(Math.ceil(dueAt / this.#slotMs) * this.#slotMs, this.#now))
    item.slot = 1
  }

  cancel (item: Scheduled): void {
    this.#due.delete(item)
    item.slot = -1
  }

  /** Lets time pass; what is due meanwhile happens at its time. */
  advance (ms: number): void {
    const until = this.#now + ms
    for (;;) {
      const next = [...this.#due].sort((a, b) => a[1] - b[1])[0]
      if (next === undefined || next[1] > until) break
      const [item, dueAt] = next
      this.#now = Math.max(this.#now, dueAt)
      this.cancel(item)
      item.onDue(this.#now)
    }
    this.#now = until
  }

  /** Time passes, but nobody is served: the thread was busy. */
  block (ms: number): void { this.#now += ms }
}
