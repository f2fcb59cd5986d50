import { build, decodeFromCompressedBase64, encodeIntoCompressedBase64, type Histogram } from 'hdr-histogram-js'

/** Times are recorded as whole numbers of this, in ms. */
export const STEP_MS = 0.01
const MOST_STEPS = 60_000 / STEP_MS

export const histogramNames = ['firstAudio', 'lateness', 'tick', 'connect', 'cut', 'gap'] as const
/**
 * - `firstAudio`: from the end of the question to the first audio that arrives.
 * - `lateness`: of each paced frame of an answer, against the answer's own grid.
 * - `tick`: how far the generator is behind its plan.
 * - `connect`: from the connection's beginning to the server's hello.
 * - `cut`: from the abort of an answer to its `tts stop`.
 * - `gap`: silence that an underrun made in the loudspeaker.
 */
export type HistogramName = typeof histogramNames[number]

export const countNames = [
  'asked', 'answered', 'unanswered', 'cut', 'short', 'missed', 'interrupted', 'woken', 'reconnects',
  'disrupted', 'frames', 'underruns', 'lateFrames', 'framesSent', 'framesRefused', 'staleFrames', 'closed', 'refused', 'strayAnswers'
] as const
export type CountName = typeof countNames[number]

/** What a generator says of itself and of its devices. */
export interface TallyReport {
  readonly counts: Readonly<Record<CountName, number>>
  readonly histograms: Readonly<Record<HistogramName, string>>
  readonly reasons: Readonly<Record<string, number>>
}

/** What happened to the devices of one process: counters and distributions. */
export class Tally {
  readonly counts = forEach(countNames, () => 0)
  readonly reasons = new Map<string, number>()
  readonly #histograms = forEach(histogramNames, newHistogram)

  /** @param ms below zero counts as zero, above a minute as a minute */
  record (name: HistogramName, ms: number): void {
    this.#histograms[name].recordValue(Math.min(MOST_STEPS, Math.max(0, Math.round(ms / STEP_MS))))
  }

  /** @param reason in words that do not name the device, so that equal ones add up */
  fail (reason: string): void { this.reasons.set(reason, (this.reasons.get(reason) ?? 0) + 1) }

  reset (): void {
    for (const name of countNames) this.counts[name] = 0
    for (const name of histogramNames) this.#histograms[name].reset()
    this.reasons.clear()
  }

  report (): TallyReport {
    return {
      counts: { ...this.counts },
      histograms: forEach(histogramNames, name => encodeIntoCompressedBase64(this.#histograms[name])),
      reasons: Object.fromEntries(this.reasons)
    }
  }
}

/** The reports of several processes, or of several parts of a run, as one. */
export class FleetTally {
  readonly counts: Readonly<Record<CountName, number>>
  readonly reasons: Readonly<Record<string, number>>
  readonly histograms: Readonly<Record<HistogramName, Histogram>>

  constructor (reports: readonly TallyReport[]) {
    this.counts = forEach(countNames, name => reports.reduce((sum, { counts }) => sum + counts[name], 0))
    const reasons: Record<string, number> = {}
    for (const report of reports) {
      for (const [reason, count] of Object.entries(report.reasons)) reasons[reason] = (reasons[reason] ?? 0) + count
    }
    this.reasons = reasons
    this.histograms = forEach(histogramNames, name => {
      const sum = newHistogram()
      for (const { histograms } of reports) sum.add(decodeFromCompressedBase64(histograms[name]))
      return sum
    })
  }

  /** In ms; NaN where nothing was recorded. */
  percentile (name: HistogramName, percent: number): number {
    const histogram = this.histograms[name]
    return histogram.totalCount === 0 ? Number.NaN : histogram.getValueAtPercentile(percent) * STEP_MS
  }
}

function forEach<K extends string, V> (names: readonly K[], make: (name: K) => V): Record<K, V> {
  return Object.fromEntries(names.map(name => [name, make(name)])) as Record<K, V>
}

/** Of times in `STEP_MS`, up to a minute. */
export function newHistogram (): Histogram {
  return build({ lowestDiscernibleValue: 1, highestTrackableValue: MOST_STEPS, numberOfSignificantValueDigits: 3, bitBucketSize: 32 })
}
