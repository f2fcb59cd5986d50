import type { Figure } from '../report/result.js'
import { formatTable } from '../support/figures.js'
import type { ComparedCase } from './run-comparison.js'

const ratio = (value: number): string => value.toFixed(3)

/** Why the comparison fails: cases that are slower, by more than they may be. */
export function findSlower (compared: readonly ComparedCase[]): string[] {
  return compared
    .filter(({ outcome, limit }) => outcome?.verdict === 'slower' && outcome.interval.ratio > limit)
    .map(({ name, outcome, limit }) => `${name} takes ${ratio(outcome!.interval.ratio)} times as long as in base, above ${ratio(limit)}`)
}

export function formatComparison (compared: readonly ComparedCase[]): string {
  return formatTable([
    ['case', 'head/base', '95 % interval', 'at most', 'rounds', 'verdict'],
    ...compared.map(({ name, outcome, limit, why }) => {
      if (outcome === undefined) return [name, '-', '-', ratio(limit), '-', `not comparable: ${why}`]
      const { interval, rounds, verdict } = outcome
      return [name, ratio(interval.ratio), `${ratio(interval.low)}–${ratio(interval.high)}`, ratio(limit), String(rounds), verdict]
    })
  ])
}

export function figuresOf (compared: readonly ComparedCase[]): Figure[] {
  return compared.flatMap(({ name, outcome, limit }) => outcome === undefined ? [] : [{
    name: `${name}: CPU time, head/base`,
    value: outcome.interval.ratio,
    unit: '',
    spread: [outcome.interval.low, outcome.interval.high] as const,
    bound: { most: limit }
  }])
}

/** All of it in a line. */
export function conclusion (compared: readonly ComparedCase[]): string {
  const named = (wanted: string): string[] => compared.filter(({ outcome }) => outcome?.verdict === wanted).map(({ name }) => name)
  const parts = (['slower', 'faster', 'unclear'] as const).flatMap(verdict => {
    const names = named(verdict)
    return names.length === 0 ? [] : [`${verdict}: ${names.join(', ')}`]
  })
  const same = named('no difference').length
  return [`no difference in ${same} of ${compared.length} cases`, ...parts].join('; ')
}
