import { isPlain, isWrite, type Request, type SharedMemory } from './memory.js'

/**
 * Who touched each byte, when. `clock` is of the thread that did; [byte * threads + thread], 0 for
 * never.
 */
interface Shadow {
  readonly plainReads: Int32Array
  readonly plainWrites: Int32Array
  readonly atomicReads: Int32Array
  readonly atomicWrites: Int32Array
  /** For each word: what its last atomic writer had seen of all threads. */
  readonly released: Int32Array
}

/**
 * Finds data races with vector clocks. Two accesses to a byte race if one of them writes, one of
 * them is not atomic, and no chain of atomic reads of what the other thread wrote orders them.
 * JavaScript promises sequential consistency to programs without races; so where there are none,
 * the interleavings explored here are all that can happen, on any processor.
 */
export class Races {
  readonly #threads: number
  readonly #clocks: Int32Array[]
  readonly #shadows: Shadow[] = []

  constructor (threads: number) {
    this.#threads = threads
    this.#clocks = Array.from({ length: threads }, (_, thread) => {
      const clock = new Int32Array(threads)
      clock[thread] = 1
      return clock
    })
  }

  /** Notes an access. @returns the thread and byte that it conflicts with, if it races */
  check (thread: number, request: Request): string | undefined {
    const [name, array, at, value] = request
    const size = array.BYTES_PER_ELEMENT
    const bytes = name === 'bulk' ? (value as ArrayLike<number>).length * size : size
    const start = array.byteOffset + at * size
    const shadow = this.#shadowOf(array.buffer as unknown as SharedMemory)
    const plain = isPlain(request)
    if (name === 'notify') return undefined
    if (!plain) this.#acquire(thread, shadow, start, name)
    const conflict = this.#conflict(thread, shadow, start, bytes, plain, isWrite(name))
    const { plainReads, plainWrites, atomicReads, atomicWrites } = shadow
    const notes = isWrite(name) ? (plain ? plainWrites : atomicWrites) : (plain ? plainReads : atomicReads)
    const now = this.#clocks[thread]![thread]!
    for (let byte = start; byte < start + bytes; byte++) notes[byte * this.#threads + thread] = now
    if (!plain && isWrite(name)) this.#release(thread, shadow, start)
    return conflict
  }

  #conflict (thread: number, shadow: Shadow, start: number, bytes: number, plain: boolean, writes: boolean): string | undefined {
    const clock = this.#clocks[thread]!
    for (let byte = start; byte < start + bytes; byte++) {
      for (let other = 0; other < this.#threads; other++) {
        if (other === thread) continue
        const at = byte * this.#threads + other
        const seen = clock[other]!
        const races = shadow.plainWrites[at]! > seen || (plain && shadow.atomicWrites[at]! > seen) ||
          (writes && (shadow.plainReads[at]! > seen || (plain && shadow.atomicReads[at]! > seen)))
        if (races) return `what thread ${other} did to byte ${byte}`
      }
    }
    return undefined
  }

  // A store alone learns nothing of others; whatever reads does.
  #acquire (thread: number, shadow: Shadow, start: number, name: string): void {
    if (name === 'store') return
    const clock = this.#clocks[thread]!
    const from = (start >> 2) * this.#threads
    for (let other = 0; other < this.#threads; other++) clock[other] = Math.max(clock[other]!, shadow.released[from + other]!)
  }

  #release (thread: number, shadow: Shadow, start: number): void {
    const clock = this.#clocks[thread]!
    const to = (start >> 2) * this.#threads
    for (let other = 0; other < this.#threads; other++) shadow.released[to + other] = clock[other]!
    clock[thread] = clock[thread]! + 1
  }

  #shadowOf (memory: SharedMemory): Shadow {
    return this.#shadows[memory.id] ??= freshShadow(memory, this.#threads)
  }
}

const used = new Map<string, Shadow>()

/** The memories of one run have the same numbers and sizes as those of the next. */
function freshShadow (memory: SharedMemory, threads: number): Shadow {
  const name = `${memory.id} ${memory.byteLength} ${threads}`
  const known = used.get(name)
  if (known !== undefined) {
    for (const clocks of Object.values(known) as Int32Array[]) clocks.fill(0)
    return known
  }
  const make = (): Int32Array => new Int32Array(memory.byteLength * threads)
  const made = { plainReads: make(), plainWrites: make(), atomicReads: make(), atomicWrites: make(), released: make() }
  used.set(name, made)
  return made
}
