// hot path

/** Tells somebody who speaks from a listener's noise: by how long an utterance has had a voice. */
export class BargeIn {
  readonly #leastMs: number
  #lastsMs = 0
  #isTold = false

  constructor (leastMs: number) { this.#leastMs = leastMs }

  /** A sound begins. */
  begin (): void {
    this.#lastsMs = 0
    this.#isTold = false
  }

  /** A window of the open utterance has a voice. @returns whether it lasts by now; true once */
  lasts (windowMs: number, isSpeech: boolean): boolean {
    if (this.#isTold) return false
    this.#lastsMs += windowMs
    this.#isTold = isSpeech && this.#lastsMs >= this.#leastMs
    return this.#isTold
  }
}
