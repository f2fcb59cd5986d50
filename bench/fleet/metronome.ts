/** What has its turn once per frame. */
export interface Ticking {
  /** @param dueMs when by the plan, on the clock of `performance.now()` */
  tick (dueMs: number): void
}

/** How finely the devices' phases are spread over a frame. */
const SLOT_MS = 2

/**
 * One clock for all devices of a process. Slot `n` is due at `startMs + n × 2 ms`, whatever became
 * of the ones before: after a stall all that were missed are made up for at once, each with the
 * moment at which it was due (open loop).
 */
export class Metronome {
  readonly #slots: Ticking[][]
  readonly #onLate: (lateMs: number) => void
  #next = 0
  #startMs = 0
  #timer: NodeJS.Timeout | undefined

  /** @param onLate told once per slot that has devices */
  constructor (frameMs: number, onLate: (lateMs: number) => void) {
    this.#slots = Array.from({ length: Math.round(frameMs / SLOT_MS) }, () => [])
    this.#onLate = onLate
  }

  /** @param phase 0 to 1, where within a frame */
  add (device: Ticking, phase: number): void {
    this.#slots[Math.floor(phase * this.#slots.length) % this.#slots.length]!.push(device)
  }

  start (startMs: number): void {
    this.#startMs = startMs
    this.#arm()
  }

  stop (): void { clearTimeout(this.#timer) }

  #arm (): void {
    const dueMs = this.#startMs + this.#next * SLOT_MS
    this.#timer = setTimeout(() => { this.#run() }, Math.max(0, dueMs - performance.now()))
  }

  #run (): void {
    for (;;) {
      const dueMs = this.#startMs + this.#next * SLOT_MS
      const now = performance.now()
      if (dueMs > now) break
      const slot = this.#slots[this.#next++ % this.#slots.length]!
      if (slot.length === 0) continue
      this.#onLate(now - dueMs)
      for (const device of slot) device.tick(dueMs)
    }
    this.#arm()
  }
}
