import { RecentMap } from './recent-map.js'

export interface BucketOptions {
  readonly perMinute: number
  /** How many may come at once. */
  readonly burst: number
  /** Most keys that are remembered; a forgotten one may burst again. */
  readonly maxTracked: number
  /** A clock that never goes back, in ms. */
  readonly now: () => number
}

interface Bucket { level: number, atMs: number }

const MINUTE_MS = 60_000

/** A token bucket for each key. */
export class TokenBuckets {
  readonly #options: BucketOptions
  readonly #buckets: RecentMap<Bucket>

  constructor (options: BucketOptions) {
    this.#options = options
    this.#buckets = new RecentMap(options.maxTracked)
  }

  get tracked (): number { return this.#buckets.size }

  /** @returns false when it comes too often */
  take (key: string): boolean {
    const { perMinute, burst, now } = this.#options
    const atMs = now()
    const bucket = this.#buckets.get(key) ?? { level: burst, atMs }
    bucket.level = Math.min(burst, bucket.level + (atMs - bucket.atMs) * perMinute / MINUTE_MS)
    bucket.atMs = atMs
    this.#buckets.set(key, bucket)
    if (bucket.level < 1) return false
    bucket.level--
    return true
  }
}
