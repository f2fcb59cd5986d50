import { seededRandom } from '../../src/bin/simulate/seeded.js'
import { median } from '../support/figures.js'

/** How sure an interval is to hold the ratio. */
export const CONFIDENCE = 0.95
/** The equivalence margin: ratios within 1 ± this are not worth telling apart. */
export const MARGIN = 0.02
const RESAMPLES = 2000

/** A ratio head/base, and where it lies with `CONFIDENCE`. */
export interface Interval { readonly low: number, readonly ratio: number, readonly high: number }

/**
 * The median of paired log ratios, with its percentile bootstrap interval (Efron and Tibshirani, An
 * Introduction to the Bootstrap, 1993, chapter 13). What is drawn anew are rounds, each a pair of
 * fresh processes, since slices within a process share its layout in memory and its compiled code
 * (Kalibera and Jones, Rigorous Benchmarking in Reasonable Time, ISMM 2013). Logarithms make twice
 * as slow and twice as fast equally far from 1; the median bears rounds that were disturbed.
 * @param logRatios one of each round, ln(head/base)
 */
export function ratioInterval (logRatios: readonly number[], seed = 1): Interval {
  const sorted = Float64Array.from(logRatios).sort()
  const random = seededRandom(seed)
  const medians = Float64Array.from({ length: RESAMPLES }, () => resampledMedian(sorted, random)).sort()
  const cut = Math.floor((1 - CONFIDENCE) / 2 * RESAMPLES)
  return { low: Math.exp(medians[cut]!), ratio: Math.exp(median(logRatios)), high: Math.exp(medians[RESAMPLES - 1 - cut]!) }
}

/** Of as many values drawn with replacement; where they are sorted, counting sorts the draw. */
function resampledMedian (sorted: Float64Array, random: () => number): number {
  const size = sorted.length
  const drawn = new Uint16Array(size)
  for (let draw = 0; draw < size; draw++) drawn[Math.floor(random() * size)]!++
  const lower = (size - 1) >> 1
  let at = 0
  let passed = drawn[0]!
  while (passed <= lower) passed += drawn[++at]!
  const low = sorted[at]!
  while (passed <= size >> 1) passed += drawn[++at]!
  return (low + sorted[at]!) / 2
}

/** Half of an interval's width, as a share of the ratio. */
export function halfWidth ({ low, ratio, high }: Interval): number { return (high - low) / 2 / ratio }

/** -1 faster, 1 slower; 0 where the interval holds 1 or lies within the margin. */
export function direction ({ low, high }: Interval): -1 | 0 | 1 {
  if (low >= 1 - MARGIN && high <= 1 + MARGIN) return 0
  return low > 1 ? 1 : high < 1 ? -1 : 0
}
