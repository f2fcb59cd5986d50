/**
 * One timer for all who look again and again: at each beat all of them look at once. A timer, a
 * promise and a listener for each look of each conversation were a third of this thread's work.
 */
export class Beat {
  readonly #everyMs: number
  #next: Promise<void> | undefined

  constructor (everyMs: number) {
    this.#everyMs = everyMs
  }

  /** Resolves at the next beat; without anybody who waits there is none. */
  wait (): Promise<void> {
    this.#next ??= new Promise(resolve => {
      setTimeout(() => {
        this.#next = undefined
        resolve()
      }, this.#everyMs)
    })
    return this.#next
  }
}
