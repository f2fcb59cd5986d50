/** Something that is to happen at a time of `performance.now()`. */
export interface Due {
  readonly dueMs: number
  /** Nobody waits for it any more. */
  readonly isOver: boolean
  run (): void
}

/**
 * One timer for all that is due. It looks at the moments of a grid only, and then runs all that has
 * come due since the last one: waking up costs more than most of what is done then. Nothing is
 * early.
 */
export class Timetable {
  readonly #gridMs: number
  readonly #onRun: (lateMs: number) => void
  /** A heap: each entry is due no later than the two at twice its index, plus one and plus two. */
  readonly #heap: Due[] = []
  #timer: NodeJS.Timeout | undefined
  #timerMs = Infinity
  #isRunning = false

  /** @param onRun hears of everything that ran how late it was */
  constructor (gridMs: number, onRun: (lateMs: number) => void) {
    this.#gridMs = gridMs
    this.#onRun = onRun
  }

  add (due: Due): void {
    this.#siftUp(due)
    if (!this.#isRunning) this.#arm()
  }

  close (): void {
    clearTimeout(this.#timer)
    this.#heap.length = 0
  }

  #arm (): void {
    const next = this.#heap[0]
    if (next === undefined || next.dueMs > this.#timerMs - this.#gridMs) return
    clearTimeout(this.#timer)
    this.#timerMs = Math.ceil(next.dueMs / this.#gridMs) * this.#gridMs
    // A timer of Node's drops fractions of its milliseconds, and would come early, in vain.
    this.#timer = setTimeout(() => { this.#run() }, Math.max(0, Math.ceil(this.#timerMs - performance.now())))
  }

  #run (): void {
    this.#timerMs = Infinity
    this.#isRunning = true
    for (let next = this.#heap[0]; next !== undefined; next = this.#heap[0]) {
      const lateMs = next.isOver ? 0 : performance.now() - next.dueMs
      if (lateMs < 0) break
      this.#takeFirst()
      if (next.isOver) continue
      this.#onRun(lateMs)
      next.run()
    }
    this.#isRunning = false
    this.#arm()
  }

  #siftUp (due: Due): void {
    const heap = this.#heap
    let at = heap.push(due) - 1
    for (let parent = (at - 1) >> 1; at > 0 && heap[parent]!.dueMs > due.dueMs; parent = (at - 1) >> 1) {
      heap[at] = heap[parent]!
      at = parent
    }
    heap[at] = due
  }

  #takeFirst (): void {
    const heap = this.#heap
    const last = heap.pop()!
    if (heap.length === 0) return
    let at = 0
    for (let child = 1; child < heap.length; child = 2 * at + 1) {
      if (child + 1 < heap.length && heap[child + 1]!.dueMs < heap[child]!.dueMs) child++
      if (heap[child]!.dueMs >= last.dueMs) break
      heap[at] = heap[child]!
      at = child
    }
    heap[at] = last
  }
}
