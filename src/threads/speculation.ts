import type { WorkTimes } from '../core/turn-stages.js'
import type { Endpoint } from '../ring/endpoint.js'
import type { Recogniser, Utterance } from './recogniser.js'

/** One utterance that is recognised although it may go on. */
interface Guess {
  readonly utterance: number
  readonly speechEndSample: number
  readonly words: Promise<string>
  /** When the recogniser was at work on it. */
  readonly times: WorkTimes
  /** In ms. */
  readonly startedAt: number
  /** Can it still be adopted? */
  isOpen: boolean
  /** How long the recogniser was busy with it, in ms; -1 while it is. */
  tookMs: number
}

/** Words that were being looked for before the utterance ended. */
export interface Adopted { readonly words: string, readonly times: WorkTimes }

/** What speculation gave and what it cost, since the start. */
export interface SpeculationFigures {
  readonly started: number
  /** Its words were those of an utterance that ended there. */
  readonly adopted: number
  /** By how much sooner those words were there, in ms. */
  readonly savedMs: number
  /** The speech went on, nobody wanted it any more, or the recogniser failed. */
  readonly wasted: number
  /** Time of recognisers in those, in ms. */
  readonly wastedMs: number
  /** Pauses at which no recogniser was free, or the one before was not done. */
  readonly declined: number
}

/**
 * Recognises at a pause what will be the whole utterance if nothing follows, so that at its end the
 * words are there already. Only on a recogniser that is idle and costs nothing, one guess for each
 * slot; words are adopted only where the utterance and the end of its speech are the same.
 */
export class Speculation {
  readonly #recogniser: Recogniser
  readonly #guesses = new Map<number, Guess>()
  #started = 0
  #adopted = 0
  #savedMs = 0
  #wasted = 0
  #wastedMs = 0
  #declined = 0

  constructor (recogniser: Recogniser) {
    this.#recogniser = recogniser
  }

  get figures (): SpeculationFigures {
    return {
      started: this.#started,
      adopted: this.#adopted,
      savedMs: Math.round(this.#savedMs),
      wasted: this.#wasted,
      wastedMs: Math.round(this.#wastedMs),
      declined: this.#declined
    }
  }

  /** Speech has paused; `release` is called once, when nothing reads its pages any more. */
  offer (slot: number, endpoint: Endpoint, utterance: Utterance, signal: AbortSignal, release: () => void): void {
    this.forget(slot)
    if (!this.#recogniser.takesGuesses) { release(); return }
    if (this.#guesses.has(slot) || !this.#recogniser.isIdle) {
      this.#declined++
      release()
      return
    }
    this.#started++
    const startedAt = performance.now()
    const times: WorkTimes = { begunAt: 0, endedAt: 0 }
    const words = this.#recogniser.recognise(utterance, signal, times)
    const { speechEndSample } = endpoint
    const guess: Guess = { utterance: endpoint.utterance, speechEndSample, words, times, startedAt, isOpen: true, tookMs: -1 }
    this.#guesses.set(slot, guess)
    const done = (): void => {
      release()
      guess.tookMs = performance.now() - startedAt
      if (!guess.isOpen) this.#waste(slot, guess)
    }
    words.then(done, done)
  }

  /**
   * The utterance has ended.
   * @returns its words, if they are known already or on their way; none when that goes wrong
   */
  adopt (slot: number, endpoint: Endpoint): Promise<Adopted | undefined> | undefined {
    const guess = this.#guesses.get(slot)
    if (guess === undefined || !guess.isOpen) return undefined
    if (guess.utterance !== endpoint.utterance || guess.speechEndSample !== endpoint.speechEndSample) {
      this.forget(slot)
      return undefined
    }
    this.#guesses.delete(slot)
    return this.#harvest(slot, guess)
  }

  async #harvest (slot: number, guess: Guess): Promise<Adopted | undefined> {
    const aheadMs = performance.now() - guess.startedAt
    try {
      const words = await guess.words
      this.#adopted++
      this.#savedMs += Math.min(aheadMs, guess.tookMs)
      return { words, times: guess.times }
    } catch {
      this.#waste(slot, guess)
      return undefined
    }
  }

  /** Nobody wants what was said until now. A guess that runs is counted when it is done. */
  forget (slot: number): void {
    const guess = this.#guesses.get(slot)
    if (guess === undefined) return
    guess.isOpen = false
    if (guess.tookMs >= 0) this.#waste(slot, guess)
  }

  #waste (slot: number, guess: Guess): void {
    if (this.#guesses.get(slot) === guess) this.#guesses.delete(slot)
    this.#wasted++
    this.#wastedMs += guess.tookMs
  }
}
