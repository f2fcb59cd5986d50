// hot path
import { WINDOW_SAMPLES, type SileroVad, type VadStream } from '../../native-bindings/silero-vad.js'
import { microseconds } from '../../src/ring/microseconds.js'
import type { SlotTable } from '../../src/ring/slot-table.js'
import type { VoiceCounters } from '../../src/ring/voice-counters.js'
import type { Hearing } from './hearing.js'
import type { Seat } from './seat.js'

/** More than two packets bring. */
const BEHIND_SAMPLES = 5 * WINDOW_SAMPLES
/** What a packet brings, and what was left of the one before. */
const CAUGHT_UP_SAMPLES = 3 * WINDOW_SAMPLES

export interface VadBatcherParts {
  readonly vad: SileroVad
  readonly slots: SlotTable
  readonly counters: VoiceCounters
}

/**
 * Judges the windows of all seats in batches: at once when one is full or has a window on which a
 * turn may wait, else when its oldest window has waited. A batch has one window of a seat at most:
 * the next one needs the state after it.
 */
export class VadBatcher {
  readonly #parts: VadBatcherParts
  readonly #batchWindows: number
  readonly #batchWaitMs: number
  readonly #batch: Seat[] = []
  readonly #streams: VadStream[] = []
  /** When the first window of the batch has waited long enough, in ms; NaN while there is none. */
  #dueAt = Number.NaN // a float from birth, for V8's sake
  #hasUrgent = false
  /** Seats that have a window, at most: with fewer than a batch takes nobody need look who. */
  #expected = 0
  /** Seats that have fallen behind are in every batch; with too many, others would never be. */
  readonly #hurried: Seat[] = []
  /** Numbers the batches: a seat is in each of them once. */
  #number = 0
  /** Where the next batch begins to look, so that no seat is always the last. */
  #from = 0

  constructor (parts: VadBatcherParts, batchWindows: number, batchWaitMs: number) {
    this.#parts = parts
    this.#batchWindows = batchWindows
    this.#batchWaitMs = batchWaitMs
  }

  get dueAt (): number { return this.#dueAt }

  /** A seat that hears has a window; one that is urgent does not wait. */
  expect (seat: Seat, hearing: Hearing): void {
    if (hearing.isUrgent) this.#hasUrgent = true
    if (hearing.waiting >= BEHIND_SAMPLES && !seat.isHurried && this.#hurried.length < this.#batchWindows >> 1) {
      seat.isHurried = true
      this.#hurried.push(seat)
    }
    this.#expected++
    if (!(this.#dueAt > 0)) this.#dueAt = performance.now() + this.#batchWaitMs
  }

  /** Runs what is due, and full batches before. */
  run (seats: readonly Seat[]): void {
    if (!(this.#dueAt > 0)) return
    const now = performance.now()
    let isDue = this.#hasUrgent || now >= this.#dueAt
    if (!isDue && this.#expected < this.#batchWindows) return
    for (;;) {
      const count = this.#gather(seats, null)
      if (count === 0) { this.#rest(); return }
      if (count < this.#batchWindows) {
        if (!isDue) { this.#expected = count; return }
        this.#judge(count) // and what the same seats have beyond: a backlog does not wait
      } else {
        this.#judge(count)
        isDue = this.#hasUrgent // what is left came while this was being worked off
        this.#dueAt = now + this.#batchWaitMs
      }
    }
  }

  #rest (): void {
    this.#dueAt = Number.NaN
    this.#hasUrgent = false
    this.#expected = 0
  }

  /** Judges every window of `seat`, which hears, now, and of the others what fits beside. */
  judgeAll (seat: Seat, seats: readonly Seat[]): void {
    while (seat.hearing!.hasWindow) this.#judge(this.#gather(seats, seat))
  }

  /** Judges as many as it takes until `seat`, which hears, has room for a packet. */
  makeRoom (seat: Seat, seats: readonly Seat[]): void {
    while (seat.hearing!.isFull && seat.hearing!.hasWindow) this.#judge(this.#gather(seats, seat))
  }

  #gather (seats: readonly Seat[], first: Seat | null): number {
    let count = 0
    this.#number = (this.#number + 1) | 0
    if (first !== null) count = this.#add(first, 0)
    count = this.#gatherHurried(count)
    for (let looked = 0; looked < seats.length && count < this.#batchWindows; looked++) {
      if (this.#from >= seats.length) this.#from = 0
      const seat = seats[this.#from++]!
      if (seat.batch !== this.#number && this.#hasWindow(seat)) count = this.#add(seat, count)
    }
    return count
  }

  #gatherHurried (count: number): number {
    for (let at = this.#hurried.length - 1; at >= 0; at--) {
      const seat = this.#hurried[at]!
      if (seat.hearing === null || seat.hearing.waiting < CAUGHT_UP_SAMPLES || !this.#hasWindow(seat)) {
        seat.isHurried = false
        this.#hurried[at] = this.#hurried.at(-1)!
        this.#hurried.pop()
      } else if (seat.batch !== this.#number && count < this.#batchWindows) count = this.#add(seat, count)
    }
    return count
  }

  #hasWindow ({ hearing, slot, generation }: Seat): boolean {
    return hearing !== null && hearing.hasWindow && this.#parts.slots.isAttached(slot, generation)
  }

  #add (seat: Seat, count: number): number {
    seat.batch = this.#number
    this.#batch[count] = seat
    this.#streams[count] = seat.hearing!.stream
    return count + 1
  }

  #judge (count: number): void {
    for (let row = 0; row < count; row++) this.#batch[row]!.hearing!.loadWindow()
    this.#parts.vad.run(this.#streams, count)
    this.#parts.counters.addWindows(count)
    const now = microseconds()
    for (let row = 0; row < count; row++) {
      const seat = this.#batch[row]!
      if (seat.recording !== null) seat.recording.window(this.#streams[row]!)
      seat.hearing!.judgeWindow(now)
    }
  }
}
