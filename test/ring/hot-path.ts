import assert from 'node:assert/strict'
import { constants, type NodeGCPerformanceDetail, type PerformanceEntry, PerformanceObserver } from 'node:perf_hooks'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'

setFlagsFromString('--allow-natives-syntax')

/** Have the two objects one hidden class? If not, code that meets both is slower. */
export const haveSameMap = new Function('a', 'b', 'return %HaveSameMap(a, b)') as (a: object, b: object) => boolean

/** `allocatedBytes` is what the heap grew by; without collections, all that was allocated. */
export interface Collections { readonly minor: number, readonly major: number, readonly allocatedBytes: number }

// The types of Node 20 know no `detail`.
const gcKind = (entry: PerformanceEntry): number => (entry as { detail?: NodeGCPerformanceDetail }).detail?.kind ?? 0

/** Counts the garbage collections while `work` runs; it is warmed up by the caller. */
export async function countCollections (work: () => void): Promise<Collections> {
  const spans: { readonly at: number, readonly kind: number }[] = []
  const observer = new PerformanceObserver(list => {
    for (const entry of list.getEntries()) spans.push({ at: entry.startTime, kind: gcKind(entry) })
  })
  observer.observe({ entryTypes: ['gc'] })
  const used = process.memoryUsage().heapUsed
  const from = performance.now()
  work()
  const to = performance.now()
  const allocatedBytes = process.memoryUsage().heapUsed - used
  await nextTurn() // entries are handed over in a later turn of the event loop
  await nextTurn()
  observer.disconnect()
  const during = spans.filter(({ at }) => at >= from && at <= to)
  const minor = during.filter(({ kind }) => kind === constants.NODE_PERFORMANCE_GC_MINOR).length
  return { minor, major: during.length - minor, allocatedBytes }
}

const ROUNDS = 30

/**
 * Asserts that `frames` frames make less than four bytes of garbage each. Code that is not
 * optimised yet boxes its floats, and how soon it is depends on the other threads: one clean round
 * proves it.
 */
export async function assertNoGarbage (frames: number, work: () => void): Promise<void> {
  let last: Collections
  let round = 0
  do {
    last = await countCollections(work)
    round++
  } while (round < ROUNDS && (last.minor + last.major > 0 || last.allocatedBytes >= frames * 4))
  assert.deepEqual([last.minor, last.major], [0, 0])
  assert.ok(last.allocatedBytes < frames * 4, `${last.allocatedBytes} bytes were allocated`)
}
