import { setMaxListeners } from 'node:events'

import { CaseContext, type Target } from './case-context.js'
import type { ConformanceCase } from './conformance-case.js'
import type { CaseResult, Dialect, Outcome } from './types.js'
import { NotApplicable } from './verdicts.js'

export interface RunOptions {
  readonly lanes: number
  readonly dialects: readonly Dialect[]
  readonly signal: AbortSignal
  /** Another case has begun or ended. */
  readonly onProgress?: (running: readonly string[], results: readonly CaseResult[]) => void
}

const LIMIT_MS = 60_000

interface Task { readonly subject: ConformanceCase, readonly dialect: Dialect }

/** Runs cases beside each other, and at the end those that want the server for themselves. */
export async function runCases (cases: readonly ConformanceCase[], target: Target, options: RunOptions): Promise<CaseResult[]> {
  const tasks = options.dialects.flatMap(dialect => cases.map(subject => ({ subject, dialect })))
  const running = new Set<string>()
  const results = new Map<Task, CaseResult>()
  const known = new Map<string, Promise<Outcome>>()
  const perform = async (task: Task): Promise<void> => {
    const name = `${task.subject.id} ${task.dialect}`
    running.add(name)
    options.onProgress?.([...running], [...results.values()])
    const startedAt = performance.now()
    const outcome = await outcomeOf(task, target, options.signal, known)
    running.delete(name)
    const { id, title } = task.subject
    results.set(task, { id, title, dialect: task.dialect, outcome, tookMs: Math.round(performance.now() - startedAt) })
    options.onProgress?.([...running], [...results.values()])
  }
  const shared = tasks.filter(({ subject }) => subject.isAlone !== true)
  const lane = async (): Promise<void> => {
    for (let task = shared.shift(); task !== undefined && !options.signal.aborted; task = shared.shift()) await perform(task)
  }
  await Promise.all(Array.from({ length: options.lanes }, lane))
  for (const task of tasks) {
    if (task.subject.isAlone === true && !options.signal.aborted) await perform(task)
  }
  return tasks.map(task => results.get(task)).filter(result => result !== undefined)
}

/** One case under two names is tried once. */
function outcomeOf (task: Task, target: Target, signal: AbortSignal, known: Map<string, Promise<Outcome>>): Promise<Outcome> {
  const { subject, dialect } = task
  if (subject.dialects?.includes(dialect) === false) return Promise.resolve({ kind: 'not-applicable', reason: `is not about ${dialect}` })
  const key = `${subject.sameAs ?? subject.id} ${dialect}`
  const outcome = known.get(key) ?? tryCase(subject, target, dialect, signal)
  known.set(key, outcome)
  return outcome
}

async function tryCase (subject: ConformanceCase, target: Target, dialect: Dialect, signal: AbortSignal): Promise<Outcome> {
  const controller = new AbortController()
  setMaxListeners(0, controller.signal) // one for each device of the case
  const stop = (): void => { controller.abort() }
  signal.addEventListener('abort', stop, { once: true })
  const context = new CaseContext(target, dialect, controller.signal)
  const limitMs = subject.limitMs ?? LIMIT_MS
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<Outcome>(resolve => {
    timer = setTimeout(() => { resolve({ kind: 'failed', reason: `was not over after ${limitMs / 1000} s` }) }, limitMs)
  })
  try {
    return await Promise.race([late, attempt(subject, context)])
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', stop)
    context.close()
    controller.abort()
  }
}

async function attempt (subject: ConformanceCase, context: CaseContext): Promise<Outcome> {
  try {
    await subject.run(context)
    return { kind: 'passed' }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return error instanceof NotApplicable ? { kind: 'not-applicable', reason } : { kind: 'failed', reason }
  }
}
