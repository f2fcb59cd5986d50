// hot path

/** How much a connection may send: so many at once, and so many a second in the long run. */
export interface FloodLimits {
  readonly textsPerSecond: number
  readonly textBurst: number
  readonly framesPerSecond: number
  readonly frameBurst: number
}

/** The shortest packet of any device; who announces less is allowed no more. */
const SHORTEST_FRAME_MS = 5

/** A token bucket: it is full at first, each message takes one, time refills it. */
class TokenBucket {
  #perMs: number
  #capacity: number
  #level: number
  #at: number

  constructor (perSecond: number, capacity: number, now: number) {
    this.#perMs = perSecond / 1000
    this.#capacity = capacity
    this.#level = capacity
    this.#at = now
  }

  widen (factor: number): void {
    this.#level += this.#capacity * (factor - 1)
    this.#capacity *= factor
    this.#perMs *= factor
  }

  take (now: number): boolean {
    this.#level = Math.min(this.#capacity, this.#level + (now - this.#at) * this.#perMs)
    this.#at = now
    if (this.#level < 1) return false
    this.#level--
    return true
  }
}

/** Tells when one connection sends more than any device does. */
export class FloodGuard {
  readonly #texts: TokenBucket
  readonly #frames: TokenBucket
  readonly #framesPerSecond: number
  #hasWidened = false

  constructor (limits: FloodLimits, now: number) {
    this.#framesPerSecond = limits.framesPerSecond
    this.#texts = new TokenBucket(limits.textsPerSecond, limits.textBurst, now)
    this.#frames = new TokenBucket(limits.framesPerSecond, limits.frameBurst, now)
  }

  /**
   * A device of short frames needs more of them: it may send twice what its audio needs. The first
   * announcement counts, and nobody is allowed less than before.
   */
  allowFramesOf (frameMs: number | undefined): void {
    if (this.#hasWidened || frameMs === undefined) return
    this.#hasWidened = true
    const factor = 2000 / Math.max(SHORTEST_FRAME_MS, frameMs) / this.#framesPerSecond
    if (factor > 1) this.#frames.widen(factor)
  }

  /** @returns whether a text that arrives now is within the limits */
  takesText (now: number): boolean { return this.#texts.take(now) }

  /** @returns whether a frame that arrives now is within the limits */
  takesFrame (now: number): boolean { return this.#frames.take(now) }
}
