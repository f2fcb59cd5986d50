import { summarize, type Histogram, type Latency } from '../ring/voice-counters.js'

/** Buckets of one width, in µs, up to an edge. */
interface Range { readonly stepUs: number, readonly untilUs: number }

// As exact as what is seen of voice detection where a server's own stages are, coarser where
// providers are: 13 KB for each histogram.
const ranges: readonly Range[] = [
  { stepUs: 250, untilUs: 200_000 },
  { stepUs: 5_000, untilUs: 2_000_000 },
  { stepUs: 100_000, untilUs: 60_000_000 }
]
/** Upper edges in µs; the last one means "or more". */
const edgesUs: readonly number[] = ranges.flatMap(({ stepUs, untilUs }, at) => {
  const fromUs = ranges[at - 1]?.untilUs ?? 0
  return Array.from({ length: (untilUs - fromUs) / stepUs }, (_, step) => fromUs + (step + 1) * stepUs)
})
const LAST_EDGE_MS = edgesUs.at(-1)! / 1000

export interface StageFigures extends Latency { readonly histogram: Histogram }

/** How long something took, turn by turn, in memory that does not grow. */
export class TurnHistogram {
  readonly #counts = new Float64Array(edgesUs.length)
  #maxUs = 0

  add (us: number): void {
    this.#counts[bucketOf(us)]! += 1
    if (us > this.#maxUs) this.#maxUs = us
  }

  read (): StageFigures {
    const histogram: (readonly [number, number])[] = []
    for (const [bucket, count] of this.#counts.entries()) if (count > 0) histogram.push([edgesUs[bucket]! / 1000, count])
    return { ...summarize(histogram, this.#maxUs / 1000, LAST_EDGE_MS), histogram }
  }
}

function bucketOf (us: number): number {
  let first = 0
  let fromUs = 0
  for (const { stepUs, untilUs } of ranges) {
    if (us < untilUs) return first + Math.floor((us - fromUs) / stepUs)
    first += (untilUs - fromUs) / stepUs
    fromUs = untilUs
  }
  return first - 1
}
