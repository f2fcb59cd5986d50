import type { StreamedUtterance } from '../../native-bindings/streaming-recogniser.js'

const SAMPLES_PER_MS = 16

/** One utterance from its beginning to its result. */
export class Speech {
  readonly slot: number
  readonly generation: number
  /** Which of the seat's utterances it is, until its endpoint gives it a number. */
  readonly number: number
  /** Index of the voice worker that it comes from. */
  readonly voice: number
  readonly utterance: StreamedUtterance
  /** Its number in the endpoint, once that is known; then no audio follows. */
  endpoint = -1
  #told = ''
  #toldAtMs = 0

  constructor (slot: number, generation: number, number: number, voice: number, utterance: StreamedUtterance) {
    this.slot = slot
    this.generation = generation
    this.number = number
    this.voice = voice
    this.utterance = utterance
  }

  get isOver (): boolean { return this.endpoint >= 0 }
  get heardMs (): number { return Math.floor(this.utterance.acceptedSamples / SAMPLES_PER_MS) }

  finish (endpoint: number): void {
    this.endpoint = endpoint
    this.utterance.finish()
  }

  /** The words so far, if they are news and the last news are old enough. */
  nextPartial (everyMs: number): string | undefined {
    const ms = this.heardMs
    if (this.#told !== '' && ms - this.#toldAtMs < everyMs) return undefined
    const { text } = this.utterance
    if (text === this.#told) return undefined
    this.#told = text
    this.#toldAtMs = ms
    return text
  }
}
