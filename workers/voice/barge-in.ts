// hot path

import { EchoDetector } from './echo-detector.js'

/**
 * Tells somebody who speaks from a listener's noise and from the answer's own echo: by how long an
 * utterance has had a voice that does not sound like what the device plays.
 */
export class BargeIn {
  readonly echo = new EchoDetector()
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
    // An echo takes back what came before: of its first syllable there was too little to compare.
    this.#lastsMs = this.echo.isEcho() ? 0 : this.#lastsMs + windowMs
    this.#isTold = isSpeech && this.#lastsMs >= this.#leastMs
    return this.#isTold
  }
}
