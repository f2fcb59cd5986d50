import { formatTable } from '../support/figures.js'
import { commandOf } from './command-line.js'
import type { BenchResult } from './result.js'
import { boundText, isWithin, numberText, spreadText, verdictOf, verdictTexts } from './verdict.js'

const LEAST_PERCENT = 0.5

/** A result for a terminal. */
export function renderText (result: BenchResult): string {
  const { title, machine, figures, threads, transport, elapsedSeconds } = result
  const rows = figures.map(figure => [
    figure.name, numberText(figure.value), figure.unit, spreadText(figure), boundText(figure.bound),
    figure.bound === undefined ? '' : isWithin(figure.value, figure.bound) ? 'ok' : 'BROKEN'
  ])
  const busy = threads.filter(({ percent }) => percent >= LEAST_PERCENT).map(({ kind, tid, percent }) => [`${kind} (${tid})`, `${numberText(percent)} %`])
  return [
    '',
    `${title} · ${transport} · ${elapsedSeconds} s`,
    `${machine.cpu}, ${machine.cores} cores, ${Math.round(machine.memoryMb / 1024)} GB · ${machine.os} · ${machine.kernel} · node ${machine.node} · ${machine.commit}`,
    '',
    ...(rows.length > 0 ? [formatTable([['figure', 'value', 'unit', 'least – most', 'bound', ''], ...rows])] : []),
    ...(busy.length > 0 ? [formatTable([['thread', 'of one core'], ...busy])] : []),
    ...verdictLines(result),
    `again: ${commandOf(result)}`,
    ''
  ].join('\n')
}

function verdictLines (result: BenchResult): string[] {
  const { complaints, invalid, failures } = result
  return [
    ...complaints.map(text => `the server says: ${text}`),
    ...invalid.map(text => `INVALID: ${text}`),
    ...failures.map(text => `BROKEN: ${text}`),
    verdictTexts[verdictOf(result)]
  ]
}
