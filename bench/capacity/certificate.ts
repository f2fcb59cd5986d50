import type { BenchResult, MachineDescription } from '../report/result.js'
import type { ThreadUse } from '../support/threads.js'
import { figureOf, firstBroken } from './service-level.js'
import type { Asr, Attempt, Limit, Phase, ServiceBound, Verdict } from './types.js'

/** One run of the search, without its distributions. */
export interface SearchPoint {
  readonly phase: Phase
  readonly devices: number
  readonly verdict: Verdict
  /** By name. */
  readonly figures: Readonly<Record<string, number>>
  readonly busiest?: ThreadUse
}

/** How many devices a server bears, where that was found, and how it can be found again. */
export interface Certificate {
  readonly kind: 'capacity certificate'
  readonly title: string
  readonly command: string
  /** ISO 8601. */
  readonly startedAt: string
  readonly elapsedSeconds: number
  readonly machine: MachineDescription
  readonly transport: string
  readonly asr: Asr
  /** What held twice; in a check, what was asked; 0 where nothing held. */
  readonly devices: number
  readonly isHeld: boolean
  readonly serviceLevel: readonly ServiceBound[]
  /** Missing in a check, which looks for none. */
  readonly limit?: Limit
  /** Of the server, by kind. */
  readonly threadCounts: Readonly<Record<string, number>>
  readonly search: readonly SearchPoint[]
  /** The two that the certificate rests on; fewer where it came to none. */
  readonly runs: readonly BenchResult[]
}

export function summariseAttempt ({ phase, devices, verdict, result }: Attempt): SearchPoint {
  const figures = Object.fromEntries(result?.figures.map(({ name, value }) => [name, value]) ?? [])
  const busiest = result === undefined ? undefined : busiestThread(result)
  return { phase, devices, verdict, figures, ...busiest === undefined ? {} : { busiest } }
}

export function busiestThread ({ threads }: Pick<BenchResult, 'threads'>): ThreadUse | undefined {
  return [...threads].sort((a, b) => b.percent - a.percent)[0]
}

export function countThreads (threads: readonly ThreadUse[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { kind } of threads) counts[kind] = (counts[kind] ?? 0) + 1
  return counts
}

/** The last two runs of so many devices, those that hold where there are two. */
export function certifyingRuns (attempts: readonly Attempt[], devices: number): BenchResult[] {
  const certifying = attempts.filter(attempt => attempt.phase === 'certifying' && attempt.devices === devices)
    .filter(({ result }) => result !== undefined)
  const holding = certifying.filter(({ verdict }) => verdict.kind === 'holds')
  return (holding.length >= 2 ? holding : certifying).slice(-2).map(({ result }) => result!)
}

/** What kept the number from being greater: at the least greater one that did not hold. */
export function findLimit (attempts: readonly Attempt[], devices: number): Limit {
  const above = attempts.filter(attempt => attempt.devices > devices && attempt.verdict.kind !== 'holds')
  if (above.length === 0) return { kind: 'none', devices }
  const next = Math.min(...above.map(attempt => attempt.devices))
  const there = above.filter(attempt => attempt.devices === next)
  const broken = firstBroken(there)
  if (broken !== undefined && there.at(-1)!.verdict.kind === 'broken') {
    const [first, ...others] = broken.bounds
    return { kind: 'server', devices: next, first, others }
  }
  return { kind: 'load', devices: next, reasons: [...new Set(there.flatMap(({ verdict }) => verdict.kind === 'invalid' ? verdict.reasons : []))] }
}

/** Processor time of all who take part, in % of the whole machine; undefined where not told. */
export function machineShare (figures: Readonly<Record<string, number>>, cores: number): number | undefined {
  const parts = ['server CPU', 'generator CPU', 'mock CPU'].map(name => figures[name])
  return parts.some(part => part === undefined) ? undefined : parts.reduce<number>((sum, part) => sum + part!, 0) / cores
}

/** The greater of what the runs say: what may be relied on. */
export function worstOf (runs: readonly BenchResult[], name: string): number | undefined {
  const values = runs.map(run => figureOf(run, name)).filter(value => value !== undefined)
  return values.length === 0 ? undefined : Math.max(...values)
}
