import type { FrameArrivals } from './types.js'

/** Arrival times and sizes of frames; two typed arrays, doubled when full. */
export class FrameLog implements FrameArrivals {
  #atMs = new Float64Array(64)
  #bytes = new Uint16Array(64)
  #count = 0

  get count (): number { return this.#count }
  get atMs (): Float64Array { return this.#atMs.subarray(0, this.#count) }
  get bytes (): Uint16Array { return this.#bytes.subarray(0, this.#count) }

  add (atMs: number, bytes: number): void {
    if (this.#count === this.#atMs.length) this.#grow()
    this.#atMs[this.#count] = atMs
    this.#bytes[this.#count] = bytes
    this.#count++
  }

  #grow (): void {
    const atMs = new Float64Array(2 * this.#count)
    const bytes = new Uint16Array(2 * this.#count)
    atMs.set(this.#atMs)
    bytes.set(this.#bytes)
    this.#atMs = atMs
    this.#bytes = bytes
  }
}
