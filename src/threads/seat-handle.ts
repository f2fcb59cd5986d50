// hot path
import type { ByteRing } from '../ring/byte-ring.js'
import type { LoopBell, SleeperBell } from '../ring/doorbell.js'
import { ASK, ATTACH, CANCEL, DEAF, DETACH, HEAR, HEAR_AUTO, HEAR_END, HEAR_GAP, HEAR_MANUAL, UPLINK_FRAME } from '../ring/layout.js'
import { RecordHeader } from '../ring/record-header.js'
import type { SlotTable } from '../ring/slot-table.js'
import type { Recognition } from './recognition.js'
import type { Lease } from './slot-pool.js'

export interface SeatLinks {
  readonly slots: SlotTable
  readonly voiceRing: ByteRing
  readonly voiceBell: SleeperBell
  readonly dialogueRing: ByteRing
  readonly dialogueBell: LoopBell
  readonly recognition: Recognition
}

const NO_PAYLOAD: Uint8Array = new Uint8Array(0)
const encoder = new TextEncoder()

/** A session's place in the workers. Every call is a record or an atomic store; none waits. */
export class SeatHandle {
  readonly slot: number
  readonly generation: number
  readonly #links: SeatLinks
  readonly #header = new RecordHeader()
  #turn = 0
  #sequence = 0
  #isAttached = true

  constructor (lease: Lease, links: SeatLinks, language: string) {
    this.slot = lease.slot
    this.generation = lease.generation
    this.#links = links
    links.slots.setEpoch(this.slot, this.generation, 0)
    links.recognition.open(this.slot, this.generation)
    this.#toVoice(ATTACH, 0)
    this.#toDialogue(ATTACH, encoder.encode(language))
  }

  get turn (): number { return this.#turn }

  /** One Opus packet; when the ring is full it is lost and counted, and concealed over there. */
  pushFrame (packet: Uint8Array): void {
    if (!this.#isAttached) return
    const { voiceRing, voiceBell, slots } = this.#links
    this.#header.set(UPLINK_FRAME, this.slot, this.generation, this.#turn)
    this.#header.sequence = this.#sequence++ & 0xffff
    if (!voiceRing.push(this.#header, packet, packet.length)) slots.addHole(this.slot)
    voiceBell.ring()
  }

  hear (isManual: boolean): void { this.#toVoice(HEAR, isManual ? HEAR_MANUAL : HEAR_AUTO) }
  hearEnd (): void { this.#toVoice(HEAR_END, 0) }
  hearGap (): void { this.#toVoice(HEAR_GAP, 0) }

  /** Ignores uplink from here on. What was said before and is not recognised yet is dropped. */
  deaf (): void { this.#toVoice(DEAF, 0) }

  /** Begins a turn; whatever belongs to the one before is stale from this store on. */
  nextTurn (): number {
    this.#turn = (this.#turn + 1) & 0xffff
    if (this.#isAttached) this.#links.slots.setEpoch(this.slot, this.generation, this.#turn)
    return this.#turn
  }

  ask (text: string): void { this.#toDialogue(ASK, encoder.encode(text)) }
  cancel (): void { this.#toDialogue(CANCEL, NO_PAYLOAD) }

  /** Gives the slot back; it is free again when the workers have let go of it. */
  detach (): void {
    if (!this.#isAttached) return
    this.nextTurn()
    this.#toVoice(DETACH, 0)
    this.#toDialogue(DETACH, NO_PAYLOAD)
    this.#links.recognition.close(this.slot)
    this.#links.slots.setEpoch(this.slot, 0, 0)
    this.#isAttached = false
  }

  #toVoice (kind: number, flags: number): void {
    if (!this.#isAttached) return
    const header = this.#header.set(kind, this.slot, this.generation, this.#turn)
    header.flags = flags
    this.#links.voiceRing.push(header, NO_PAYLOAD, 0)
    this.#links.voiceBell.ring()
  }

  #toDialogue (kind: number, payload: Uint8Array): void {
    if (!this.#isAttached) return
    this.#links.dialogueRing.push(this.#header.set(kind, this.slot, this.generation, this.#turn), payload, payload.length)
    this.#links.dialogueBell.ring()
  }
}
