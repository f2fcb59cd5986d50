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
const PCM_PUSHED = 16 // dialogue: samples of PCM pushed to voice since the slot exists
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
