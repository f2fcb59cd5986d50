import { ninesOf } from './histograms.js'

export interface Tick { readonly value: number, readonly label: string }

/** One axis of a plot. */
export interface Scale {
  /** Where a value is, from 0 at the beginning of the axis to 1 at its end. */
  readonly place: (value: number) => number
  readonly ticks: readonly Tick[]
}

const PERCENTILES = [0, 50, 90, 99, 99.9, 99.99, 99.999, 99.9999]

/** From `least` to `most`, widened to round numbers where `isRound`. */
export function linearScale (least: number, most: number, { ticks: wanted = 5, isRound = true } = {}): Scale {
  const step = roundStep((most > least ? most - least : Math.abs(most) || 1) / wanted)
  const first = isRound ? Math.floor(least / step + 1e-9) * step : least
  const last = Math.max(isRound ? Math.ceil(most / step - 1e-9) * step : most, first + step)
  const ticks: Tick[] = []
  for (let index = Math.ceil(first / step - 1e-9); index * step <= last + step * 1e-9; index++) {
    const value = Number((index * step).toPrecision(12))
    ticks.push({ value, label: labelOf(value) })
  }
  return { place: value => (value - first) / (last - first), ticks }
}

/** Percentiles up to `most`, each nine as wide as the one before. */
export function percentileScale (most: number): Scale {
  const end = Math.max(1, ninesOf(Math.min(most, PERCENTILES.at(-1)!)))
  const ticks = PERCENTILES.filter(percentile => ninesOf(percentile) <= end + 1e-9).map(value => ({ value, label: `${value}%` }))
  return { place: percentile => Math.min(1, ninesOf(percentile) / end), ticks }
}

/** 1, 2 or 5 times a power of ten: the least that is not below `size`. */
function roundStep (size: number): number {
  const power = 10 ** Math.floor(Math.log10(size))
  return power * ([1, 2, 5].find(factor => factor * power >= size * (1 - 1e-9)) ?? 10)
}

function labelOf (value: number): string {
  return Math.abs(value) >= 10_000 ? `${Number((value / 1000).toPrecision(6))}k` : String(Number(value.toPrecision(6)))
}
