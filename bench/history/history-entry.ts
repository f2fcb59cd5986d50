import type { BenchResult, MachineDescription } from '../report/result.js'
import { verdictOf } from '../report/verdict.js'

/** A value, or a value with the least and the most of it. */
export type StoredFigure = readonly [value: number] | readonly [value: number, least: number, most: number]

/** What a run showed, without its distributions: a line of bench/history.jsonl. */
export interface HistoryEntry {
  /** ISO 8601, when the run began. */
  readonly at: string
  readonly commit: string
  readonly bench: string
  /** Options of the benchmark and settings of the server; runs that were asked the same compare. */
  readonly asked: Readonly<Record<string, string | number | boolean>>
  readonly machine: string
  readonly holds: boolean
  /** By name, with the unit behind it: `added latency p99 [ms]`. */
  readonly figures: Readonly<Record<string, StoredFigure>>
}

/** A number that stands for no question: two seeds ask the same. */
const NOT_ASKED = 'seed'

/** @throws Error when nothing can be made of the run, or nobody can repeat it */
export function entryOf (result: BenchResult): HistoryEntry {
  const { startedAt, machine, bench, options, settings, figures } = result
  const verdict = verdictOf(result)
  if (verdict === 'invalid') throw new Error(`${bench} of ${startedAt} says nothing of the server: ${result.invalid.join('; ')}`)
  return {
    at: startedAt,
    commit: commitOf(machine),
    bench,
    asked: Object.fromEntries(Object.entries({ ...options, ...settings }).filter(([name]) => name !== NOT_ASKED)),
    machine: machineText(machine),
    holds: verdict === 'holds',
    figures: Object.fromEntries(figures.map(({ name, unit, value, spread }) => [
      unit === '' ? name : `${name} [${unit}]`, spread === undefined ? [value] : [value, ...spread]
    ]))
  }
}

function commitOf ({ commit }: MachineDescription): string {
  if (/^[0-9a-f]{7,40}$/.test(commit)) return commit
  throw new Error(`a run of "${commit}" cannot be repeated; commit first, and measure then`)
}

function machineText ({ cpu, cores, node }: MachineDescription): string { return `${cpu}, ${cores} cores, node ${node}` }
