import { ChorusError } from '../core/errors.js'
import type { WorkTimes } from '../core/turn-stages.js'
import { ENDED_BY_LENGTH, type Endpoint, type EndpointTimes } from '../ring/endpoint.js'
import { microseconds, microsecondsSince } from '../ring/microseconds.js'
import type { SlotTable } from '../ring/slot-table.js'
import type { UtteranceArena } from '../ring/utterance-arena.js'
import type { EngineSink } from './engine-sink.js'
import type { Recogniser, Utterance } from './recogniser.js'
import { Speculation, type SpeculationFigures } from './speculation.js'

/**
 * Silence after the last speech that the recogniser gets, 200 ms: with much more, Moonshine says
 * nothing, and with more than a pause has, its end would not be the same utterance. From 200 to
 * 400 ms it makes no difference (`npm run bench:recognition`).
 */
export const TAIL_SAMPLES = 200 * 16

interface Listener {
  readonly slot: number
  readonly generation: number
  readonly language: string
  /** Results are told in the order of the endpoints: each waits for the one before. */
  tail: Promise<void>
  /** Endpoints whose words are not told yet, and when the last of them was recognised. */
  open: number
  last: Progress | undefined
  /** Of those endpoints; when they are not wanted any more, another takes its place. */
  controller: AbortController
}

/** Of one endpoint, from the moment at which it was taken. */
interface Progress extends EndpointTimes, WorkTimes { readonly takenAt: number, isGuess: boolean }

/** Where something was heard. */
export interface HeardIn {
  readonly slot: number
  readonly generation: number
  /** Flags of the order to hear. */
  readonly hearing: number
}

/** Why recognition ends early although the session goes on: the words are told as none. */
const UNWANTED = new Error('nobody wants these words any more')

/** Takes endpoints to the recogniser and the words to the session, and lets the pages go. */
export class Recognition {
  readonly #recogniser: Recogniser
  readonly #arenas: readonly UtteranceArena[]
  readonly #slots: SlotTable
  readonly #sink: EngineSink
  readonly #timeoutMs: number
  readonly #speculation: Speculation
  readonly #listeners = new Map<number, Listener>()

  constructor (recogniser: Recogniser, arenas: readonly UtteranceArena[], slots: SlotTable, sink: EngineSink, timeoutMs: number) {
    this.#recogniser = recogniser
    this.#arenas = arenas
    this.#slots = slots
    this.#sink = sink
    this.#timeoutMs = timeoutMs
    this.#speculation = new Speculation(recogniser)
  }

  get speculation (): SpeculationFigures { return this.#speculation.figures }

  open (slot: number, generation: number, language: string): void {
    const controller = new AbortController()
    this.#listeners.set(slot, { slot, generation, language, tail: Promise.resolve(), open: 0, last: undefined, controller })
  }

  /** The session hears afresh, or not at all: what it has said until now is recognised in vain. */
  forget (slot: number): void {
    this.#speculation.forget(slot)
    const listener = this.#listeners.get(slot)
    if (listener === undefined || listener.open === 0) return
    listener.controller.abort(UNWANTED)
    listener.controller = new AbortController()
  }

  close (slot: number): void {
    this.#speculation.forget(slot)
    this.#listeners.get(slot)?.controller.abort(new ChorusError('CHORUS_STOPPING'))
    this.#listeners.delete(slot)
  }

  /** Owns the endpoint's pages from here on, whatever happens. */
  onPause ({ slot, generation, hearing }: HeardIn, arena: number, endpoint: Endpoint): void {
    const listener = this.#listeners.get(slot)
    const release = (): void => { this.#release(arena, endpoint) }
    if (listener?.generation !== generation || !this.#sink.onPause(slot, hearing)) release()
    else this.#speculation.offer(slot, endpoint, utteranceOf(listener, arena, endpoint), listener.controller.signal, release)
  }

  /** Owns the endpoint's pages from here on, whatever happens. */
  onEndpoint ({ slot, generation, hearing }: HeardIn, arena: number, endpoint: Endpoint, times: EndpointTimes): void {
    const takenAt = microseconds()
    const listener = this.#listeners.get(slot)
    if (listener === undefined || listener.generation !== generation || !this.#sink.onEndpoint(slot, hearing, endpoint.reason)) {
      this.#release(arena, endpoint)
      return
    }
    const progress: Progress = { ...times, takenAt, begunAt: takenAt, endedAt: takenAt, isGuess: false }
    const before = listener.open > 0 ? listener.last : undefined
    listener.open++
    listener.last = progress
    const result = this.#recognise(listener, arena, endpoint, progress)
    listener.tail = listener.tail.then(async () => {
      const text = await result
      // Its words were waited for, too.
      if (before !== undefined && microsecondsSince(progress.endedAt, before.endedAt) > 0) progress.endedAt = before.endedAt
      this.#tell(listener, endpoint, text, progress)
    })
  }

  /** The words or what went wrong, within the time; never rejects. */
  async #recognise (listener: Listener, arena: number, endpoint: Endpoint, progress: Progress): Promise<string | Error> {
    const { signal } = listener.controller
    const deadline = new AbortController()
    const giveUp = (): void => { deadline.abort(signal.reason) }
    const timer = setTimeout(() => { deadline.abort(new ChorusError('CHORUS_PROVIDER_TIMEOUT', ['asr', this.#timeoutMs])) }, this.#timeoutMs)
    signal.addEventListener('abort', giveUp, { once: true })
    try {
      return await Promise.race([this.#run(listener, arena, endpoint, progress, deadline.signal), whenAborted(deadline.signal)])
    } catch (error) {
      if (error === UNWANTED) return ''
      return error instanceof Error ? error : new Error(String(error))
    } finally {
      clearTimeout(timer)
      signal.removeEventListener('abort', giveUp)
    }
  }

  // What runs reads its pages although nobody waits for it any more.
  async #run (listener: Listener, arena: number, endpoint: Endpoint, progress: Progress, signal: AbortSignal): Promise<string> {
    try {
      const guess = this.#speculation.adopt(listener.slot, endpoint)
      const adopted = guess === undefined ? undefined : await guess
      if (adopted === undefined) return await this.#recogniser.recognise(utteranceOf(listener, arena, endpoint), signal, progress)
      Object.assign(progress, adopted.times, { isGuess: true })
      return adopted.words
    } finally {
      this.#release(arena, endpoint)
    }
  }

  #tell (listener: Listener, endpoint: Endpoint, text: string | Error, progress: Progress): void {
    const { slot, generation } = listener
    listener.open--
    if (this.#listeners.get(slot) !== listener || !this.#slots.isAttached(slot, generation)) return
    if (typeof text === 'string') this.#sink.onTranscript(slot, text, endpoint.reason === ENDED_BY_LENGTH, progress)
    else this.#sink.onRecognitionFailed(slot, text)
  }

  #release (arena: number, endpoint: Endpoint): void {
    for (const page of endpoint.pages) this.#arenas[arena]!.release(page)
  }
}

function utteranceOf ({ slot, generation, language }: Listener, arena: number, endpoint: Endpoint): Utterance {
  // The clock of samples comes round after three days.
  const spoken = (sample: number): number => (sample - endpoint.startSample) >>> 0
  const samples = Math.min(spoken(endpoint.endSample), spoken(endpoint.speechEndSample) + TAIL_SAMPLES)
  return { arena, pages: endpoint.pages, samples, language, name: { slot, generation, utterance: endpoint.utterance } }
}

function whenAborted (signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const fail = (): void => { reject(signal.reason as Error) }
    if (signal.aborted) fail()
    else signal.addEventListener('abort', fail, { once: true })
  })
}
