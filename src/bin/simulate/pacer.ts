import type { Deadline, DeadlineClock } from '../../../tools/simulator/deadline-clock.js'

/** Waits on the one timer that all devices share. */
export class Pacer {
  readonly #clock: DeadlineClock
  readonly #waiting = new Map<Deadline, () => void>()
  #isStopped = false

  constructor (clock: DeadlineClock) {
    this.#clock = clock
  }

  get isStopped (): boolean { return this.#isStopped }

  /** Resolves at that moment of the clock, or at once when the pacer is stopped. */
  waitUntil (atMs: number): Promise<void> {
    if (this.#isStopped) return Promise.resolve()
    return new Promise(resolve => {
      const task: Deadline = {
        dueMs: atMs,
        run: () => {
          this.#waiting.delete(task)
          resolve()
        }
      }
      this.#waiting.set(task, resolve)
      this.#clock.add(task)
    })
  }

  /** Nobody waits any longer. */
  stop (): void {
    this.#isStopped = true
    for (const [task, resolve] of this.#waiting) {
      this.#clock.remove(task)
      resolve()
    }
    this.#waiting.clear()
  }
}
