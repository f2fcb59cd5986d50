/** PCM that grows while it is recorded, without a new array per frame. */
export class SampleLog {
  #samples: Int16Array
  #length = 0

  constructor (initialSamples = 0) {
    this.#samples = new Int16Array(initialSamples)
  }

  get length (): number { return this.#length }

  append (samples: Int16Array): void {
    this.#reserve(samples.length)
    this.#samples.set(samples, this.#length)
    this.#length += samples.length
  }

  appendSilence (count: number): void {
    if (count <= 0) return
    this.#reserve(count)
    this.#samples.fill(0, this.#length, this.#length + count)
    this.#length += count
  }

  view (): Int16Array { return this.#samples.subarray(0, this.#length) }

  #reserve (count: number): void {
    const needed = this.#length + count
    if (needed <= this.#samples.length) return
    const grown = new Int16Array(Math.max(needed, 2 * this.#samples.length, 24000))
    grown.set(this.view())
    this.#samples = grown
  }
}
