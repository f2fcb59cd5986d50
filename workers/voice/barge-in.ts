// hot path
import { EchoDetector } from './echo-detector.js'
import type { HearingSink } from './types.js'

/**
 * Tells somebody who speaks from a listener's noise and from the answer's own echo: by how long an
 * utterance has had a voice that does not sound like what the device plays.
 */
export class BargeIn {
  readonly echo = new EchoDetector()
  readonly #leastMs: number
  #voicedMs = 0
  #foreignMs = 0
  #isEchoTold = false
  #isTold = false

  constructor (leastMs: number) { this.#leastMs = leastMs }

  /** A sound begins. */
  begin (): void {
    this.#voicedMs = 0
    this.#foreignMs = 0
    this.#isEchoTold = false
    this.#isTold = false
  }

  /** A window of the utterance has a voice: tells `sink` once it has had it for long enough. */
  push (windowMs: number, isSpeech: boolean, sink: HearingSink): void {
    if (this.#isTold) return
    this.#voicedMs += windowMs
    // An echo takes back what came before: of its first syllable there was too little to compare.
    this.#foreignMs = this.echo.isEcho() ? 0 : this.#foreignMs + windowMs
    if (!isSpeech || this.#voicedMs < this.#leastMs) return
    if (this.#foreignMs >= this.#leastMs) {
      this.#isTold = true
      sink.onSpeechLasts()
    } else if (!this.#isEchoTold) {
      this.#isEchoTold = true
      sink.onEchoLasts()
    }
  }
}
