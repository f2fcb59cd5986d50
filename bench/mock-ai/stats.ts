import { monitorEventLoopDelay, performance } from 'node:perf_hooks'
import { build, encodeIntoCompressedBase64 } from 'hdr-histogram-js'
import type { RecordedHistogram } from '../report/result.js'
import { faults, type Fault, type FaultCounts } from './faults.js'
import { kinds, type Kind } from './kinds.js'

/** What was asked for since the start. */
export interface Counts {
  chats: number
  speeches: number
  transcriptions: number
  /** Answered with an error, on purpose or because the request was wrong. */
  refused: number
  hung: number
  /** The client went before its answer was complete. */
  abandoned: number
}

/** What `GET /stats` says: since the start, or since `POST /stats/reset`. */
export interface MockAiStats extends Readonly<Counts> {
  readonly faults: Readonly<Record<Kind, Readonly<FaultCounts>>>
  readonly underWay: { readonly now: number, readonly most: number }
  /** How late all was that was to be sent at a time: the grid is part of it, by half at p50. */
  readonly lateness: {
    readonly count: number
    readonly p50Ms: number
    readonly p99Ms: number
    readonly maxMs: number
    readonly histogram: RecordedHistogram
  }
  readonly loop: {
    readonly delayP99Ms: number
    readonly delayMaxMs: number
    /** The share of time in which the loop was not waiting, from 0 to 1. */
    readonly utilisation: number
  }
  readonly cpu: { readonly userMs: number, readonly systemMs: number, readonly elapsedMs: number }
}

const counterOf = { chat: 'chats', speech: 'speeches', transcription: 'transcriptions' } as const satisfies Record<Kind, keyof Counts>
const LOOP_RESOLUTION_MS = 20
/** Lateness is recorded in µs. */
const STEP_MS = 0.001
const MAX_LATE_US = 600_000_000

/** What the service knows of itself, so that a benchmark can say whether the mock was the limit. */
export class Stats {
  #counts = noCounts()
  #faults = noFaultCounts()
  #underWay = 0
  #mostUnderWay = 0
  readonly #lateness = build({ lowestDiscernibleValue: 1, highestTrackableValue: MAX_LATE_US, numberOfSignificantValueDigits: 3 })
  readonly #loopDelays = monitorEventLoopDelay({ resolution: LOOP_RESOLUTION_MS })
  #beganMs = 0
  #cpuBefore = { user: 0, system: 0 }
  #loopBefore: ReturnType<typeof performance.eventLoopUtilization> | undefined

  constructor () {
    this.#loopDelays.enable()
  }

  countRequest (kind: Kind): void { this.#counts[counterOf[kind]]++ }
  countRefusal (): void { this.#counts.refused++ }
  countAbandoned (): void { this.#counts.abandoned++ }

  countFault (kind: Kind, fault: Fault): void {
    this.#faults[kind][fault]++
    if (fault === 'hang') this.#counts.hung++
  }

  begin (): void { this.#mostUnderWay = Math.max(this.#mostUnderWay, ++this.#underWay) }
  end (): void { this.#underWay-- }

  noteLate (lateMs: number): void {
    this.#lateness.recordValue(Math.min(MAX_LATE_US, Math.max(0, Math.round(lateMs / STEP_MS))))
  }

  report (): MockAiStats {
    const { user, system } = process.cpuUsage()
    return {
      ...this.#counts,
      faults: this.#faults,
      underWay: { now: this.#underWay, most: this.#mostUnderWay },
      lateness: this.#describeLateness(),
      loop: {
        delayP99Ms: this.#loopDelayMs(this.#loopDelays.percentile(99)),
        delayMaxMs: this.#loopDelayMs(this.#loopDelays.max),
        utilisation: round(performance.eventLoopUtilization(this.#loopBefore).utilization)
      },
      cpu: {
        userMs: round((user - this.#cpuBefore.user) / 1000),
        systemMs: round((system - this.#cpuBefore.system) / 1000),
        elapsedMs: round(performance.now() - this.#beganMs)
      }
    }
  }

  /** All anew, except for what is under way. */
  reset (): void {
    this.#counts = noCounts()
    this.#faults = noFaultCounts()
    this.#mostUnderWay = this.#underWay
    this.#lateness.reset()
    this.#loopDelays.reset()
    this.#beganMs = performance.now()
    this.#cpuBefore = process.cpuUsage()
    this.#loopBefore = performance.eventLoopUtilization()
  }

  close (): void { this.#loopDelays.disable() }

  #describeLateness (): MockAiStats['lateness'] {
    const late = this.#lateness
    const inMs = (us: number): number => round(us * STEP_MS)
    // Of a percentile one gets the upper edge of its bucket.
    const percentile = (percent: number): number => inMs(Math.min(late.maxValue, late.getValueAtPercentile(percent)))
    return {
      count: late.totalCount,
      p50Ms: percentile(50),
      p99Ms: percentile(99),
      maxMs: inMs(late.maxValue),
      histogram: { title: 'lateness of the mock AI service', unit: 'ms', step: STEP_MS, encoded: encodeIntoCompressedBase64(late) }
    }
  }

  // What Node records is the time from look to look. Without one yet it says NaN or nonsense.
  #loopDelayMs (nanoseconds: number): number {
    return this.#loopDelays.count === 0 ? 0 : Math.max(0, round(nanoseconds / 1e6 - LOOP_RESOLUTION_MS))
  }
}

function noCounts (): Counts {
  return { chats: 0, speeches: 0, transcriptions: 0, refused: 0, hung: 0, abandoned: 0 }
}

function noFaultCounts (): Record<Kind, FaultCounts> {
  const none = (): FaultCounts => Object.fromEntries(faults.map(fault => [fault, 0])) as FaultCounts
  return Object.fromEntries(kinds.map(kind => [kind, none()])) as Record<Kind, FaultCounts>
}

function round (value: number): number { return Math.round(value * 1000) / 1000 }
