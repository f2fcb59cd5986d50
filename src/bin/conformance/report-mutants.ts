import type { Target } from '../../../tools/conformance/target.js'
import { mutants } from '../../../tools/conformance/mutants/mutants.js'
import { tryEcho, tryMutants, type MutantResult } from '../../../tools/conformance/mutants/try-mutants.js'
import { countResults } from '../../../tools/conformance/report.js'
import type { Outcome } from '../../../tools/conformance/types.js'
import type { Screen } from '../shared/screen.js'
import type { ConformanceOptions } from './arguments.js'

const LEAST_ECHO_FAILURES = 100

function describe (before: Outcome, outcome: Outcome): string {
  if (before.kind !== 'passed') return `cannot tell: without the fault it is ${before.kind}, too`
  return outcome.kind === 'failed' ? `noticed: ${outcome.reason.replaceAll('\n', ' ')}` : outcome.kind
}

/** @returns whether the suite noticed all of them */
export async function reportMutants (target: Target, options: ConformanceOptions, screen: Screen, signal: AbortSignal): Promise<boolean> {
  const chosen = options.only.length === 0 ? mutants : mutants.filter(({ caseId }) => options.only.includes(caseId))
  let missed = 0
  const onResult = ({ name, caseId, before, outcome }: MutantResult): void => {
    const isCaught = before.kind === 'passed' && outcome.kind === 'failed'
    if (!isCaught) missed++
    screen.line(`${screen.paint(isCaught ? 'green' : 'red', isCaught ? '✓' : '✗')} ${name}: ${caseId} ${describe(before, outcome)}`)
  }
  await tryMutants(target, chosen, { lanes: options.lanes, signal, onResult })
  screen.line(missed === 0 ? `every fault was noticed, ${chosen.length} of ${chosen.length}` : `${missed} of ${chosen.length} faults were not noticed`)
  if (options.only.length > 0) return missed === 0
  const { failed } = countResults(await tryEcho(target, signal))
  screen.line(`a server that gives back what it gets fails ${failed} cases; ${LEAST_ECHO_FAILURES} at least are to be`)
  return missed === 0 && failed >= LEAST_ECHO_FAILURES
}
