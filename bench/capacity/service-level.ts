import type { BenchResult } from '../report/result.js'
import { isWithin } from '../report/verdict.js'
import type { Attempt, BrokenBound, ServiceBound, Verdict } from './types.js'

export const ADDED_P99 = 'added latency p99'
export const UNDERRUN_SHARE = 'underrun share'

/** What users must get. Names are those of figures. */
export function makeServiceLevel ({ underrunPercent, addedP99Ms, errors }: {
  readonly underrunPercent: number
  readonly addedP99Ms: number
  readonly errors: number
}): ServiceBound[] {
  return [
    { figure: 'errors', unit: '', most: errors },
    { figure: UNDERRUN_SHARE, unit: '% of frames', most: underrunPercent },
    { figure: ADDED_P99, unit: 'ms', most: addedP99Ms }
  ]
}

/**
 * What a run says of the server, by the service level alone.
 * @throws Error when a run does not tell what the level needs
 */
export function judge (result: BenchResult, level: readonly ServiceBound[]): Verdict {
  const bounds = level.flatMap(({ figure, unit, most }): BrokenBound[] => {
    const value = figureOf(result, figure)
    if (value === undefined) throw new Error(`this load does not tell "${figure}", which the service level needs`)
    return isWithin(value, { most }) ? [] : [{ figure, unit, value, most }]
  })
  if (result.invalid.length > 0) return { kind: 'invalid', reasons: result.invalid }
  return bounds.length > 0 ? { kind: 'broken', bounds } : { kind: 'holds' }
}

export function figureOf ({ figures }: Pick<BenchResult, 'figures'>, name: string): number | undefined {
  return figures.find(figure => figure.name === name)?.value
}

/** Where bounds broke first, the one that was exceeded most before the others. */
export interface FirstBroken { readonly devices: number, readonly bounds: readonly [BrokenBound, ...BrokenBound[]] }

/**
 * The bound that broke first as devices became more: the one that broke at the least number, and of
 * those that did the one that was exceeded most.
 */
export function firstBroken (attempts: readonly Attempt[]): FirstBroken | undefined {
  const broken = attempts.flatMap(({ devices, verdict }) => verdict.kind === 'broken' ? [{ devices, bounds: verdict.bounds }] : [])
  if (broken.length === 0) return undefined
  const devices = Math.min(...broken.map(attempt => attempt.devices))
  const worst = new Map<string, BrokenBound>()
  for (const bound of broken.filter(attempt => attempt.devices === devices).flatMap(attempt => attempt.bounds)) {
    const known = worst.get(bound.figure)
    if (known === undefined || excess(bound) > excess(known)) worst.set(bound.figure, bound)
  }
  const [first, ...others] = [...worst.values()].sort((a, b) => excess(b) - excess(a))
  return { devices, bounds: [first!, ...others] }
}

// Not known, or where nothing is allowed: as much as can be.
function excess ({ value, most }: BrokenBound): number { return Number.isFinite(value) && most > 0 ? value / most : Infinity }
