// hot path

// One writer, the voice worker; doubles, since a counter of windows passes 2^31 within days.
const WINDOWS = 0
const SKIPPED_WINDOWS = 1
const FRAMES = 2
const CONCEALED = 3
const BATCHES = 4
const ENCODED = 5
const BUSY_MS = 6
const PASSES = 7
const MAX_LATENCY_US = 8
const COUNTERS = 16

/** Histogram of the time from a packet's arrival to the verdict on its windows. */
const BUCKET_US = 250
/** 200 ms; what took longer is counted in the last one. */
const BUCKETS = 800

/** What a voice worker did since its start, and how long windows waited, in ms. */
export interface VoiceFigures {
  /** Windows that the model judged, and those that the energy gate kept from it. */
  readonly windows: number
  readonly skippedWindows: number
  /** Packets decoded, and those that were missing and made up for. */
  readonly frames: number
  readonly concealed: number
  readonly batches: number
  readonly encodedFrames: number
  /** Time that the loop did not sleep. */
  readonly busyMs: number
  readonly passes: number
  readonly vadLatency: {
    readonly count: number
    readonly p50Ms: number
    readonly p99Ms: number
    readonly p999Ms: number
    readonly maxMs: number
  }
}

/** Counters of one voice worker in shared memory: written by its loop, read by whoever asks. */
export class VoiceCounters {
  readonly memory: SharedArrayBuffer
  readonly #counters: Float64Array
  readonly #buckets: Float64Array

  constructor (memory: SharedArrayBuffer = new SharedArrayBuffer((COUNTERS + BUCKETS) * 8)) {
    this.memory = memory
    this.#counters = new Float64Array(memory, 0, COUNTERS)
    this.#buckets = new Float64Array(memory, COUNTERS * 8, BUCKETS)
  }

  addWindows (count: number): void {
    this.#counters[WINDOWS]! += count
    this.#counters[BATCHES]! += 1
  }

  addSkippedWindow (): void { this.#counters[SKIPPED_WINDOWS]! += 1 }
  addFrame (): void { this.#counters[FRAMES]! += 1 }
  addConcealed (): void { this.#counters[CONCEALED]! += 1 }
  addEncoded (): void { this.#counters[ENCODED]! += 1 }

  addPass (busyMs: number): void {
    this.#counters[PASSES]! += 1
    this.#counters[BUSY_MS]! += busyMs
  }

  addLatency (us: number): void {
    const bucket = us < 0 ? 0 : (us / BUCKET_US) | 0
    this.#buckets[bucket < BUCKETS ? bucket : BUCKETS - 1]! += 1
    if (us > this.#counters[MAX_LATENCY_US]!) this.#counters[MAX_LATENCY_US] = us
  }

  read (): VoiceFigures {
    const counters = this.#counters
    const buckets = Array.from(this.#buckets)
    const count = buckets.reduce((sum, value) => sum + value, 0)
    const maxMs = counters[MAX_LATENCY_US]! / 1000
    return {
      windows: counters[WINDOWS]!,
      skippedWindows: counters[SKIPPED_WINDOWS]!,
      frames: counters[FRAMES]!,
      concealed: counters[CONCEALED]!,
      batches: counters[BATCHES]!,
      encodedFrames: counters[ENCODED]!,
      busyMs: Math.round(counters[BUSY_MS]!),
      passes: counters[PASSES]!,
      vadLatency: {
        count,
        p50Ms: percentile(buckets, count, 0.5, maxMs),
        p99Ms: percentile(buckets, count, 0.99, maxMs),
        p999Ms: percentile(buckets, count, 0.999, maxMs),
        maxMs
      }
    }
  }
}

/** The upper edge of the bucket that holds it, in ms; the true maximum in the last one. */
function percentile (buckets: readonly number[], count: number, share: number, maxMs: number): number {
  let seen = 0
  for (let bucket = 0; bucket < BUCKETS - 1; bucket++) {
    seen += buckets[bucket]!
    if (count > 0 && seen >= count * share) return Math.min((bucket + 1) * BUCKET_US / 1000, maxMs)
  }
  return maxMs
}
