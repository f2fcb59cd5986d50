import { execute, isPlain, isWrite, placeOf, type Request, type SharedMemory, type Steps } from './memory.js'
import { Races } from './races.js'

/** A thread and the alternative that it takes: a number for `choose`, 1 for a timeout. */
export interface Move { readonly thread: number, readonly choice: number }

const READY = 0
const BLOCKED = 1 // in Atomics.wait, until a notify
const DONE = 2

/** Runs what was called if it turns out to be a generator of steps. */
export function * maybe (value: unknown): Steps {
  return isSteps(value) ? yield * value : value
}

export function isSteps (value: unknown): value is Steps {
  return Object.prototype.toString.call(value) === '[object Generator]'
}

/** A thread of the model: a generator and all that tells its state apart. */
class ModelThread {
  readonly steps: Steps
  request: Request | undefined
  state = READY
  /** What the operation under way gives, if a notify decided it. */
  wakes = false
  operations = 0
  // Two hashes of all that the thread did and saw: its local state follows from that.
  hash = 1
  otherHash = 2

  constructor (steps: Steps) { this.steps = steps }

  remember (value: number): void {
    this.hash = scatter(this.hash ^ value)
    this.otherHash = scatter(Math.imul(this.otherHash, 31) + value)
  }
}

export class Violation extends Error {}

/**
 * Executes threads step by step. A step is one access to shared memory; what a thread does between
 * two of them nobody can see. Each access is checked for races.
 */
export class Machine {
  readonly #threads: ModelThread[]
  readonly #races: Races
  readonly #timeouts: boolean
  readonly #names: readonly string[]
  readonly #trace: string[] | undefined
  /** Who wrote each word last, all words in one number. */
  #writers = 0
  #otherWriters = 0
  readonly #writerOf = new Map<number, number>()
  readonly #waiters: number[] = []

  constructor (threads: readonly (() => unknown)[], names: readonly string[], timeouts: boolean, trace?: string[]) {
    this.#names = names
    this.#timeouts = timeouts
    this.#trace = trace
    this.#races = new Races(threads.length)
    this.#threads = threads.map(start => new ModelThread(toSteps(start)))
    this.#threads.forEach((_, thread) => { this.#resume(thread, undefined) })
  }

  /** Runs a function to its end with nobody else beside it: set-up and final checks. */
  static runAlone (start: () => unknown): unknown {
    const steps = toSteps(start)
    for (let result = steps.next(); ; result = steps.next(execute(result.value as Request))) {
      if (result.done === true) return result.value
    }
  }

