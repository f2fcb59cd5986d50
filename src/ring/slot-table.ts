// hot path

// One row per slot. Every word has one writer (named), so no update is lost.
const EPOCH = 0 // gateway: generation << 16 | turn
const ENCODED = 1 // voice: frames pushed to the gateway since the slot exists
const SENT = 2 // gateway: frames of those that left, to the socket or to nowhere
const PCM_POPPED = 3 // voice: samples of PCM popped from dialogue's ring since the slot exists
const HOLES = 4 // gateway: uplink frames that a full ring refused
const BAD_PACKETS = 5 // voice: packets that no decoder would take
const UNENCODED_MS = 6 // voice: PCM that waits to be encoded
const EMPTY_AT = 7 // gateway: when the device will have played all that was sent, in µs
// Stamps have two words each: the epoch of their turn, and a time in µs.
/** voice: the first PCM of the answer was taken. */
export const STAMP_PCM = 8
/** voice: its first packet was encoded. */
export const STAMP_PACKET = 10
const PCM_PUSHED = 16 // dialogue: samples of PCM pushed to voice since the slot exists
/** dialogue: the model was asked, said something, and had a sentence. */
export const STAMP_MODEL_REQUEST = 17
export const STAMP_FIRST_TOKEN = 19
export const STAMP_SENTENCE = 21
/** dialogue: the voice was asked, and had audio. */
export const STAMP_VOICE_REQUEST = 23
export const STAMP_FIRST_AUDIO = 25
const ROW_WORDS = 32 // 128 bytes: two cache lines, so that neighbours do not collide

/**
 * Per-slot atomics that all threads read. A barge-in is one store to `EPOCH`; whoever handles a
 * record compares its generation and turn with it first and drops what is stale. Credit is the
 * difference of two counters with one writer each.
 */
export class SlotTable {
  readonly memory: SharedArrayBuffer
  readonly #words: Int32Array

  constructor (memory: SharedArrayBuffer) {
    this.memory = memory
    this.#words = new Int32Array(memory)
  }

  static create (slots: number): SlotTable {
    return new SlotTable(new SharedArrayBuffer(slots * ROW_WORDS * 4))
  }

  get slots (): number { return this.#words.length / ROW_WORDS }

  setEpoch (slot: number, generation: number, turn: number): void {
    Atomics.store(this.#words, slot * ROW_WORDS + EPOCH, (generation << 16) | (turn & 0xffff))
  }

  generation (slot: number): number { return Atomics.load(this.#words, slot * ROW_WORDS + EPOCH) >>> 16 }
  turn (slot: number): number { return Atomics.load(this.#words, slot * ROW_WORDS + EPOCH) & 0xffff }

  isCurrent (slot: number, generation: number, turn: number): boolean {
    return Atomics.load(this.#words, slot * ROW_WORDS + EPOCH) === ((generation << 16) | turn)
  }

  isAttached (slot: number, generation: number): boolean { return this.generation(slot) === generation }

  epoch (slot: number): number { return Atomics.load(this.#words, slot * ROW_WORDS + EPOCH) }

  /** Notes when the turn came to a STAMP_…; what comes after the first time does not count. */
  stamp (slot: number, generation: number, turn: number, stamp: number, time: number): void {
    const at = slot * ROW_WORDS + stamp
    const epoch = (generation << 16) | turn
    if (Atomics.load(this.#words, at) === epoch || this.epoch(slot) !== epoch) return
    Atomics.store(this.#words, at + 1, time)
    Atomics.store(this.#words, at, epoch) // last: whoever sees it sees the time, too
  }

  /** @returns NaN where the turn of that epoch has not come to it */
  stampOf (slot: number, epoch: number, stamp: number): number {
    const at = slot * ROW_WORDS + stamp
    return Atomics.load(this.#words, at) === epoch ? Atomics.load(this.#words, at + 1) : Number.NaN
  }

  addEncoded (slot: number): void { Atomics.add(this.#words, slot * ROW_WORDS + ENCODED, 1) }
  addSent (slot: number): void { Atomics.add(this.#words, slot * ROW_WORDS + SENT, 1) }

  framesSent (slot: number): number { return Atomics.load(this.#words, slot * ROW_WORDS + SENT) }

  /** Encoded frames that the gateway still holds. */
  framesAhead (slot: number): number {
    const row = slot * ROW_WORDS
    return (Atomics.load(this.#words, row + ENCODED) - Atomics.load(this.#words, row + SENT)) | 0
  }

  setEmptyAt (slot: number, time: number): void { Atomics.store(this.#words, slot * ROW_WORDS + EMPTY_AT, time) }
  emptyAt (slot: number): number { return Atomics.load(this.#words, slot * ROW_WORDS + EMPTY_AT) }

  addPcmPushed (slot: number, samples: number): void { Atomics.add(this.#words, slot * ROW_WORDS + PCM_PUSHED, samples) }
  addPcmPopped (slot: number, samples: number): void { Atomics.add(this.#words, slot * ROW_WORDS + PCM_POPPED, samples) }
  pcmPopped (slot: number): number { return Atomics.load(this.#words, slot * ROW_WORDS + PCM_POPPED) }

  /** Samples of PCM in the ring to voice, those of older leases and turns included. */
  pcmAhead (slot: number): number {
    const row = slot * ROW_WORDS
    return (Atomics.load(this.#words, row + PCM_PUSHED) - Atomics.load(this.#words, row + PCM_POPPED)) | 0
  }

  setUnencodedMs (slot: number, ms: number): void { Atomics.store(this.#words, slot * ROW_WORDS + UNENCODED_MS, ms) }
  unencodedMs (slot: number): number { return Atomics.load(this.#words, slot * ROW_WORDS + UNENCODED_MS) }

  /** For the metrics: the consumer finds holes in the sequence of the frames. */
  addHole (slot: number): void { Atomics.add(this.#words, slot * ROW_WORDS + HOLES, 1) }
  holes (slot: number): number { return Atomics.load(this.#words, slot * ROW_WORDS + HOLES) }

  addBadPacket (slot: number): void { Atomics.add(this.#words, slot * ROW_WORDS + BAD_PACKETS, 1) }
  badPackets (slot: number): number { return Atomics.load(this.#words, slot * ROW_WORDS + BAD_PACKETS) }
}
