// hot path
import { DOWNLINK_FRAME } from '../../src/ring/layout.js'
import { microseconds, microsecondsSince } from '../../src/ring/microseconds.js'
import type { Outbox } from '../../src/ring/outbox.js'
import { RecordHeader } from '../../src/ring/record-header.js'
import { STAMP_PACKET, type SlotTable } from '../../src/ring/slot-table.js'
import type { VoiceCounters } from '../../src/ring/voice-counters.js'
import type { Seat } from './seat.js'
import type { Speaking } from './speaking.js'

/** Encoding may hold up the hearing for so long. */
const SLICE_MS = 2
/** How soon credit is looked at again: well below one frame. */
export const CREDIT_POLL_MS = 10
/** Frames of a device that the gateway still holds: with more there is no hurry with the next. */
const ENOUGH_FRAMES = 2
/** What 60 ms can take at most: three Opus frames of 1,275 bytes and their table of contents. */
const MAX_FRAME_BYTES = 3828

export interface EncodeQueueParts {
  readonly slots: SlotTable
  readonly outbox: Outbox
  readonly counters: VoiceCounters
  /** Makes what a seat needs to speak; it is used again for other seats. */
  readonly createSpeaking: () => Speaking
}

/** The seats that speak: whose device runs dry first is served first, within its credit. */
export class EncodeQueue {
  readonly #parts: EncodeQueueParts
  readonly #framesAhead: number
  readonly #frameUs: number
  readonly #speakers: Seat[] = []
  readonly #spare: Speaking[] = []
  readonly #header = new RecordHeader()
  /** Those of them that have a frame and credit, as far as `#needyCount`. */
  readonly #needy: Seat[] = []
  #needyCount = 0
  /** Whose turn it was: of seats in equal need another one is next. */
  #last: Seat | null = null
  /** Where the next look at all begins. */
  #from = 0
  /** Is there audio that only waits for credit? */
  #isWaiting = false

  constructor (parts: EncodeQueueParts, framesAhead: number, frameMs: number) {
    this.#parts = parts
    this.#framesAhead = framesAhead
    this.#frameUs = frameMs * 1000
  }

  /** The mouth of a seat in `turn`, which is the current one. */
  speakingOf (seat: Seat, turn: number): Speaking {
    if (seat.speaking?.turn !== turn) this.#beginAnswer(seat)
    if (seat.speaking === null) {
      seat.speaking = this.#spare.pop() ?? this.#parts.createSpeaking()
      seat.speaking.begin(turn)
      this.#speakers.push(seat)
    } else if (seat.speaking.turn !== turn) {
      seat.speaking.begin(turn)
    }
    return seat.speaking
  }

  #beginAnswer ({ hearing, recording }: Seat): void {
    const echo = hearing?.echo ?? null
    if (echo === null) return
    recording?.answers()
    echo.beginAnswer()
  }

  /** The seat is silent from here on. */
  silence (seat: Seat): void {
    const { speaking } = seat
    if (speaking === null) return
    speaking.begin(-1)
    this.#spare.push(speaking)
    seat.speaking = null
    this.#speakers.splice(this.#speakers.indexOf(seat), 1)
    this.#parts.slots.setUnencodedMs(seat.slot, 0)
  }

  /** Encodes for one slice. @returns ms until there may be more to do */
  run (): number {
    const until = performance.now() + SLICE_MS
    this.#gather()
    while (this.#needyCount > 0) {
      if (!this.#parts.outbox.hasRoom(DOWNLINK_FRAME, MAX_FRAME_BYTES)) return CREDIT_POLL_MS
      const at = this.#mostUrgent()
      const seat = this.#needy[at]!
      this.#encode(seat, seat.speaking!)
      this.#last = seat
      if (!this.#passMarkers(seat) || !this.#isNeedy(seat)) this.#needy[at] = this.#needy[--this.#needyCount]!
      if (performance.now() > until) return 0
    }
    return this.#isWaiting ? CREDIT_POLL_MS : Infinity
  }

  /** Looks at all seats once: most have what they are allowed. */
  #gather (): void {
    this.#isWaiting = false
    this.#needyCount = 0
    if (++this.#from >= this.#speakers.length) this.#from = 0
    let at = this.#from
    for (let left = this.#speakers.length; left > 0; left--) {
      if (at >= this.#speakers.length) at = 0
      const seat = this.#speakers[at]!
      if (!this.#passMarkers(seat)) continue // it is gone from the list
      at++
      if (this.#isNeedy(seat)) this.#needy[this.#needyCount++] = seat
    }
  }

  /** Has the seat a frame, and credit for it? */
  #isNeedy (seat: Seat): boolean {
    if (!seat.speaking!.hasFrame) return false
    if (this.#parts.slots.framesAhead(seat.slot) < this.#framesAhead) return true
    this.#isWaiting = true
    return false
  }

  /** Where the seat stands whose device is empty first, with what waits for it. */
  #mostUrgent (): number {
    if (this.#needyCount === 1) return 0
    const { slots } = this.#parts
    const now = microseconds()
    let best = 0
    let soonest = Infinity
    for (let at = 0; at < this.#needyCount; at++) {
      const { slot } = this.#needy[at]!
      const emptyIn = microsecondsSince(now, slots.emptyAt(slot)) + slots.framesAhead(slot) * this.#frameUs
      if (emptyIn > soonest || (emptyIn === soonest && this.#needy[best] !== this.#last)) continue
      best = at
      soonest = emptyIn
    }
    return best
  }

  /** @returns false when the seat has nothing more to say, in this turn or at all */
  #passMarkers (seat: Seat): boolean {
    const { slots, outbox } = this.#parts
    const speaking = seat.speaking!
    if (!slots.isCurrent(seat.slot, seat.generation, speaking.turn)) {
      this.silence(seat)
      return false
    }
    for (let marker = speaking.nextMarker(); marker !== undefined; marker = speaking.nextMarker()) {
      const header = this.#header.set(marker.kind, seat.slot, seat.generation, speaking.turn)
      header.flags = marker.flags
      // It belongs to the frames around it, and is told of with them.
      if (!outbox.push(header, marker.payload, true)) {
        outbox.send(marker.kind, marker.flags, seat.slot, seat.generation, speaking.turn, marker.payload)
      }
      speaking.takeMarker()
    }
    if (!speaking.isOver) return true
    this.silence(seat)
    return false
  }

  #encode (seat: Seat, speaking: Speaking): void {
    const { slots, outbox, counters } = this.#parts
    this.#header.set(DOWNLINK_FRAME, seat.slot, seat.generation, speaking.turn)
    const isPatient = slots.framesAhead(seat.slot) >= ENOUGH_FRAMES
    const isFirst = !speaking.hasSpoken
    const packet = speaking.encodeFrame()
    if (isFirst) slots.stamp(seat.slot, seat.generation, speaking.turn, STAMP_PACKET, microseconds())
    const echo = seat.hearing?.echo ?? null
    if (echo !== null) {
      if (seat.recording !== null) seat.recording.plays(speaking.lastFrame, speaking.rateHz)
      echo.play(speaking.lastFrame, speaking.rateHz)
    }
    slots.addEncoded(seat.slot)
    outbox.push(this.#header, packet, isPatient)
    slots.setUnencodedMs(seat.slot, speaking.unencodedMs)
    counters.addEncoded()
  }
}
