import { short } from '../support/figures.js'
import type { BenchResult, Bound, Figure } from './result.js'

export type VerdictKind = 'holds' | 'broken' | 'invalid'

/** What a run says of the server. One in which the load was the limit says nothing of it. */
export function verdictOf ({ failures, invalid }: Pick<BenchResult, 'failures' | 'invalid'>): VerdictKind {
  return invalid.length > 0 ? 'invalid' : failures.length > 0 ? 'broken' : 'holds'
}

export const verdictTexts: Readonly<Record<VerdictKind, string>> = {
  holds: 'holds',
  broken: 'does not hold',
  invalid: 'says nothing of the server'
}

/** A figure that is not known keeps to no bound. */
export function isWithin (value: number, { most, least }: Bound): boolean {
  return (most === undefined || value <= most) && (least === undefined || value >= least)
}

export function boundText (bound: Bound | undefined): string {
  if (bound === undefined) return ''
  return [
    ...(bound.least === undefined ? [] : [`≥ ${plain(bound.least)}`]),
    ...(bound.most === undefined ? [] : [`≤ ${plain(bound.most)}`])
  ].join(', ')
}

export function spreadText ({ spread }: Pick<Figure, 'spread'>): string {
  return spread === undefined ? '' : `${numberText(spread[0])} – ${numberText(spread[1])}`
}

/** Whole numbers are whole; others have three significant digits. */
export function numberText (value: number): string { return Number.isInteger(value) ? plain(value) : short(value) }

function plain (value: number): string { return value.toLocaleString('en-US', { maximumFractionDigits: 6 }) }
