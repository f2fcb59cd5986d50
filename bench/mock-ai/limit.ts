import type { MockAiStats } from './stats.js'

/** Above these the mock service is part of what was measured. */
const MAX_LATE_P99_MS = 20
const MAX_UTILISATION = 0.9

/** Why a run says nothing of the server; empty where the mock service kept up. */
export function findMockLimits ({ lateness, loop }: MockAiStats): string[] {
  const limits: string[] = []
  if (lateness.p99Ms > MAX_LATE_P99_MS) limits.push(`the mock AI service sent late: p99 ${lateness.p99Ms} ms, more than ${MAX_LATE_P99_MS} ms`)
  if (loop.delayP99Ms > MAX_LATE_P99_MS) limits.push(`the loop of the mock AI service was late: p99 ${loop.delayP99Ms} ms, more than ${MAX_LATE_P99_MS} ms`)
  if (loop.utilisation > MAX_UTILISATION) limits.push(`the mock AI service was busy ${Math.round(100 * loop.utilisation)} % of the time, more than ${100 * MAX_UTILISATION} %`)
  return limits
}
