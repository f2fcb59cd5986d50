import { formatTable } from '../support/figures.js'
import type { BenchResult, Figure } from './result.js'
import { numberText, spreadText } from './verdict.js'

export type AgreementKind = 'agree' | 'differ' | 'unstated'

export interface FigureAgreement {
  readonly name: string
  readonly unit: string
  readonly first: Figure
  readonly second: Figure
  readonly kind: AgreementKind
}

export const agreementTexts: Readonly<Record<AgreementKind, string>> = { agree: 'agree', differ: 'differ', unstated: 'no spread stated' }

/**
 * By how much of its own width an interval is widened at either end. A run of three parts has seen
 * little of what it varies by: of normal noise the extremes of three are 1.7 standard deviations
 * apart on average. Widened so, two runs of one and the same server disagree in one figure of three
 * hundred, and in nine of ten where the server became worse by eight standard deviations.
 */
const WIDENING = 1
/** Of the greater magnitude: what a figure of four digits and a clock cannot tell apart. */
const RESOLUTION = 0.005

/** Of the seed the figures must not depend: two runs of one scenario may have two. */
const FREE_OPTIONS = new Set(['seed'])

/**
 * Whether two runs of one scenario say the same, figure by figure. Two figures agree when their
 * intervals from least to most overlap, each widened at both ends by its own width and by half a
 * percent of the value. Of a figure that states no spread, only equality can be told.
 * @throws Error when they were not asked the same
 */
export function compareRuns (first: BenchResult, second: BenchResult): FigureAgreement[] {
  const differences = scenarioDifferences(first, second)
  if (differences.length > 0) throw new Error(`these are not runs of the same scenario: ${differences.join('; ')}`)
  return first.figures.flatMap(figure => {
    const { name, unit } = figure
    const other = second.figures.find(candidate => candidate.name === name)
    return other === undefined ? [] : [{ name, unit, first: figure, second: other, kind: compareFigures(figure, other) }]
  })
}

export function compareFigures (first: Figure, second: Figure): AgreementKind {
  if (Object.is(first.value, second.value)) return 'agree'
  if (first.spread === undefined || second.spread === undefined) return 'unstated'
  const [least, most] = widen(first.spread)
  const [otherLeast, otherMost] = widen(second.spread)
  return least <= otherMost && otherLeast <= most ? 'agree' : 'differ'
}

/** What was asked differently; each is a phrase. */
export function scenarioDifferences (first: BenchResult, second: BenchResult): string[] {
  const of = (what: string, one: unknown, other: unknown): string[] => one === other ? [] : [`${what} is ${String(one)} and ${String(other)}`]
  const ofEach = (kind: 'options' | 'settings'): string[] => {
    const names = [...new Set([...Object.keys(first[kind]), ...Object.keys(second[kind])])].filter(name => !FREE_OPTIONS.has(name))
    return names.flatMap(name => of(name, first[kind][name], second[kind][name]))
  }
  const machine = (['cpu', 'cores', 'node', 'kernel'] as const).flatMap(name => of(name, first.machine[name], second.machine[name]))
  return [
    ...of('the benchmark', first.bench, second.bench), ...ofEach('options'), ...ofEach('settings'),
    ...of('the transport', first.transport, second.transport), ...machine
  ]
}

/** For a terminal. */
export function renderAgreement (figures: readonly FigureAgreement[]): string {
  return formatTable([
    ['figure', 'A', 'least – most', 'B', 'least – most', ''],
    ...figures.map(({ name, unit, first, second, kind }) => [
      unit === '' ? name : `${name} (${unit})`, numberText(first.value), spreadText(first), numberText(second.value), spreadText(second), agreementTexts[kind]
    ])
  ])
}

function widen ([least, most]: readonly [number, number]): [number, number] {
  const by = (most - least) * WIDENING + Math.max(Math.abs(least), Math.abs(most)) * RESOLUTION
  return [least - by, most + by]
}
