// hot path
import {
  ASK, ATTACH, CANCEL, DEAF, DETACH, HEAR, HEAR_END, HEAR_GAP, hearFlags, MAX_PAYLOAD_BYTES, SPEAK, UPLINK_FRAME
} from '../ring/layout.js'
import { microseconds } from '../ring/microseconds.js'
import { RecordHeader } from '../ring/record-header.js'
import type { SlotTable } from '../ring/slot-table.js'
import type { Recognition } from './recognition.js'
import type { Lease } from './slot-pool.js'
import type { WorkerLine } from './worker-line.js'

export interface SeatLinks {
  readonly slots: SlotTable
  readonly voice: WorkerLine
  readonly dialogue: WorkerLine
  readonly recognition: Pick<Recognition, 'open' | 'close' | 'forget'>
}

/** Whose seat it is. */
export interface Guest {
  /** Under this number dialogue keeps what was said, also while the session has no seat. */
  readonly conversation: number
  readonly language: string
}

/** Two seconds of 60 ms: after a longer hole nobody is in the middle of a word. */
const MOST_SKIPPED = 33

const encoder = new TextEncoder()
const textBytes = new Uint8Array(MAX_PAYLOAD_BYTES)

/** A session's place in the workers. Every call is a record or an atomic store; none waits. */
export class SeatHandle {
  readonly slot: number
  readonly generation: number
  readonly #links: SeatLinks
  readonly #header = new RecordHeader()
  readonly #nextSequence = new Uint32Array(1)
  readonly #nextSequenceBytes = new Uint8Array(this.#nextSequence.buffer)
  #turn = 0
  #sequence = 0
  #hearing = 0
  #isAttached = true

  constructor (lease: Lease, links: SeatLinks, guest: Guest) {
    this.slot = lease.slot
    this.generation = lease.generation
    this.#links = links
    links.slots.setEpoch(this.slot, this.generation, 0)
    links.recognition.open(this.slot, this.generation, guest.language)
    this.#tellVoice(ATTACH)
    this.#tellDialogue(ATTACH, `${guest.conversation} ${guest.language}`)
  }

  get turn (): number { return this.#turn }
  /** Flags of the last `hear`: what is heard of it carries them. */
  get hearing (): number { return this.#hearing }

  /** One Opus packet; when the ring is full it is lost and counted, and concealed over there. */
  pushFrame (packet: Uint8Array): void {
    if (!this.#isAttached) return
    this.#header.set(UPLINK_FRAME, this.slot, this.generation, this.#turn)
    this.#header.sequence = this.#sequence
    this.#header.time = microseconds()
    this.#sequence = (this.#sequence + 1) & 0xffff
    if (!this.#links.voice.pushFrame(this.#header, packet)) this.#links.slots.addHole(this.slot)
  }

  /** Frames that the wire lost: the next one tells of them. A longer hole is cut short. */
  skipFrames (frames: number): void {
    this.#sequence = (this.#sequence + Math.min(frames, MOST_SKIPPED)) & 0xffff
  }

  /** Hears afresh; what was said before is dropped, also while it is being recognised. */
  hear (isManual: boolean): void {
    this.forget()
    this.#hearing = hearFlags(isManual, (this.#hearing >> 1) + 1)
    this.#nextSequence[0] = this.#sequence
    if (this.#isAttached) this.#links.voice.send(HEAR, this.#hearing, this.slot, this.generation, this.#turn, this.#nextSequenceBytes)
  }

  hearEnd (): void { this.#tellVoice(HEAR_END, microseconds()) }
  hearGap (): void { this.#tellVoice(HEAR_GAP, microseconds()) }

  /** Ignores uplink from here on. What was said before and is not recognised yet is dropped. */
  deaf (): void {
    this.forget()
    this.#tellVoice(DEAF)
  }

  /** Begins a turn; whatever belongs to the one before is stale from this store on. */
  nextTurn (): number {
    this.#turn = (this.#turn + 1) & 0xffff
    if (this.#isAttached) this.#links.slots.setEpoch(this.slot, this.generation, this.#turn)
    return this.#turn
  }

  /** A text that is longer than a record is cut between two characters. */
  ask (text: string): void { this.#tellDialogue(ASK, text) }
  /** Says the text as it is. */
  speak (text: string): void { this.#tellDialogue(SPEAK, text) }
  cancel (): void { this.#tellDialogue(CANCEL, '') }

  /**
   * Gives the slot back; it is free again when the workers have let go of it. Dialogue remembers
   * the conversation, for the session's next seat.
   */
  detach (): void {
    if (!this.#isAttached) return
    this.nextTurn()
    this.#tellVoice(DETACH)
    this.#tellDialogue(DETACH, '')
    this.#links.recognition.close(this.slot)
    this.#links.slots.setEpoch(this.slot, 0, 0)
    this.#isAttached = false
  }

  /** What was said until now need not be recognised any more. */
  forget (): void {
    if (this.#isAttached) this.#links.recognition.forget(this.slot)
  }

  #tellVoice (kind: number, time = 0): void {
    if (this.#isAttached) this.#links.voice.send(kind, 0, this.slot, this.generation, this.#turn, undefined, time)
  }

  #tellDialogue (kind: number, text: string): void {
    if (!this.#isAttached) return
    const { written } = encoder.encodeInto(text, textBytes)
    this.#links.dialogue.send(kind, 0, this.slot, this.generation, this.#turn, textBytes.subarray(0, written))
  }
}
