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
/** 200 ms; what took longer is counted in the last one, whose edge means "or more". */
const BUCKETS = 800
const LAST_EDGE_MS = BUCKETS * BUCKET_US / 1000

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
  readonly vadLatency: Latency & { readonly histogram: Histogram }
}

export interface Latency {
  readonly count: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly p999Ms: number
  readonly maxMs: number
}

/** Upper edge of each bucket that is not empty, in ms, and what it counted. */
export type Histogram = readonly (readonly [upperMs: number, count: number])[]

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
    const histogram = this.#readHistogram()
    return {
      windows: counters[WINDOWS]!,
      skippedWindows: counters[SKIPPED_WINDOWS]!,
      frames: counters[FRAMES]!,
      concealed: counters[CONCEALED]!,
      batches: counters[BATCHES]!,
      encodedFrames: counters[ENCODED]!,
      busyMs: Math.round(counters[BUSY_MS]!),
      passes: counters[PASSES]!,
      vadLatency: { ...summarize(histogram, counters[MAX_LATENCY_US]! / 1000), histogram }
    }
  }

  #readHistogram (): Histogram {
    const histogram: [number, number][] = []
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      const count = this.#buckets[bucket]!
      if (count > 0) histogram.push([(bucket + 1) * BUCKET_US / 1000, count])
    }
    return histogram
  }
}

/** What `later` counted that `earlier`, of the same counters, had not. */
export function histogramBetween (earlier: Histogram, later: Histogram): Histogram {
  const before = new Map(earlier)
  return later.map(([upperMs, count]) => [upperMs, count - (before.get(upperMs) ?? 0)] as const).filter(([, count]) => count > 0)
}

/**
 * Percentiles are upper edges of buckets: as exact as those, here 250 µs. What is beyond the last
 * edge is as long as the longest, if that is known.
 */
export function summarize (histogram: Histogram, maxMs = histogram.at(-1)?.[0] ?? 0, lastEdgeMs = LAST_EDGE_MS): Latency {
  const count = histogram.reduce((sum, [, some]) => sum + some, 0)
  const percentile = (share: number): number => {
    let seen = 0
    const edge = histogram.find(([, some]) => (seen += some) >= count * share)?.[0] ?? 0
    return edge < lastEdgeMs ? edge : maxMs
  }
  return { count, p50Ms: percentile(0.5), p99Ms: percentile(0.99), p999Ms: percentile(0.999), maxMs }
}
