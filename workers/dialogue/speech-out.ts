import type { PcmChunk } from '../../src/providers/types.js'
import type { ByteRing } from '../../src/ring/byte-ring.js'
import type { SleeperBell } from '../../src/ring/doorbell.js'
import { MAX_PAYLOAD_BYTES, SPEECH_PCM } from '../../src/ring/layout.js'
import { RecordHeader } from '../../src/ring/record-header.js'
import type { SlotTable } from '../../src/ring/slot-table.js'
import { Beat } from './beat.js'

/**
 * PCM that voice may hold unencoded; beyond it the vendor's stream is paused. A second of frames is
 * encoded ahead of the device besides, so more would be memory only.
 */
const CREDIT_MS = 400
/** Paused, the stream goes on when voice holds no more than this: some records at once. */
const REFILL_MS = 230
/** Looking again after this cannot starve it. */
const beat = new Beat(40)
const CHUNK_SAMPLES = MAX_PAYLOAD_BYTES / 2

export interface TurnAddress { readonly slot: number, readonly generation: number, readonly turn: number }

/** One slot's way to its voice worker: sentences, PCM within the credit, the end. */
export class SpeechOut {
  readonly #ring: ByteRing
  readonly #bell: SleeperBell
  readonly #slots: SlotTable
  readonly #header = new RecordHeader()
  /** Of the turn that speaks: frames that had left before its first PCM. */
  #turn = -1
  #sentBefore = 0

  constructor (ring: ByteRing, bell: SleeperBell, slots: SlotTable) {
    this.#ring = ring
    this.#bell = bell
    this.#slots = slots
  }

  /** A sentence or an end: waits if the ring has not even its reserve left; dropped if stale. */
  async mark (kind: number, flags: number, address: TurnAddress, payload: Uint8Array): Promise<void> {
    const { slot, generation, turn } = address
    while (this.#slots.isCurrent(slot, generation, turn)) {
      const header = this.#header.set(kind, slot, generation, turn)
      header.flags = flags
      if (this.#ring.push(header, payload, payload.length)) {
        this.#bell.ring()
        return
      }
      await beat.wait()
    }
  }

  /** Hands a chunk over in records; waits while voice holds enough already. */
  async push (chunk: PcmChunk, address: TurnAddress, signal: AbortSignal): Promise<void> {
    if (this.#turn !== address.turn) {
      this.#turn = address.turn
      this.#sentBefore = this.#slots.framesSent(address.slot)
    }
    for (let at = 0; at < chunk.samples.length; at += CHUNK_SAMPLES) {
      if (signal.aborted) return
      const piece = chunk.samples.subarray(at, at + CHUNK_SAMPLES)
      if (!this.#tryPush(piece, chunk.sampleRateHz, address, CREDIT_MS)) {
        do {
          await beat.wait()
          if (signal.aborted) return
        } while (!this.#tryPush(piece, chunk.sampleRateHz, address, REFILL_MS))
      }
      this.#bell.ring()
    }
  }

  /** Resolves when a frame of this turn has left for the device; on the abort, too. */
  async whenHeard ({ slot, generation, turn }: TurnAddress, signal: AbortSignal): Promise<void> {
    const isHeard = (): boolean => this.#turn === turn && this.#slots.framesSent(slot) !== this.#sentBefore
    while (!signal.aborted && this.#slots.isCurrent(slot, generation, turn) && !isHeard()) await beat.wait()
  }

  #tryPush (piece: Int16Array, rateHz: number, address: TurnAddress, mostAheadMs: number): boolean {
    const { slot, generation, turn } = address
    const inRingMs = this.#slots.pcmAhead(slot) / rateHz * 1000
    if (inRingMs + this.#slots.unencodedMs(slot) > mostAheadMs) return false
    const header = this.#header.set(SPEECH_PCM, slot, generation, turn)
    header.time = rateHz
    const bytes = new Uint8Array(piece.buffer, piece.byteOffset, piece.byteLength)
    if (!this.#ring.hasRoom(SPEECH_PCM, bytes.length)) return false
    // Counted before voice can pop it: what is ahead is never negative.
    this.#slots.addPcmPushed(slot, piece.length)
    return this.#ring.push(header, bytes, bytes.length)
  }
}
