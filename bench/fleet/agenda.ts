import { periodMs, type Scenario } from './scenario.js'

/** What one cycle of a conversation is planned to be; moments of `performance.now()`. */
export interface Cycle {
  /** Infinity: not in this cycle. */
  readonly reconnectAtMs: number
  readonly isHalfOpen: boolean
  readonly wakeAtMs: number
  readonly askAtMs: number
  readonly bargeInAtMs: number
}

const NOTHING_PLANNED: Cycle = { reconnectAtMs: Infinity, isHalfOpen: false, wakeAtMs: Infinity, askAtMs: Infinity, bargeInAtMs: Infinity }
/** Before the question: time to connect, and for the greeting of somebody who was woken. */
const RECONNECT_BEFORE_MS = 5500
const WAKE_BEFORE_MS = 4500
/** How far into an answer somebody interrupts it. */
const BARGE_IN_FROM_MS = 1000
const BARGE_IN_WITHIN_MS = 3000

/**
 * The plan of one device, cycle by cycle. It is the seed's alone: a slow server changes nothing in
 * it, so that the load does not yield where the server does.
 */
export class Agenda {
  readonly #scenario: Scenario
  readonly #random: () => number
  #nextMs: number

  constructor (scenario: Scenario, firstAskMs: number, random: () => number) {
    this.#scenario = scenario
    this.#random = random
    this.#nextMs = firstAskMs
  }

  next (): Cycle {
    if (this.#scenario.conversation.wakesOnly) return NOTHING_PLANNED
    const { bargeInShare, wakeUpShare, reconnectShare, speechSeconds, waitSeconds } = this.#scenario.conversation
    const askAtMs = this.#nextMs
    const isDue = (share: number): boolean => this.#random() < share
    const reconnects = isDue(reconnectShare)
    const wakes = isDue(wakeUpShare)
    const interrupts = isDue(bargeInShare)
    const bargeInMs = (speechSeconds + waitSeconds) * 1000 + BARGE_IN_FROM_MS + this.#random() * BARGE_IN_WITHIN_MS
    const isHalfOpen = isDue(this.#scenario.impairment.halfOpenShare)
    // The question that interrupts has its own wait, answer and pause.
    this.#nextMs = askAtMs + (interrupts ? bargeInMs : 0) + periodMs(this.#scenario)
    return {
      reconnectAtMs: reconnects ? askAtMs - RECONNECT_BEFORE_MS : Infinity,
      isHalfOpen,
      wakeAtMs: wakes ? askAtMs - WAKE_BEFORE_MS : Infinity,
      askAtMs,
      bargeInAtMs: interrupts ? askAtMs + bargeInMs : Infinity
    }
  }
}

/** When a device loses its connection together with all others. */
export class Storms {
  readonly #everyMs: number
  readonly #offsetMs: number
  #nextMs: number

  constructor ({ stormEverySeconds, stormSeconds }: Scenario, startMs: number, random: () => number) {
    this.#everyMs = stormEverySeconds > 0 ? stormEverySeconds * 1000 : Infinity
    this.#offsetMs = random() * stormSeconds * 1000
    this.#nextMs = startMs + this.#everyMs
  }

  /** True once per storm. */
  isDue (atMs: number): boolean {
    if (atMs < this.#nextMs + this.#offsetMs) return false
    this.#nextMs += this.#everyMs
    return true
  }
}
