// hot path

const MARKERS_AT_FIRST = 4
/** A sentence of some length; a longer one makes its marker grow. */
const BYTES_AT_FIRST = 256

/** Something that must reach the gateway in its place between the frames. */
export class Marker {
  /** Sample (at the device's rate, since the turn began) before which it belongs. */
  at = 0
  kind = 0
  flags = 0
  #bytes = new Uint8Array(BYTES_AT_FIRST)
  #length = 0

  get payload (): Uint8Array { return this.#bytes.subarray(0, this.#length) }

  set (at: number, kind: number, flags: number, payload: Uint8Array): void {
    this.at = at
    this.kind = kind
    this.flags = flags
    if (payload.length > this.#bytes.length) this.#bytes = new Uint8Array(2 * payload.length)
    this.#bytes.set(payload)
    this.#length = payload.length
  }
}

/**
 * Markers in their order. They are made once and used again: objects that live for as long as a
 * sentence would outlive the young generation, and a major collection would have to find them.
 */
export class MarkerQueue {
  #markers = Array.from({ length: MARKERS_AT_FIRST }, () => new Marker())
  #head = 0
  #length = 0

  get length (): number { return this.#length }
  get first (): Marker | undefined { return this.#length === 0 ? undefined : this.#markers[this.#head] }

  /** `payload` is copied. */
  push (at: number, kind: number, flags: number, payload: Uint8Array): void {
    if (this.#length === this.#markers.length) this.#grow()
    this.#markers[(this.#head + this.#length++) % this.#markers.length]!.set(at, kind, flags, payload)
  }

  shift (): void {
    if (this.#length === 0) return
    this.#head = (this.#head + 1) % this.#markers.length
    this.#length--
  }

  clear (): void { this.#length = 0 }

  #grow (): void {
    const inOrder = [...this.#markers.slice(this.#head), ...this.#markers.slice(0, this.#head)]
    this.#markers = inOrder.concat(Array.from({ length: inOrder.length }, () => new Marker()))
    this.#head = 0
  }
}
