// hot path

/** Samples of one page: 2 s at 16 kHz. */
export const PAGE_SAMPLES = 32_000

export interface ArenaMemory {
  readonly references: SharedArrayBuffer
  readonly samples: SharedArrayBuffer
}

/** Shared memory for `pages` pages (64 kB each). */
export function createArenaMemory (pages: number): ArenaMemory {
  return {
    references: new SharedArrayBuffer(pages * 4),
    samples: new SharedArrayBuffer(pages * PAGE_SAMPLES * 2)
  }
}

/**
 * Reference-counted pages of 16 kHz mono PCM16 that hold the utterances of one voice worker. That
 * worker alone takes pages; whoever holds a reference, in any thread, may release it, and the last
 * one makes the page free again.
 */
export class UtteranceArena {
  readonly #references: Int32Array
  readonly #samples: Int16Array

  constructor (memory: ArenaMemory) {
    this.#references = new Int32Array(memory.references)
    this.#samples = new Int16Array(memory.samples)
  }

  get pages (): number { return this.#references.length }

  /** Pages in use; for metrics and leak tests. */
  get usedPages (): number {
    let used = 0
    for (let page = 0; page < this.#references.length; page++) if (Atomics.load(this.#references, page) > 0) used++
    return used
  }

  /**
   * Takes a free page with one reference, or -1 when there is none. Always the lowest one: memory
   * that no conversation needed yet stays untouched, and what is used stays warm.
   */
  take (): number {
    for (let page = 0; page < this.#references.length; page++) {
      if (Atomics.compareExchange(this.#references, page, 0, 1) === 0) return page
    }
    return -1
  }

  retain (page: number): void { Atomics.add(this.#references, page, 1) }

  /** @throws RangeError when nobody held the page: somebody else's would be given away */
  release (page: number): void {
    if (Atomics.sub(this.#references, page, 1) > 0) return
    Atomics.add(this.#references, page, 1)
    throw new RangeError(`page ${page} was released more often than it was retained`)
  }

  /** Writes `count` samples, from `from` on, to a page the caller holds. */
  write (page: number, offset: number, samples: Int16Array, from: number, count: number): void {
    const start = page * PAGE_SAMPLES + offset
    for (let at = 0; at < count; at++) this.#samples[start + at] = samples[from + at]!
  }

  /** Copies the samples that begin in `pages[0]` until `out` is full. */
  readInto (pages: readonly number[], out: Int16Array): void {
    for (let at = 0; at < out.length; at += PAGE_SAMPLES) {
      const start = pages[(at / PAGE_SAMPLES) | 0]! * PAGE_SAMPLES
      out.set(this.#samples.subarray(start, start + Math.min(PAGE_SAMPLES, out.length - at)), at)
    }
  }

  /** Copies `count` samples that begin in `pages[0]` as floats of -1 to 1. */
  readFloats (pages: readonly number[], count: number): Float32Array<ArrayBuffer> {
    const out = new Float32Array(count)
    for (let at = 0; at < count; at++) {
      const page = pages[(at / PAGE_SAMPLES) | 0]!
      out[at] = this.#samples[page * PAGE_SAMPLES + at % PAGE_SAMPLES]! / 32_768
    }
    return out
  }
}
