import { constants, PerformanceObserver } from 'node:perf_hooks'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'

setFlagsFromString('--allow-natives-syntax')

/** Have the two objects one hidden class? If not, code that meets both is slower. */
export const haveSameMap = new Function('a', 'b', 'return %HaveSameMap(a, b)') as (a: object, b: object) => boolean

export interface Collections { readonly minor: number, readonly major: number }

/** Counts the garbage collections while `work` runs; it is warmed up by the caller. */
export async function countCollections (work: () => void): Promise<Collections> {
  const spans: { readonly at: number, readonly kind: number }[] = []
  const observer = new PerformanceObserver(list => {
    for (const entry of list.getEntries()) spans.push({ at: entry.startTime, kind: (entry.detail as { kind: number }).kind })
  })
  observer.observe({ entryTypes: ['gc'] })
  const from = performance.now()
  work()
  const to = performance.now()
  await nextTurn() // entries are handed over in a later turn of the event loop
  await nextTurn()
  observer.disconnect()
  const during = spans.filter(({ at }) => at >= from && at <= to)
  const minor = during.filter(({ kind }) => kind === constants.NODE_PERFORMANCE_GC_MINOR).length
  return { minor, major: during.length - minor }
}
