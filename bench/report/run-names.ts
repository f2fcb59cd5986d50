import type { BenchResult } from './result.js'

/** A run and how a page calls it; the name is empty where it is the only one. */
export interface NamedRun { readonly name: string, readonly result: BenchResult }

/** @throws RangeError when there is none */
export function nameRuns (results: readonly BenchResult[]): readonly [NamedRun, ...NamedRun[]] {
  const [first, ...others] = results.map((result, index) => ({ name: results.length === 1 ? '' : runName(index), result }))
  if (first === undefined) throw new RangeError('a report needs a result')
  return [first, ...others]
}

/** A, B, …, Z, 27, 28, … */
function runName (index: number): string { return index < 26 ? String.fromCharCode(65 + index) : String(index + 1) }
