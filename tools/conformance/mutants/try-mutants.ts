import type { Target } from '../case-context.js'
import { allCases } from '../cases/index.js'
import { runCases } from '../runner.js'
import type { Outcome } from '../types.js'
import { FaultyProxy } from './faulty-proxy.js'
import { mutants } from './mutants.js'

export interface MutantResult {
  readonly name: string
  readonly caseId: string
  /** Of the case, with the fault in between: it has to fail. */
  readonly outcome: Outcome
}

/** Each fault in turn, against the one case that has to notice it. */
export async function * tryMutants (target: Target, only: readonly string[], signal: AbortSignal): AsyncGenerator<MutantResult> {
  for (const { name, caseId, make, headOf } of mutants) {
    if (signal.aborted) return
    if (only.length > 0 && !only.includes(caseId)) continue
    const proxy = await FaultyProxy.start(target.url, make, headOf)
    try {
      const subject = allCases.find(({ id }) => id === caseId)!
      const [result] = await runCases([subject], { ...target, url: proxy.url }, { lanes: 1, dialects: ['ws1'], signal })
      if (result !== undefined) yield { name, caseId, outcome: result.outcome }
    } finally {
      await proxy.close()
    }
  }
}
