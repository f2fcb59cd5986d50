import type { TallyFigures } from '../../../tools/fuzz/tally.js'
import type { Screen } from '../shared/screen.js'
import type { FuzzResult } from './run-fuzz.js'

const COLUMNS = ['exchanges', 'connections', 'inputs', 'bytes', 'refused', 'closed', 'kept'] as const
const KIND_WIDTH = 26
const WIDTH = 12

export function printReport (screen: Screen, result: FuzzResult): void {
  printSent(screen, result.sent)
  printNumbers(screen, 'counters of the server that grew', result.counters)
  printNumbers(screen, 'warnings of the server', result.warnings)
  screen.line()
  for (const { name, passed, detail } of result.verdicts) {
    screen.line(`${screen.paint(passed ? 'green' : 'red', passed ? '✓' : '✗')} ${name.padEnd(34)} ${detail}`)
  }
  if (!result.passed) screen.line(`\nthe last inputs are in ${result.log}: npm run fuzz -- --replay ${result.log}`)
}

// Answers are those to the first request of a connection.
function printSent (screen: Screen, sent: TallyFigures): void {
  screen.line(screen.paint('bold', `${'sent'.padEnd(KIND_WIDTH)}${COLUMNS.map(name => name.padStart(WIDTH)).join('')}  answered`))
  for (const [kind, figures] of Object.entries(sent).sort(([one], [other]) => one < other ? -1 : 1)) {
    const statuses = Object.entries(figures.statuses).map(([status, count]) => `${status} × ${count}`).join(', ')
    screen.line(`${kind.padEnd(KIND_WIDTH)}${COLUMNS.map(name => String(figures[name]).padStart(WIDTH)).join('')}  ${statuses}`)
  }
}

function printNumbers (screen: Screen, title: string, numbers: Readonly<Record<string, number>>): void {
  const entries = Object.entries(numbers)
  if (entries.length === 0) return
  screen.line()
  screen.line(screen.paint('bold', title))
  for (const [name, count] of entries) screen.line(`  ${name.padEnd(44)} ${count}`)
}
