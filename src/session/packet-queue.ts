// hot path

/** Packets of 60 ms at 34 kbit/s have 255 bytes; a larger one gets memory of its own. */
const CELL_BYTES = 512

const NO_CELLS = new Uint8Array(0)

type Entry =
  | { readonly kind: 'sentence', readonly text: string }
  | { readonly kind: 'end' }

/** What waits to be sent in one turn: packets, and between them sentences and the end. */
export class PacketQueue {
  /** Made for the first packet of a conversation: most of the sockets of a fleet are silent. */
  #cells: Uint8Array = NO_CELLS
  readonly #lengths: Int32Array
  readonly #large: (Uint8Array | undefined)[]
  readonly #entries: (Entry | undefined)[]
  readonly #mask: number
  #head = 0
  #tail = 0

  /** @param capacity packets and marks, a power of two above what credit allows */
  constructor (capacity: number) {
    this.#mask = capacity - 1
    this.#lengths = new Int32Array(capacity)
    this.#large = new Array<Uint8Array | undefined>(capacity).fill(undefined)
    this.#entries = new Array<Entry | undefined>(capacity).fill(undefined)
  }

  get length (): number { return this.#head - this.#tail }
  /** One entry stays free for the end: without it the turn would not end. */
  get isFull (): boolean { return this.length >= this.#mask }

  /** Copies the packet. False when the queue is full. */
  pushPacket (packet: Uint8Array): boolean {
    if (this.isFull) return false
    if (this.#cells.length === 0) this.#cells = new Uint8Array((this.#mask + 1) * CELL_BYTES)
    const at = this.#head++ & this.#mask
    this.#entries[at] = undefined
    this.#lengths[at] = packet.length
    if (packet.length > CELL_BYTES) this.#large[at] = packet.slice()
    else this.#cells.set(packet, at * CELL_BYTES)
    return true
  }

  pushMark (mark: Entry): boolean {
    if (mark.kind === 'end' ? this.length > this.#mask : this.isFull) return false
    this.#entries[this.#head++ & this.#mask] = mark
    return true
  }

  /** The oldest entry if it is a mark. */
  peekMark (): Entry | undefined { return this.length > 0 ? this.#entries[this.#tail & this.#mask] : undefined }

  /** The oldest entry, which must be a packet; the view is valid until the next push. */
  peekPacket (): Uint8Array {
    const at = this.#tail & this.#mask
    const large = this.#large[at]
    if (large !== undefined) return large
    return this.#cells.subarray(at * CELL_BYTES, at * CELL_BYTES + this.#lengths[at]!)
  }

  shift (): void {
    const at = this.#tail++ & this.#mask
    this.#large[at] = undefined
    this.#entries[at] = undefined
  }

  /** Gives its memory back until the next packet; must be empty. */
  rest (): void { this.#cells = NO_CELLS }

  /** Forgets everything. @returns the packets that were waiting */
  clear (): number {
    let packets = 0
    while (this.length > 0) {
      if (this.peekMark() === undefined) packets++
      this.shift()
    }
    return packets
  }
}
