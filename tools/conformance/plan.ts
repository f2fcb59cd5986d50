import type { ConformanceCase } from './conformance-case.js'
import { dialects as all, type CaseResult, type Dialect } from './types.js'

/** A case in one dialect. */
export interface Task {
  readonly subject: ConformanceCase
  /** What its devices speak. */
  readonly dialect: Dialect
  readonly column: CaseResult['dialect']
  /** It is about other dialects, which are tried, too: there is nothing to do. */
  readonly isForeign: boolean
}

/** What is to be tried: every case at least once, whatever the dialects. */
export function planTasks (cases: readonly ConformanceCase[], dialects: readonly Dialect[]): Task[] {
  return cases.flatMap(subject => {
    if (subject.isDialectFree === true) return [{ subject, dialect: dialects[0]!, column: 'any' as const, isForeign: false }]
    const about = subject.dialects ?? all
    const task = (dialect: Dialect): Task => ({ subject, dialect, column: dialect, isForeign: !about.includes(dialect) })
    const tasks = dialects.map(task)
    return tasks.every(({ isForeign }) => isForeign) ? [...tasks.slice(1), task(about[0]!)] : tasks
  })
}
