import { boundText, numberText } from '../report/verdict.js'
import { busiestThread } from './certificate.js'
import { ADDED_P99, figureOf, UNDERRUN_SHARE } from './service-level.js'
import type { Attempt, BrokenBound, Limit, Verdict } from './types.js'

/** One line for people who wait. */
export function describeAttempt (number: number, { phase, devices, verdict, result }: Attempt): string {
  const facts: string[] = [describeVerdict(verdict)]
  if (result !== undefined) {
    const figure = (name: string): string => numberText(figureOf(result, name) ?? Number.NaN)
    const busiest = busiestThread(result)
    facts.push(
      `p99 ${figure(ADDED_P99)} ms, underruns ${figure(UNDERRUN_SHARE)} %, ${figure('CPU per device-second')} ms of CPU per device-second` +
      (busiest === undefined ? '' : `, ${busiest.kind} ${numberText(busiest.percent)} %`)
    )
  }
  return `${String(number).padStart(3)}  ${phase.padEnd(10)}  ${String(devices).padStart(5)} devices  ${facts.join('; ')}`
}

export function describeVerdict (verdict: Verdict): string {
  switch (verdict.kind) {
    case 'holds': return 'holds'
    case 'broken': return `BROKEN: ${verdict.bounds.map(describeBroken).join(', ')}`
    case 'invalid': return `INVALID, not counted: ${verdict.reasons.join(', ')}`
  }
}

export function describeBroken ({ figure, unit, value, most }: BrokenBound): string {
  const known = Number.isFinite(value) ? `${numberText(value)} ${unit}`.trim() : 'not known'
  return `${figure} ${known} (${boundText({ most })})`
}

/** Where the limit was, in a sentence. */
export function describeLimit (limit: Limit): string {
  switch (limit.kind) {
    case 'server': {
      const others = limit.others.length === 0 ? '' : `, and ${limit.others.map(describeBroken).join(', ')}`
      return `With ${limit.devices} devices it did not hold: ${describeBroken(limit.first)} broke first${others}.`
    }
    case 'load': return `With ${limit.devices} devices the load was the limit, and nothing can be said of the server: ${limit.reasons.join(', ')}. It may bear more.`
    case 'none': return `As many as were to be tried held, ${limit.devices}. It may bear more.`
  }
}
