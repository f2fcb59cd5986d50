// hot path

/** Who is told when its time has come; it lives in one slot of the wheel at most. */
export interface Scheduled {
  /** @param now milliseconds of the monotonic clock */
  onDue (now: number): void
  /** Kept by the clock: absolute number of the 5 ms slot, or -1. */
  slot: number
}

/** What paces a session; tests put a clock of their own in its place. */
export interface Clock {
  now (): number
  /** Calls `item.onDue` at `dueAt` or up to a slot later, and not at a time that was set before. */
  schedule (item: Scheduled, dueAt: number): void
  cancel (item: Scheduled): void
}

export const SLOT_MS = 5
// 2.56 s: nothing is scheduled further ahead than a gap or the end of a buffer, 2 s at most.
const WHEEL_SLOTS = 512

/**
 * One re-armed timer to absolute deadlines serves all sessions. A deadline is rounded up to its
 * 5 ms slot, once for a stream that advances by whole slots, so it adds no jitter.
 */
export class PlayoutClock implements Clock {
  readonly #wheel: Scheduled[][] = Array.from({ length: WHEEL_SLOTS }, () => [])
  readonly #fire = (): void => { this.#run() }
  #timer: NodeJS.Timeout | undefined
  #armedSlot = 0
  #doneSlot = 0
  #count = 0
  #isRunning = false

  now (): number { return performance.now() }

  schedule (item: Scheduled, dueAt: number): void {
    this.cancel(item)
    // Never back: a slot that was served a moment ago would be served again, in a circle.
    if (this.#count === 0) this.#doneSlot = Math.max(this.#doneSlot, Math.floor(this.now() / SLOT_MS) - 1)
    const first = this.#doneSlot + 1
    const slot = Math.min(Math.max(Math.ceil(dueAt / SLOT_MS), first), first + WHEEL_SLOTS - 1)
    item.slot = slot
    this.#wheel[slot % WHEEL_SLOTS]!.push(item)
    this.#count++
    // A run arms the timer at its end, when it knows what comes first.
    if (!this.#isRunning && (this.#timer === undefined || slot < this.#armedSlot)) this.#arm(slot)
  }

  cancel (item: Scheduled): void {
    if (item.slot < 0) return
    const list = this.#wheel[item.slot % WHEEL_SLOTS]!
    const at = list.indexOf(item)
    if (at >= 0) {
      list[at] = list[list.length - 1]!
      list.pop()
      this.#count--
    }
    item.slot = -1
  }

  stop (): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #run (): void {
    this.#timer = undefined
    this.#isRunning = true
    const last = Math.floor(this.now() / SLOT_MS)
    while (this.#doneSlot < last && this.#count > 0) {
      this.#doneSlot++
      const list = this.#wheel[this.#doneSlot % WHEEL_SLOTS]!
      while (list.length > 0) {
        const item = list.pop()!
        this.#count--
        item.slot = -1
        item.onDue(this.now())
      }
    }
    this.#isRunning = false
    if (this.#count > 0) this.#armNext()
  }

  #armNext (): void {
    for (let slot = this.#doneSlot + 1; slot <= this.#doneSlot + WHEEL_SLOTS; slot++) {
      if (this.#wheel[slot % WHEEL_SLOTS]!.length > 0) { this.#arm(slot); return }
    }
  }

  #arm (slot: number): void {
    clearTimeout(this.#timer)
    this.#armedSlot = slot
    // Rounded up: a timer that fires within the slot before would find nothing to do.
    this.#timer = setTimeout(this.#fire, Math.max(1, Math.ceil(slot * SLOT_MS - this.now())))
  }
}
