import { encodeIntoCompressedBase64 } from 'hdr-histogram-js'
import { histogramBetween, summarize, type Histogram, type Latency } from '../../src/ring/voice-counters.js'
import type { TurnFigures } from '../../src/session/turn-stats.js'
import type { Figure, RecordedHistogram, Stage } from '../report/result.js'
import { endSilenceMs } from './end-silence.js'
import { figureOf } from './figure.js'
import type { LoadPart } from './run-load.js'
import type { ServerReading } from './server-probe.js'
import { newHistogram, STEP_MS } from './tally.js'

const UNKNOWN: Latency = { count: 0, p50Ms: Number.NaN, p99Ms: Number.NaN, p999Ms: Number.NaN, maxMs: Number.NaN }

type Kind = 'added' | 'provider' | 'total'

/** Where the time of answers went between two readings, as the server measured it. */
export class TurnLatency {
  readonly #before: TurnFigures
  readonly #after: TurnFigures

  constructor (before: ServerReading, after: ServerReading) {
    this.#before = before.health['turns'] as TurnFigures
    this.#after = after.health['turns'] as TurnFigures
  }

  get count (): number { return this.#after.count - this.#before.count }

  /** NaN where there was no answer. */
  of (kind: Kind): Latency {
    return this.count === 0 ? UNKNOWN : summarize(this.#between(kind), undefined, Infinity)
  }

  /** The whole of a turn, beginning with the silence that no server can shorten. */
  get stages (): Stage[] {
    if (this.count === 0) return []
    const silence: Stage = { name: 'silence that ends the question', owner: 'device', p50Ms: endSilenceMs, p99Ms: endSilenceMs }
    return [silence, ...this.#after.stages.map(({ name, owner, histogram }, at) => {
      const { p50Ms, p99Ms } = summarize(histogramBetween(this.#before.stages[at]!.histogram, histogram), undefined, Infinity)
      return { name, owner, p50Ms, p99Ms }
    })]
  }

  recorded (kind: Kind, title: string): RecordedHistogram[] {
    const between = this.#between(kind)
    if (between.length === 0) return []
    const histogram = newHistogram()
    for (const [upperMs, count] of between) histogram.recordValueWithCount(Math.round(upperMs / STEP_MS), count)
    return [{ title, unit: 'ms', step: STEP_MS, encoded: encodeIntoCompressedBase64(histogram) }]
  }

  #between (kind: Kind): Histogram { return histogramBetween(this.#before[kind].histogram, this.#after[kind].histogram) }
}

/** Of the whole run, with what its parts say as the spread. */
export function latencyFigures (parts: readonly LoadPart[]): Figure[] {
  const whole = new TurnLatency(parts[0]!.before, parts.at(-1)!.after)
  const each = parts.map(({ before, after }) => new TurnLatency(before, after))
  const over = (name: string, read: (latency: TurnLatency) => number): Figure => figureOf(name, 'ms', read(whole), each.map(read))
  return [
    over('added latency p50', latency => latency.of('added').p50Ms),
    over('added latency p99', latency => latency.of('added').p99Ms),
    over('added latency p99.9', latency => latency.of('added').p999Ms),
    over('provider time p50', latency => latency.of('provider').p50Ms)
  ]
}
