/** Something that is due at `dueMs`; it is re-armed from its own `run` by another `add`. */
export interface Deadline {
  dueMs: number
  run (): void
}

/**
 * One timer for all devices of a process. Tasks are due at absolute times, so that hundreds of 60
 * ms clocks neither drift nor cost a timer each; tasks that fall into the same millisecond share a
 * wake-up.
 */
export class DeadlineClock {
  readonly #heap: Deadline[] = []
  #timer: NodeJS.Timeout | undefined
  #timerDueMs = Infinity
  #isRunning = false

  now (): number { return performance.now() }

  add (task: Deadline): void {
    this.#heap.push(task)
    this.#siftUp(this.#heap.length - 1)
    if (!this.#isRunning) this.#arm()
  }

  remove (task: Deadline): void {
    const at = this.#heap.indexOf(task)
    if (at < 0) return
    const last = this.#heap.pop()!
    if (last !== task) {
      this.#heap[at] = last
      this.#siftDown(at)
      this.#siftUp(at)
    }
    if (this.#heap.length === 0) this.#disarm()
  }

  #runDue (): void {
    this.#timer = undefined
    this.#timerDueMs = Infinity
    this.#isRunning = true
    try {
      // A timer may fire up to 1 ms early by its own clock; those tasks run now, not a tick later.
      for (let task = this.#heap[0]; task !== undefined && task.dueMs <= this.now() + 0.5; task = this.#heap[0]) {
        this.remove(task)
        task.run()
      }
    } finally {
      this.#isRunning = false
      this.#arm()
    }
  }

  #arm (): void {
    const first = this.#heap[0]
    if (first === undefined || first.dueMs >= this.#timerDueMs) return
    if (this.#timer !== undefined) clearTimeout(this.#timer)
    this.#timerDueMs = first.dueMs
    this.#timer = setTimeout(() => this.#runDue(), Math.max(0, first.dueMs - this.now()))
  }

  #disarm (): void {
    if (this.#timer !== undefined) clearTimeout(this.#timer)
    this.#timer = undefined
    this.#timerDueMs = Infinity
  }

  #siftUp (from: number): void {
    const heap = this.#heap
    const task = heap[from]!
    let at = from
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (heap[parent]!.dueMs <= task.dueMs) break
      heap[at] = heap[parent]!
      at = parent
    }
    heap[at] = task
  }

  #siftDown (from: number): void {
    const heap = this.#heap
    const task = heap[from]!
    let at = from
    for (;;) {
      let child = 2 * at + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && heap[child + 1]!.dueMs < heap[child]!.dueMs) child++
      if (heap[child]!.dueMs >= task.dueMs) break
      heap[at] = heap[child]!
      at = child
    }
    heap[at] = task
  }
}

/** Shared by every device unless it is given another. */
export const sharedClock = new DeadlineClock()
