// hot path
//
//            voiced                    minSpeech voiced
//   quiet ------------> onset ------------------------------> speech
//     ^                   |                                     |  |
//     |   onset silence   |                                     |  | length: the piece ends,
//     +-------------------+                                     |  | the next one begins at once
//     +---------------------------------------------------------+  v
//               end silence, or the agreed one                 speech

const QUIET = 0
const ONSET = 1
const SPEECH = 2

/** What a window brought about. */
export const NOTHING = 0
/** A sound that may be speech begins with this window: keep it. */
export const BEGAN = 1
/** It is speech. */
export const STARTED = 2
/** What began was too short; forget it. */
export const DROPPED = 3
/** The end silence is complete. */
export const ENDED = 4
/** The piece is as long as the recogniser takes; the speech goes on. */
export const CUT = 5

// A sound that stays shorter than the minimum is given up after this much quiet.
const ONSET_SILENCE_MS = 320
// The last stretch of a piece, in which a pause between words is taken as the place to cut. It is
// at most a quarter of a piece: where it is all of it, every silent window would be a cut.
const CUT_WINDOW_MS = 4000
const CUT_WINDOW_SHARE = 0.25

export interface EndpointerOptions {
  readonly speechThreshold: number
  readonly silenceThreshold: number
  readonly minSpeechMs: number
  readonly endSilenceMs: number
  /** The end silence once a recogniser takes the speech for ended, too. */
  readonly agreedSilenceMs: number
  readonly maxUtteranceMs: number
}

/**
 * Finds the beginning and the end of speech in a stream of window probabilities. It counts windows
 * and knows no clock: the same audio gives the same endpoints however late it came.
 */
export class Endpointer {
  readonly #options: EndpointerOptions
  readonly #windowMs: number
  readonly #cutWindowMs: number
  #state = QUIET
  #isVoiced = false
  #voicedMs = 0
  #silenceMs = 0
  #lengthMs = 0
  #isAgreed = false

  constructor (options: EndpointerOptions, windowMs: number) {
    this.#options = options
    this.#windowMs = windowMs
    this.#cutWindowMs = Math.min(CUT_WINDOW_MS, options.maxUtteranceMs * CUT_WINDOW_SHARE)
  }

  /** Silence at the end of what was pushed, in ms. */
  get silenceMs (): number { return this.#silenceMs }
  get isInSpeech (): boolean { return this.#state === SPEECH }
  /** Is the last window part of what may be speech, and voiced? */
  get hasVoice (): boolean { return this.isOpen && this.#isVoiced }
  get isOpen (): boolean { return this.#state !== QUIET }

  /** Might speech end by what comes in the next `ms`? */
  mayEndWithin (ms: number): boolean { return this.#state === SPEECH && this.#silenceMs + ms >= this.#endAfterMs }

  reset (): void {
    this.#state = QUIET
    this.#isVoiced = false
    this.#voicedMs = 0
    this.#silenceMs = 0
    this.#lengthMs = 0
    this.#isAgreed = false
  }

  /** Did the last end come before the whole end silence? */
  get isEarly (): boolean { return this.#silenceMs < this.#options.endSilenceMs }

  /** A recogniser takes the speech for ended: less silence will do, until a voice is heard. */
  agree (): void { this.#isAgreed = this.#state === SPEECH && !this.#isVoiced }

  /** @returns one of the events above */
  push (probability: number): number {
    if (probability >= this.#options.speechThreshold) this.#isVoiced = true
    else if (probability < this.#options.silenceThreshold) this.#isVoiced = false
    this.#silenceMs = this.#isVoiced ? 0 : this.#silenceMs + this.#windowMs
    if (this.#isVoiced) {
      this.#voicedMs += this.#windowMs
      this.#isAgreed = false
    }
    this.#lengthMs += this.#windowMs
    switch (this.#state) {
      case QUIET: return this.#isVoiced ? this.#begin() : NOTHING
      case ONSET: return this.#pushOnset()
      default: return this.#pushSpeech()
    }
  }

  #begin (): number {
    this.#state = this.#options.minSpeechMs <= this.#windowMs ? SPEECH : ONSET
    this.#voicedMs = this.#windowMs
    this.#lengthMs = this.#windowMs
    return this.#state === SPEECH ? STARTED : BEGAN
  }

  #pushOnset (): number {
    if (this.#isVoiced && this.#voicedMs >= this.#options.minSpeechMs) {
      this.#state = SPEECH
      return STARTED
    }
    if (this.#silenceMs < ONSET_SILENCE_MS) return NOTHING
    this.#state = QUIET
    return DROPPED
  }

  get #endAfterMs (): number {
    const { endSilenceMs, agreedSilenceMs } = this.#options
    return this.#isAgreed ? Math.min(agreedSilenceMs, endSilenceMs) : endSilenceMs
  }

  #pushSpeech (): number {
    if (this.#silenceMs >= this.#endAfterMs) {
      this.#state = QUIET
      return ENDED
    }
    const left = this.#options.maxUtteranceMs - this.#lengthMs
    if (left > 0 && (left > this.#cutWindowMs || this.#isVoiced)) return NOTHING
    this.#lengthMs = 0
    return CUT
  }
}
