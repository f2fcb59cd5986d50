// hot path
import { CONTROL_RESERVE_BYTES, FIRST_CONTROL_KIND, MAX_PAYLOAD_BYTES, RECORD_HEADER_BYTES, recordBytes } from './layout.js'
import type { RecordHeader } from './record-header.js'

// Words of the index block. Each is written by one side only, and they are 64 bytes apart so that
// the two threads do not fight over one cache line.
const HEAD = 0 // written by the producer: bytes ever pushed, modulo 2^32
const TAIL = 16 // written by the consumer: bytes ever popped, modulo 2^32
const REFUSED = 32 // written by the producer: records that found no room
const INDEX_WORDS = 48

/** What two threads share of a ring; send it in a message, then build a ByteRing on each side. */
export interface RingMemory {
  readonly index: SharedArrayBuffer
  readonly data: SharedArrayBuffer
  readonly reserveBytes: number
}

/** What a ring of at least `bytes` takes: with its reserve, a power of two. */
export function ringBytes (bytes: number, reserveBytes = CONTROL_RESERVE_BYTES): number {
  return 2 ** Math.ceil(Math.log2(Math.max(bytes + reserveBytes, 64)))
}

/**
 * Shared memory for a ring of at least `bytes`.
 * @param startAt where both counters begin; tests put them next to their wrap
 */
export function createRingMemory (bytes: number, reserveBytes = CONTROL_RESERVE_BYTES, startAt = 0): RingMemory {
  const memory = {
    index: new SharedArrayBuffer(INDEX_WORDS * 4),
    data: new SharedArrayBuffer(ringBytes(bytes, reserveBytes)),
    reserveBytes
  }
  const index = new Int32Array(memory.index)
  index[HEAD] = startAt | 0
  index[TAIL] = startAt | 0
  return memory
}

/**
 * A wait-free byte ring for one producer thread and one consumer thread. A full ring refuses the
 * newest record; control records have a reserve of their own. Waking the other side is the
 * doorbell's work.
 */
export class ByteRing {
  readonly #index: Int32Array
  readonly #bytes: Uint8Array
  readonly #words16: Uint16Array
  readonly #words32: Int32Array
  readonly #mask: number
  readonly #audioLimit: number
  readonly #controlLimit: number

  constructor (memory: RingMemory) {
    this.#index = new Int32Array(memory.index)
    this.#bytes = new Uint8Array(memory.data)
    this.#words16 = new Uint16Array(memory.data)
    this.#words32 = new Int32Array(memory.data)
    this.#mask = memory.data.byteLength - 1
    this.#controlLimit = memory.data.byteLength
    this.#audioLimit = memory.data.byteLength - memory.reserveBytes
  }

  /** Records refused since the ring was made. */
  get refused (): number { return Atomics.load(this.#index, REFUSED) }

  /** Bytes waiting; exact on neither side while the other one works. */
  get usedBytes (): number { return (Atomics.load(this.#index, HEAD) - Atomics.load(this.#index, TAIL)) | 0 }

  /** Producer: would a record of this kind and size be taken now? */
  hasRoom (kind: number, payloadBytes: number): boolean {
    const limit = kind < FIRST_CONTROL_KIND ? this.#audioLimit : this.#controlLimit
    return this.usedBytes + recordBytes(payloadBytes) <= limit
  }

  /**
   * Producer: appends a record of `length` bytes of `payload`. False, and nothing written, when
   * there is no room.
   * @throws RangeError when the payload is larger than a record may be
   */
  push (header: RecordHeader, payload: Uint8Array, length: number): boolean {
    if (length > MAX_PAYLOAD_BYTES) throw new RangeError(`a record holds at most ${MAX_PAYLOAD_BYTES} bytes, not ${length}`)
    const head = this.#index[HEAD]! // only this thread writes it
    if (!this.hasRoom(header.kind, length)) {
      Atomics.add(this.#index, REFUSED, 1)
      return false
    }
    const at = head & this.#mask
    this.#writeHeader(at, header, length)
    this.#writePayload((at + RECORD_HEADER_BYTES) & this.#mask, payload, length)
    Atomics.store(this.#index, HEAD, (head + recordBytes(length)) | 0) // publishes the bytes above
    return true
  }

  /**
   * Consumer: takes the oldest record. `payload` must be 4-byte aligned and hold MAX_PAYLOAD_BYTES.
   * @returns the payload's length in bytes, or -1 when the ring is empty
   */
  pop (header: RecordHeader, payload: Int32Array): number {
    const tail = this.#index[TAIL]! // only this thread writes it
    if (Atomics.load(this.#index, HEAD) === tail) return -1
    const at = tail & this.#mask
    const length = this.#readHeader(at, header)
    const wordMask = this.#mask >> 2
    const start = ((at + RECORD_HEADER_BYTES) & this.#mask) >> 2
    const words = (length + 3) >> 2
    // A word loop and not `.set(subarray)`: the view would be garbage of every frame.
    for (let word = 0; word < words; word++) payload[word] = this.#words32[(start + word) & wordMask]!
    Atomics.store(this.#index, TAIL, (tail + recordBytes(length)) | 0)
    return length
  }

  // Every field lies within one aligned word and the capacity is a power of two, so a header may
  // wrap between fields but never inside one.
  #writeHeader (at: number, header: RecordHeader, length: number): void {
    const mask = this.#mask
    this.#bytes[at] = header.kind
    this.#bytes[at + 1] = header.flags
    this.#words16[(at + 2) >> 1] = header.slot
    this.#words16[((at + 4) & mask) >> 1] = header.generation
    this.#words16[((at + 6) & mask) >> 1] = header.turn
    this.#words16[((at + 8) & mask) >> 1] = header.sequence
    this.#words16[((at + 10) & mask) >> 1] = length
    this.#words32[((at + 12) & mask) >> 2] = header.time
    this.#words32[((at + 16) & mask) >> 2] = header.tenant
  }

  #readHeader (at: number, header: RecordHeader): number {
    const mask = this.#mask
    header.kind = this.#bytes[at]!
    header.flags = this.#bytes[at + 1]!
    header.slot = this.#words16[(at + 2) >> 1]!
    header.generation = this.#words16[((at + 4) & mask) >> 1]!
    header.turn = this.#words16[((at + 6) & mask) >> 1]!
    header.sequence = this.#words16[((at + 8) & mask) >> 1]!
    header.length = this.#words16[((at + 10) & mask) >> 1]!
    header.time = this.#words32[((at + 12) & mask) >> 2]!
    header.tenant = this.#words32[((at + 16) & mask) >> 2]! >>> 0
    return header.length
  }

  #writePayload (at: number, payload: Uint8Array, length: number): void {
    const room = this.#mask + 1 - at
    if (length === payload.length && length <= room) {
      this.#bytes.set(payload, at)
      return
    }
    for (let byte = 0; byte < length; byte++) this.#bytes[(at + byte) & this.#mask] = payload[byte]!
  }
}
