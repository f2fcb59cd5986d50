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

/**
 * What is to be tried: every case at least once, whatever the dialects. One dialect behind the
 * other, lest the same costly case run in all of them at once.
 */
export function planTasks (cases: readonly ConformanceCase[], dialects: readonly Dialect[]): Task[] {
  const tasks = cases.flatMap(subject => tasksOf(subject, dialects))
  const order = [...dialects, ...all.filter(dialect => !dialects.includes(dialect))]
  const place = ({ dialect }: Task): number => order.indexOf(dialect)
  return tasks.sort((one, other) => place(one) - place(other))
}

function tasksOf (subject: ConformanceCase, dialects: readonly Dialect[]): Task[] {
  if (subject.isDialectFree === true) return [{ subject, dialect: dialects[0]!, column: 'any', isForeign: false }]
  const about = subject.dialects ?? all
  const task = (dialect: Dialect): Task => ({ subject, dialect, column: dialect, isForeign: !about.includes(dialect) })
  const tasks = dialects.map(task)
  if (tasks.some(({ isForeign }) => !isForeign)) return tasks
  const home = task(about[0]!)
  return tasks.length === 1 ? [home] : [...tasks, home]
}
