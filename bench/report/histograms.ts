import { decodeFromCompressedBase64, encodeIntoCompressedBase64, type Histogram } from 'hdr-histogram-js'
import type { RecordedHistogram } from './result.js'

/** A distribution as a result holds it. */
export function encodeHistogram (histogram: Histogram, { title, unit, step }: Omit<RecordedHistogram, 'encoded'>): RecordedHistogram {
  return { title, unit, step, encoded: encodeIntoCompressedBase64(histogram) }
}

/** @throws Error that names the histogram which is damaged */
export function readHistogram ({ title, encoded }: RecordedHistogram): Histogram {
  try {
    return decodeFromCompressedBase64(encoded)
  } catch (error) {
    throw new Error(`the histogram "${title}" cannot be read`, { cause: error })
  }
}

/** A value and the share of all values that do not exceed it. */
export interface PercentilePoint {
  readonly percentile: number
  /** In the unit of the histogram. */
  readonly value: number
}

/**
 * What is where in a distribution, evenly spread over nines: from the median to 99 % there are as
 * many points as from 99 % to 99.98 %. It ends where a single value would be left.
 */
export function percentilePoints (recorded: RecordedHistogram, pointsPerNine = 40): PercentilePoint[] {
  const histogram = readHistogram(recorded)
  if (histogram.totalCount === 0) return []
  const nines = Math.log10(Math.max(10, histogram.totalCount))
  return Array.from({ length: Math.ceil(nines * pointsPerNine) + 1 }, (_, index) => {
    const percentile = percentileOfNines(Math.min(nines, index / pointsPerNine))
    return { percentile, value: histogram.getValueAtPercentile(percentile) * recorded.step }
  })
}

/** 90 % is one nine, 99 % are two. */
export function ninesOf (percentile: number): number { return -Math.log10(1 - percentile / 100) }

function percentileOfNines (nines: number): number { return (1 - 10 ** -nines) * 100 }
