// hot path
import { PAGE_SAMPLES, type UtteranceArena } from '../../src/ring/utterance-arena.js'
import type { SpeechTap } from './speech-tap.js'
import type { Endpoint } from '../../src/ring/endpoint.js'

/** The utterance that a seat is writing into the arena; it holds one reference to each page. */
export class Utterance {
  /** Listens along, where there is a streaming recogniser. */
  tap: SpeechTap | null = null
  readonly #arena: UtteranceArena
  /** The first `#pageCount` are its own; the list lives on, so that none grows old in the heap. */
  readonly #pages: number[] = []
  #pageCount = 0
  #samples = 0
  #startSample = 0
  #isOpen = false

  constructor (arena: UtteranceArena) {
    this.#arena = arena
  }

  get isOpen (): boolean { return this.#isOpen }
  get samples (): number { return this.#samples }

  open (startSample: number): void {
    this.discard()
    this.#isOpen = true
    this.#startSample = startSample
    this.tap?.begin()
  }

  /** Appends samples; false when the arena has no page left, and then only a part was kept. */
  append (samples: Int16Array, count: number): boolean {
    this.tap?.append(samples, count)
    for (let at = 0; at < count;) {
      const offset = this.#samples % PAGE_SAMPLES
      if (offset === 0 && !this.#addPage()) return false
      const fitting = Math.min(count - at, PAGE_SAMPLES - offset)
      this.#arena.write(this.#pages[this.#pageCount - 1]!, offset, samples, at, fitting)
      this.#samples += fitting
      at += fitting
    }
    return true
  }

  /** Closes the utterance; its page references go to the endpoint that is returned. */
  close (utterance: number, reason: number, silenceSamples: number): Endpoint {
    const endpoint = this.#describe(utterance, reason, silenceSamples)
    this.tap?.end(utterance)
    this.#forget()
    return endpoint
  }

  /** What `close` would return, with references of its own; the utterance goes on. */
  snapshot (utterance: number, reason: number, silenceSamples: number): Endpoint {
    for (let at = 0; at < this.#pageCount; at++) this.#arena.retain(this.#pages[at]!)
    return this.#describe(utterance, reason, silenceSamples)
  }

  discard (): void {
    this.tap?.drop()
    for (let at = 0; at < this.#pageCount; at++) this.#arena.release(this.#pages[at]!)
    this.#forget()
  }

  #describe (utterance: number, reason: number, silenceSamples: number): Endpoint {
    const endSample = this.#startSample + this.#samples
    const speechEndSample = Math.max(this.#startSample, endSample - silenceSamples)
    return { utterance, startSample: this.#startSample, endSample, speechEndSample, reason, pages: this.#pages.slice(0, this.#pageCount) }
  }

  #forget (): void {
    this.#pageCount = 0
    this.#samples = 0
    this.#isOpen = false
  }

  #addPage (): boolean {
    const page = this.#arena.take()
    if (page < 0) return false
    this.#pages[this.#pageCount++] = page
    return true
  }
}
