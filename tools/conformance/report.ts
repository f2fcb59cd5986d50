import { introduction } from './introduction.js'
import { dialects, type CaseResult, type Outcome } from './types.js'

const MARKS = { passed: '✓', failed: '✗', 'not-applicable': '–' } as const

export interface Totals { readonly passed: number, readonly failed: number, readonly notApplicable: number }

export function countResults (results: readonly CaseResult[]): Totals {
  const count = (kind: Outcome['kind']): number => results.filter(({ outcome }) => outcome.kind === kind).length
  return { passed: count('passed'), failed: count('failed'), notApplicable: count('not-applicable') }
}

type Column = CaseResult['dialect']

const COLUMN_WIDTH = 8
/** As they stand in the table: what has nothing to do with dialects comes first. */
const columnOrder: readonly Column[] = ['any', ...dialects]

/**
 * A row for each case and the reasons below it. A column for each dialect, if there were several;
 * if not, a case that is about another dialect says which.
 */
export function formatTable (results: readonly CaseResult[], paint: (outcome: Outcome['kind'], text: string) => string): string[] {
  const columns = columnsOf(results)
  const rows = groupById(results)
  const width = Math.max(...rows.map(row => row[0]!.id.length + row[0]!.title.length + 2), 10)
  const heading = columns.length > 1 ? [`${' '.repeat(width)}  ${columns.map(column => column.padEnd(COLUMN_WIDTH)).join('')}`] : []
  const lines = rows.flatMap(row => {
    const { id, title } = row[0]!
    const cells = columns.map(column => {
      const kind = resultIn(row, column)?.outcome.kind
      return kind === undefined ? ' '.repeat(COLUMN_WIDTH) : paint(kind, MARKS[kind].padEnd(COLUMN_WIDTH))
    })
    return [`${`${id}  ${title}`.padEnd(width)}  ${cells.join('').trimEnd()}`, ...reasonsOf(row).map(reason => `      ${reason}`)]
  })
  return [...heading, ...lines]
}

/** The page `docs/conformance.md`. */
export function formatMarkdown (results: readonly CaseResult[]): string {
  const columns = columnsOf(results)
  const { passed, failed, notApplicable } = countResults(results)
  const rows = groupById(results).map(row => {
    const { id, title } = row[0]!
    const cells = columns.map(column => {
      const kind = resultIn(row, column)?.outcome.kind
      return kind === undefined ? '' : columns.length > 1 ? MARKS[kind] : kind
    })
    return `| ${id} | ${escapeCell(title)} | ${cells.join(' | ')} | ${escapeCell(reasonsOf(row).join('; '))} |`
  })
  return [
    introduction,
    '',
    `${passed} passed (${MARKS.passed}), ${failed} failed (${MARKS.failed}), ${notApplicable} not applicable (${MARKS['not-applicable']}).`,
    '',
    `| id | what | ${columns.length > 1 ? columns.join(' | ') : 'result'} | why |`,
    `| --- | --- | ${columns.map(() => '---').join(' | ')} | --- |`,
    ...rows,
    ''
  ].join('\n')
}

/** One without a name, where each case was tried in one dialect only. */
function columnsOf (results: readonly CaseResult[]): readonly (Column | '')[] {
  if (groupById(results).every(row => row.length === 1)) return ['']
  return columnOrder.filter(column => results.some(({ dialect }) => dialect === column))
}

function resultIn (row: readonly CaseResult[], column: Column | ''): CaseResult | undefined {
  return column === '' ? row[0] : row.find(({ dialect }) => dialect === column)
}

function groupById (results: readonly CaseResult[]): CaseResult[][] {
  const groups = new Map<string, CaseResult[]>()
  for (const result of results) groups.set(result.id, [...groups.get(result.id) ?? [], result])
  return [...groups.values()]
}

/** What is the same in several dialects is said once. */
function reasonsOf (row: readonly CaseResult[]): string[] {
  const byReason = new Map<string, Column[]>()
  for (const { outcome, dialect } of row) {
    if (outcome.kind !== 'passed') byReason.set(outcome.reason, [...byReason.get(outcome.reason) ?? [], dialect])
  }
  return [...byReason].map(([reason, dialects]) => row.length === 1 ? reason : `${dialects.join(', ')}: ${reason}`)
}

// Times differ from run to run and ports with them; the page should differ only with the server.
function escapeCell (text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ').replace(/127\.0\.0\.1:\d+/g, '127.0.0.1:…')
}
