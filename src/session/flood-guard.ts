// hot path

/** How much a connection may send: so many at once, and so many a second in the long run. */
export interface FloodLimits {
  readonly textsPerSecond: number
  readonly textBurst: number
  readonly framesPerSecond: number
  readonly frameBurst: number
}

/** A token bucket: it is full at first, each message takes one, time refills it. */
class TokenBucket {
  readonly #perMs: number
  readonly #capacity: number
  #level: number
  #at: number

  constructor (perSecond: number, capacity: number, now: number) {
    this.#perMs = perSecond / 1000
    this.#capacity = capacity
    this.#level = capacity
    this.#at = now
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

  constructor (limits: FloodLimits, now: number) {
    this.#texts = new TokenBucket(limits.textsPerSecond, limits.textBurst, now)
    this.#frames = new TokenBucket(limits.framesPerSecond, limits.frameBurst, now)
  }

  /** @returns whether a text that arrives now is within the limits */
  takesText (now: number): boolean { return this.#texts.take(now) }

  /** @returns whether a frame that arrives now is within the limits */
  takesFrame (now: number): boolean { return this.#frames.take(now) }
}
