/** What a thread is about to do: a name, an array, an index, values. */
export type Request = readonly [name: string, array: Int32Array, at: number, value?: unknown, other?: unknown]
export type Steps = Generator<Request, unknown, unknown>
/** Shared memory with a number, the same one in every run of a scenario. */
export class SharedMemory extends SharedArrayBuffer {
  readonly id: number

  constructor (bytes: number, id: number) {
    super(bytes)
    this.id = id
  }
}

const pool = new Map<number, SharedMemory>()
const words = new WeakMap<SharedMemory, Uint8Array>()
let nextId = 0

/**
 * Stands for the constructor SharedArrayBuffer in the transformed sources. A run asks for the same
 * sizes in the same order as the one before it, and gets the same memories, emptied.
 */
export function MakeShared (bytes: number): SharedMemory {
  const id = nextId++
  const known = pool.get(id)
  if (known?.byteLength === bytes) {
    words.get(known)!.fill(0)
    return known
  }
  const made = new SharedMemory(bytes, id)
  pool.set(id, made)
  words.set(made, new Uint8Array(made))
  return made
}

/** A new run begins. */
export function restartMemory (): void { nextId = 0 }

export function isShared (array: ArrayBufferView): boolean { return array.buffer instanceof SharedMemory }

/** A number for a word of memory. */
export function placeOf (array: Int32Array, at: number): number {
  return (array.buffer as SharedMemory).id * 0x1_0000 + array.byteOffset + at * array.BYTES_PER_ELEMENT
}

export function isPlain (request: Request | undefined): boolean {
  const name = request?.[0]
  return name === 'read' || name === 'write' || name === 'bulk'
}

export function isWrite (name: string): boolean {
  return name !== 'load' && name !== 'read' && name !== 'wait' && name !== 'notify' && name !== 'awaitNonZero' && name !== 'choose'
}

/** What the machine does not do itself: an operation whose result the memory alone decides. */
export function execute ([name, array, at, value, other]: Request): unknown {
  switch (name) {
    case 'read': return array[at]
    case 'write': return array[at] = value as number
    case 'bulk': { array.set(value as ArrayLike<number>, at); return undefined }
    case 'load': return Atomics.load(array, at)
    case 'store': return Atomics.store(array, at, value as number)
    case 'add': return Atomics.add(array, at, value as number)
    case 'sub': return Atomics.sub(array, at, value as number)
    case 'or': return Atomics.or(array, at, value as number)
    case 'and': return Atomics.and(array, at, value as number)
    case 'exchange': return Atomics.exchange(array, at, value as number)
    case 'compareExchange': return Atomics.compareExchange(array, at, value as number, other as number)
    case 'wait': return 'not-equal'
    case 'notify': return 0
    case 'awaitNonZero': return Atomics.load(array, at)
    case 'choose': return 0
    default: throw new SyntaxError(`the model checker does not know ${name}`)
  }
}
