import { setMaxListeners } from 'node:events'

import { CaseContext } from './case-context.js'
import type { ConformanceCase } from './conformance-case.js'
import { inLanes } from './lanes.js'
import { planTasks, type Task } from './plan.js'
import type { Target } from './target.js'
import type { CaseResult, Dialect, Outcome } from './types.js'
import { NotApplicable } from './verdicts.js'

export interface RunOptions {
  /** Cases that run beside each other: most of their time they wait. */
  readonly lanes: number
  readonly dialects: readonly Dialect[]
  readonly signal: AbortSignal
  /** Another case has begun or ended. */
  readonly onProgress?: (progress: Progress) => void
}

export interface Progress {
  readonly running: readonly string[]
  readonly results: readonly CaseResult[]
  readonly total: number
}

const LIMIT_MS = 60_000

/** Runs cases beside each other, and at the end those that want the server for themselves. */
export async function runCases (cases: readonly ConformanceCase[], target: Target, options: RunOptions): Promise<CaseResult[]> {
  const { signal, onProgress } = options
  const tasks = planTasks(cases, options.dialects)
  const running = new Set<string>()
  const results = new Map<Task, CaseResult>()
  const known = new Map<string, Promise<Outcome>>()
  const tell = (): void => { onProgress?.({ running: [...running], results: [...results.values()], total: tasks.length }) }
  const perform = async (task: Task): Promise<void> => {
    const name = `${task.subject.id} ${task.column}`
    running.add(name)
    tell()
    const startedAt = performance.now()
    const outcome = await outcomeOf(task, target, signal, known)
    running.delete(name)
    const { id, title } = task.subject
    results.set(task, { id, title, dialect: task.column, outcome, tookMs: Math.round(performance.now() - startedAt) })
    tell()
  }
  await inLanes(tasks.filter(({ subject }) => subject.isAlone !== true), options.lanes, signal, perform)
  await inLanes(tasks.filter(({ subject }) => subject.isAlone === true), 1, signal, perform)
  const order = (id: string): number => cases.findIndex(one => one.id === id)
  return [...results.values()].sort((one, other) => order(one.id) - order(other.id))
}

/** One case under two names is tried once. */
function outcomeOf (task: Task, target: Target, signal: AbortSignal, known: Map<string, Promise<Outcome>>): Promise<Outcome> {
  const { subject, dialect } = task
  if (task.isForeign) return Promise.resolve({ kind: 'not-applicable', reason: `is about ${subject.dialects!.join(', ')}` })
  const key = `${subject.sameAs ?? subject.id} ${task.column}`
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
    controller.abort()
    context.close()
  }
}

async function attempt (subject: ConformanceCase, context: CaseContext): Promise<Outcome> {
  try {
    // Over MQTT all is asked of the server that has it, the operator's orders among it.
    await subject.run(context.dialect === 'mqtt' ? await context.at('mqtt') : context)
    return { kind: 'passed' }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return error instanceof NotApplicable ? { kind: 'not-applicable', reason } : { kind: 'failed', reason }
  }
}
