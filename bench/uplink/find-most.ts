import type { BenchResult } from '../report/result.js'
import { verdictOf } from '../report/verdict.js'

/**
 * Ever more devices, until a number does not hold twice in a row: a disturbance from outside is not
 * the end.
 * @returns all runs: those that did not hold, then those that did, with ever more devices
 */
export async function findMost (measure: (devices: number) => Promise<BenchResult>, first: number, step: number): Promise<BenchResult[]> {
  const held: BenchResult[] = []
  const others: BenchResult[] = []
  for (let devices = first, failed = 0; failed < 2;) {
    const result = await measure(devices)
    if (verdictOf(result) === 'holds') {
      held.push(result)
      devices += step
      failed = 0
    } else {
      others.push(result)
      failed++
    }
  }
  return [...others, ...held]
}
