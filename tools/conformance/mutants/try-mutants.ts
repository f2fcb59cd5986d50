import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

import type { Target } from '../target.js'
import { allCases } from '../cases/index.js'
import type { ConformanceCase } from '../conformance-case.js'
import { inLanes } from '../lanes.js'
import { runCases } from '../runner.js'
import type { CaseResult, Outcome } from '../types.js'
import { FaultyProxy } from './faulty-proxy.js'
import { echo, type Mutant } from './mutants.js'

// They wait for what never comes, and cost nothing.
const ECHO_LANES = 40

const STOPPED: Outcome = { kind: 'not-applicable', reason: 'stopped' }

export interface MutantOptions {
  readonly lanes: number
  readonly signal: AbortSignal
  readonly onResult: (result: MutantResult) => void
}

export interface MutantResult {
  readonly name: string
  readonly caseId: string
  /** Without the fault: only a case that passes then can notice anything. */
  readonly before: Outcome
  /** Of the case, with the fault in between: it has to fail. */
  readonly outcome: Outcome
}

/**
 * Each fault against the one case that has to notice it; those whose case measures time run alone,
 * behind the others.
 */
export async function tryMutants (target: Target, chosen: readonly Mutant[], options: MutantOptions): Promise<void> {
  const { lanes, signal, onResult } = options
  const subjects = allCases.filter(({ id }) => chosen.some(({ caseId }) => caseId === id))
  const subjectOf = ({ caseId }: Mutant): ConformanceCase => subjects.find(({ id }) => id === caseId)!
  const unspoilt = await runCases(subjects, target, { lanes, dialects: ['ws1'], signal })
  const tryOne = async (mutant: Mutant): Promise<void> => {
    const before = unspoilt.find(({ id }) => id === mutant.caseId)?.outcome ?? STOPPED
    onResult({ name: mutant.name, caseId: mutant.caseId, before, outcome: before.kind === 'passed' ? await tryFaulty(mutant) : before })
  }
  const tryFaulty = async (mutant: Mutant): Promise<Outcome> => {
    const proxy = await FaultyProxy.start(target.url, mutant.make, mutant.headOf)
    try {
      const [result] = await runCases([subjectOf(mutant)], { ...target, url: proxy.url }, { lanes: 1, dialects: ['ws1'], signal })
      return result?.outcome ?? STOPPED
    } finally {
      await proxy.close()
    }
  }
  const isAlone = (mutant: Mutant): boolean => subjectOf(mutant).isAlone === true
  await inLanes(chosen.filter(mutant => !isAlone(mutant)), lanes, signal, tryOne)
  await inLanes(chosen.filter(isAlone), 1, signal, tryOne)
}

/** All firmware cases against a server that gives back what it gets, by WebSocket as by HTTP. */
export async function tryEcho (target: Target, signal: AbortSignal): Promise<CaseResult[]> {
  const http = createServer((request, response) => { request.pipe(response) })
  await new Promise<void>(resolve => { http.listen(0, '127.0.0.1', resolve) })
  const proxy = await FaultyProxy.start(target.url, echo)
  try {
    const otaUrl = `http://127.0.0.1:${(http.address() as AddressInfo).port}/xiaozhi/ota/`
    const cases = allCases.filter(({ id }) => id.startsWith('T')).map(one => ({ ...one, isAlone: false }))
    return await runCases(cases, { ...target, url: proxy.url, otaUrl, spare: undefined, other: undefined }, { lanes: ECHO_LANES, dialects: ['ws1'], signal })
  } finally {
    await proxy.close()
    http.closeAllConnections()
    await new Promise<void>(resolve => { http.close(() => { resolve() }) })
  }
}
