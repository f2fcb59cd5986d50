import { Session } from 'node:inspector'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { GCProfiler, getHeapStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--allow-natives-syntax')
setFlagsFromString('--expose-gc')

const haveSameMap = new Function('a', 'b', 'return %HaveSameMap(a, b)') as (a: object, b: object) => boolean
const collect = runInNewContext('gc') as () => void

/** Collections of a thread. */
export interface CollectionCounts {
  readonly minor: number
  readonly major: number
  readonly incremental: number
  readonly pausesMs: number
}

/** What the thread's heap holds after a full collection. */
export interface HeapSize { readonly heapUsedBytes: number, readonly externalBytes: number }

const COLLECTIONS = 4

/** Watches the heap of the thread in which it is made. */
export class HeapProbe {
  // An observer of performance entries would leave 4 KB in the old space for each collection, and
  // so bring about the major one that it reports.
  readonly #profiler = new GCProfiler()

  constructor () { this.#profiler.start() }

  /** Collections since it was asked last. */
  counts (): CollectionCounts {
    const { statistics } = this.#profiler.stop()
    this.#profiler.start()
    const countOf = (type: string): number => statistics.filter(({ gcType }) => gcType === type).length
    return {
      minor: countOf('Scavenge'),
      major: countOf('MarkSweepCompact'),
      incremental: countOf('IncrementalMarking'),
      pausesMs: statistics.reduce((sum, { cost }) => sum + cost, 0) / 1000
    }
  }

  /** Collects. */
  async settledHeap (): Promise<HeapSize> {
    for (let round = 0; round < COLLECTIONS; round++) {
      collect()
      await nextTurn() // native finalizers run in a turn of their own
    }
    const { used_heap_size: heapUsedBytes, external_memory: externalBytes } = getHeapStatistics()
    return { heapUsedBytes, externalBytes }
  }
}

type Class = abstract new (...args: never[]) => object

/** Classes of which not all objects are alike, and how many objects of each were looked at. */
export interface Shapes { readonly mixed: readonly string[], readonly objects: Readonly<Record<string, number>> }

/**
 * Names of those of the classes whose living objects are not all of one shape. Among them is one
 * that was never used (the caller sees to that): use must not change a shape.
 */
export function findMixedShapes (classes: Readonly<Record<string, Class>>): Shapes {
  const session = new Session()
  session.connect()
  const objects: Record<string, number> = {}
  const mixed: string[] = []
  try {
    for (const [name, kind] of Object.entries(classes)) {
      const living = findLiving(session, kind.prototype as object)
      objects[name] = living.length
      if (living.some(object => !haveSameMap(object, living[0]!))) mixed.push(name)
    }
  } finally {
    session.disconnect()
  }
  return { mixed, objects }
}

const handover = globalThis as { chorusBench?: unknown }

/** All living objects of a class, in private fields too: the debugger finds them. */
function findLiving (session: Session, prototype: object): object[] {
  handover.chorusBench = prototype
  let found: object[] = []
  session.post('Runtime.evaluate', { expression: 'globalThis.chorusBench' }, (error, { result }) => {
    if (error !== null) throw error
    session.post('Runtime.queryObjects', { prototypeObjectId: result.objectId! }, (queryError, { objects }) => {
      if (queryError !== null) throw queryError
      session.post('Runtime.callFunctionOn', {
        objectId: objects.objectId!, functionDeclaration: 'function () { globalThis.chorusBench = this }'
      })
      found = handover.chorusBench as object[]
    })
  })
  delete handover.chorusBench
  return found
}
