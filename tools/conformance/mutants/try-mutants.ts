import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

import type { Target } from '../target.js'
import { allCases } from '../cases/index.js'
import { runCases } from '../runner.js'
import type { CaseResult, Outcome } from '../types.js'
import { FaultyProxy } from './faulty-proxy.js'
import { echo, mutants } from './mutants.js'

// They wait for what never comes, and cost nothing.
const ECHO_LANES = 40

export interface MutantResult {
  readonly name: string
  readonly caseId: string
  /** Without the fault: only a case that passes then can notice anything. */
  readonly before: Outcome
  /** Of the case, with the fault in between: it has to fail. */
  readonly outcome: Outcome
}

/** Each fault in turn, against the one case that has to notice it. */
export async function * tryMutants (target: Target, only: readonly string[], signal: AbortSignal): AsyncGenerator<MutantResult> {
  const known = new Map<string, Outcome>()
  const tryCase = async (caseId: string, url: string): Promise<Outcome> => {
    const subject = allCases.find(({ id }) => id === caseId)!
    const [result] = await runCases([subject], { ...target, url }, { lanes: 1, dialects: ['ws1'], signal })
    return result?.outcome ?? { kind: 'not-applicable', reason: 'stopped' }
  }
  for (const { name, caseId, make, headOf } of mutants) {
    if (signal.aborted) return
    if (only.length > 0 && !only.includes(caseId)) continue
    const proxy = await FaultyProxy.start(target.url, make, headOf)
    try {
      const before = known.get(caseId) ?? await tryCase(caseId, target.url)
      known.set(caseId, before)
      yield { name, caseId, before, outcome: before.kind === 'passed' ? await tryCase(caseId, proxy.url) : before }
    } finally {
      await proxy.close()
    }
  }
}

/** All firmware cases against a server that gives back what it gets, by WebSocket as by HTTP. */
export async function tryEcho (target: Target, signal: AbortSignal): Promise<CaseResult[]> {
  const http = createServer((request, response) => { request.pipe(response) })
  await new Promise<void>(resolve => { http.listen(0, '127.0.0.1', resolve) })
  const proxy = await FaultyProxy.start(target.url, echo)
  try {
    const otaUrl = `http://127.0.0.1:${(http.address() as AddressInfo).port}/xiaozhi/ota/`
    const cases = allCases.filter(({ id }) => id.startsWith('T')).map(one => ({ ...one, isAlone: false }))
    return await runCases(cases, { ...target, url: proxy.url, otaUrl, spare: undefined }, { lanes: ECHO_LANES, dialects: ['ws1'], signal })
  } finally {
    await proxy.close()
    http.closeAllConnections()
    await new Promise<void>(resolve => { http.close(() => { resolve() }) })
  }
}
