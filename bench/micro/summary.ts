import { formatTable, short, spreadOf, type Spread } from '../support/figures.js'
import type { Bound } from './cases.js'
import type { MicroLine } from './types.js'

/** One variant over all rounds. */
export interface VariantSummary {
  readonly bench: string
  readonly variant: string
  readonly unit: string
  /** Median of a process, microseconds per operation. */
  readonly time: Spread
  /** Time in relation to that of the alternative in the same round; absent for itself. */
  readonly ratio: Spread | undefined
  readonly bound: number | undefined
  readonly holds: boolean
}

/**
 * Medians and ratios of an alternating run. A ratio is taken within a round, since both sides of it
 * met the same machine there.
 */
export function summarise (
  lines: readonly MicroLine[], alternatives: ReadonlyMap<string, string>, bounds: readonly Bound[]
): VariantSummary[] {
  const groups = new Map<string, MicroLine[]>()
  for (const line of lines) {
    const key = JSON.stringify([line.bench, line.case])
    groups.set(key, [...groups.get(key) ?? [], line])
  }
  return [...groups.values()].map(group => {
    const { bench, case: variant, unit } = group[0]!
    const alternative = alternatives.get(bench)
    const timeOfOther = (round: number): number => {
      return lines.find(line => line.bench === bench && line.case === alternative && line.round === round)?.p50 ?? Number.NaN
    }
    const ratios = group.map(line => line.p50 / timeOfOther(line.round)).filter(ratio => !Number.isNaN(ratio))
    const ratio = variant === alternative || ratios.length === 0 ? undefined : spreadOf(ratios)
    const bound = bounds.find(one => one.bench === bench && one.variant === variant)?.atMost
    const holds = bound === undefined || (ratio !== undefined && ratio.median <= bound)
    return { bench, variant, unit, time: spreadOf(group.map(line => line.p50)), ratio, bound, holds }
  })
}

export function formatSummary (summaries: readonly VariantSummary[], alternatives: ReadonlyMap<string, string>): string {
  const rows = summaries.map(({ bench, variant, time, ratio, bound, holds }) => [
    `${bench}: ${variant}`,
    short(time.median),
    `${short(time.min)}–${short(time.max)}`,
    ratio === undefined ? '' : short(ratio.median),
    ratio === undefined ? '' : `${short(ratio.min)}–${short(ratio.max)}`,
    bound === undefined ? '' : `≤ ${short(bound)} ${holds ? 'holds' : 'BROKEN'}`
  ])
  const units = [...new Map(summaries.map(({ bench, unit }) => [bench, unit])).entries()]
    .map(([bench, unit]) => {
      const alternative = alternatives.get(bench)
      return `${bench}: per ${unit}${alternative === undefined ? '' : `; the ratio is to "${alternative}"`}\n`
    })
  return `${formatTable([['case', 'µs', 'min–max', 'ratio', 'min–max', 'bound'], ...rows])}\n${units.join('')}`
}
