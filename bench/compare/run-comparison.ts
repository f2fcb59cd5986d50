import { CaseComparison, type Outcome } from './case-comparison.js'
import { limitOf } from './limits.js'
import { loadCases, measureLoadRound } from './load-cases.js'
import { measureMicroRound } from './micro-round.js'
import { CaseError } from './slice-side.js'

export interface Builds { readonly base: string, readonly head: string }

export interface CompareOptions {
  readonly names: readonly string[]
  readonly mostRounds: number
  readonly mostMinutes: number
  /** Told after each round. */
  readonly onRound: (name: string, rounds: number, left: number) => void
}

export interface ComparedCase {
  readonly name: string
  readonly limit: number
  /** Nothing where it could not be measured; `why` says so then. */
  readonly outcome: Outcome | undefined
  readonly why?: string
}

interface Candidate { readonly name: string, readonly comparison: CaseComparison, why?: string }

/**
 * Rounds of all cases in turn, until each is settled or the time is spent: the ones that settle
 * leave theirs to those that are noisier, and a disturbance of a minute hits no case alone.
 */
export async function runComparison ({ base, head }: Builds, options: CompareOptions): Promise<ComparedCase[]> {
  const { names, mostRounds, mostMinutes, onRound } = options
  const deadline = performance.now() + mostMinutes * 60_000
  const candidates: Candidate[] = names.map(name => ({ name, comparison: new CaseComparison({ mostRounds, limit: limitOf(name) }) }))
  for (let open = candidates; open.length > 0 && performance.now() < deadline; open = open.filter(isOpen)) {
    for (const candidate of open) {
      if (performance.now() >= deadline) break
      await addRound(candidate, base, head)
      onRound(candidate.name, candidate.comparison.rounds, open.length)
    }
  }
  return candidates.map(({ name, comparison, why }) => {
    const outcome = comparison.conclude()
    const reason = why ?? (outcome === undefined ? `${comparison.rounds} rounds are too few` : undefined)
    return { name, limit: limitOf(name), outcome, ...(reason === undefined ? {} : { why: reason }) }
  })
}

function isOpen ({ comparison, why }: Candidate): boolean { return why === undefined && !comparison.isDone }

async function addRound (candidate: Candidate, base: string, head: string): Promise<void> {
  const { name, comparison } = candidate
  const measure = Object.hasOwn(loadCases, name) ? measureLoadRound : measureMicroRound
  try {
    comparison.add(await measure(name, base, head, comparison.rounds))
  } catch (error) {
    if (!(error instanceof CaseError)) throw error
    candidate.why = error.message
  }
}
