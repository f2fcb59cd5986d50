import { relative } from 'node:path'
import type { BenchResult } from './result.js'
import { writeReport } from './write-report.js'

/** Exit codes; 2 is that it could not run. */
const HOLDS = 0
const BROKEN = 1
/** The load was the limit. */
const INVALID = 3

/**
 * Writes the report of one run, or of several as one page, tells where it is, and prints a line of
 * JSON for each run.
 * @returns the exit code
 */
export function publish (results: readonly BenchResult[], screen: NodeJS.WritableStream): number {
  const files = writeReport(results.length === 1 ? results[0]! : results)
  screen.write(`${relative('', files.html)}\n`)
  for (const result of results) process.stdout.write(`${JSON.stringify(result)}\n`)
  return Math.max(...results.map(({ invalid, failures }) => invalid.length > 0 ? INVALID : failures.length > 0 ? BROKEN : HOLDS))
}