  get blocked (): boolean[] { return this.#threads.map(({ state }) => state !== DONE) }

  /** Plain accesses: without races nobody can tell when exactly they happen. */
  runUnseen (): void {
    for (let thread = 0; thread < this.#threads.length; thread++) {
      while (isPlain(this.#threads[thread]!.request)) this.move(thread, 0)
    }
  }

  /** Fills `moves` with all that may happen next. */
  moves (moves: Move[]): void {
    moves.length = 0
    for (let thread = 0; thread < this.#threads.length; thread++) {
      const { state, request } = this.#threads[thread]!
      if (state === BLOCKED && this.#timeouts && Number.isFinite(request![4] as number)) moves.push({ thread, choice: 1 })
      if (state !== READY || request === undefined) continue
      if (request[0] === 'awaitNonZero' && request[1][request[2]] === 0) continue
      const choices = request[0] === 'choose' ? request[3] as number : 1
      for (let choice = 0; choice < choices; choice++) moves.push({ thread, choice })
    }
  }

  /** States that are the same have the same key; others, but for one in 2^53, another. */
  key (): number {
    let hash = this.#writers
    let other = this.#otherWriters
    for (const thread of this.#threads) {
      hash = scatter(Math.imul(hash, 31) + (thread.hash ^ thread.state))
      other = scatter(Math.imul(other, 37) + thread.otherHash)
    }
    for (const waiter of this.#waiters) other = scatter(Math.imul(other, 41) + waiter)
    return (hash >>> 0) * 0x20_0000 + (other >>> 11)
  }

  move (index: number, choice: number): void {
    const thread = this.#threads[index]!
    const request = thread.request!
    thread.operations++
    if (thread.state === BLOCKED) {
      this.#waiters.splice(this.#waiters.indexOf(index), 1)
      this.#finish(index, 'timed-out', 2)
    } else if (thread.wakes) {
      thread.wakes = false
      this.#finish(index, 'ok', 3)
    } else if (request[0] === 'choose') {
      this.#finish(index, choice, choice + 4)
    } else {
      this.#access(index, request)
    }
  }

  #access (index: number, request: Request): void {
    const [name, array, at] = request
    const conflict = this.#races.check(index, request)
    if (conflict !== undefined) throw new Violation(`a data race: ${this.#describe(index, request)} and ${conflict}`)
    if (name === 'wait' && array[at] === request[3]) {
      this.#threads[index]!.state = BLOCKED
      this.#waiters.push(index)
      this.#note(index, request, 'sleeps')
      this.#threads[index]!.remember(this.#lastWriter(array, at))
      return
    }
    if (name === 'notify') {
      const woken = this.#wake(array, at)
      this.#finish(index, woken, woken + 5)
      return
    }
    const seen = isPlain(request) ? 0 : this.#lastWriter(array, at)
    const result = execute(request)
    if (isWrite(name) && !isPlain(request)) this.#wrote(index, array, at)
    this.#threads[index]!.remember(seen)
    this.#finish(index, result, typeof result === 'number' ? result | 0 : 1)
  }

  #finish (index: number, result: unknown, digest: number): void {
    const thread = this.#threads[index]!
    this.#note(index, thread.request!, String(result))
    thread.state = READY
    thread.remember(digest)
    this.#resume(index, result)
  }

  #resume (index: number, result: unknown): void {
    const thread = this.#threads[index]!
    const next = thread.steps.next(result)
    thread.request = next.done === true ? undefined : next.value
    if (next.done === true) thread.state = DONE
  }

  #wake (array: Int32Array, at: number): number {
    const woken = this.#waiters.filter(waiter => {
      const request = this.#threads[waiter]!.request!
      return request[1].buffer === array.buffer && request[2] === at
    })
    for (const waiter of woken) {
      this.#waiters.splice(this.#waiters.indexOf(waiter), 1)
      this.#threads[waiter]!.state = READY
      this.#threads[waiter]!.wakes = true
    }
    return woken.length
  }

  #lastWriter (array: Int32Array, at: number): number { return this.#writerOf.get(placeOf(array, at)) ?? 0 }

  #wrote (index: number, array: Int32Array, at: number): void {
    const place = placeOf(array, at)
    this.#mix(place, this.#writerOf.get(place) ?? 0)
    const writer = this.#threads[index]!.operations * 8 + index + 1
    this.#writerOf.set(place, writer)
    this.#mix(place, writer)
  }

  // Adding and taking away are the same operation.
  #mix (place: number, writer: number): void {
    const mixed = scatter(place + Math.imul(writer, 0x9e3779b1))
    this.#writers ^= mixed
    this.#otherWriters ^= scatter(mixed + place)
  }

  #note (index: number, request: Request, result: string): void {
    this.#trace?.push(`${this.#describe(index, request)} → ${result}`)
  }

  #describe (index: number, [name, array, at, value]: Request): string {
    const place = array === undefined ? '' : ` memory ${(array.buffer as SharedMemory).id}[${at}]`
    return `${this.#names[index] ?? index}: ${name}${place}${typeof value === 'number' ? ` ${value}` : ''}`
  }
}

/** Spreads the bits of a number over all 32 (the finaliser of MurmurHash3, and an offset for 0). */
function scatter (value: number): number {
  let bits = Math.imul(value + 0x7f4a7c15 | 0, 0x85ebca6b)
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35)
  return bits ^ (bits >>> 16)
}

function toSteps (start: () => unknown): Steps {
  const steps = start()
  return isSteps(steps) ? steps : maybe(steps)
}
