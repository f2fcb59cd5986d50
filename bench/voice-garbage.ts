// npm run bench:garbage [-- --frames 1000000] [--seats 64] [--uplink-only] [--json]
//
// What a real voice worker leaves to the garbage collector: frames through real rings, as fast as
// it takes them, half of them uplink speech and half answers. Exits with 1 when there was a major
// collection, more than one minor one in 5,000 frames, growth of the heap, or an object of the hot
// path that changed its shape. docs/benchmarks.md
import { makeConfig } from '../src/core/config.js'
import { Crowd } from './garbage/crowd.js'
import type { CollectionCounts } from './garbage/probe.js'
import { VoiceHarness } from './garbage/voice-harness.js'
import { formatTable, short } from './support/figures.js'
import { machineFacts, type MachineFacts } from './support/machine-facts.js'
import { readFlags, runMain } from './support/options.js'

const LEAST_FRAMES_PER_MINOR = 5000
/** The heap after a full collection moves by so much from one look to the next, without a leak. */
const MOST_GROWTH_BYTES = 256 * 1024
const WARM_UP_FRAMES = 40_000
/** Until the code is optimised and every queue has been used. */
const WARM_UP_MS = 25_000
/** The heap is looked at before and after so many more, once the collections have been counted. */
const HEAP_SHARE = 0.1
const HEAP_FRAMES = 10_000

await runMain(async () => {
  const { numbers, switches } = readFlags({
    numbers: { frames: { fallback: 1_000_000, minimum: 1000, maximum: 1e9 }, seats: { fallback: 64, minimum: 2, maximum: 256 } },
    switches: ['json', 'uplink-only']
  })
  const result = await measure(numbers['frames']!, numbers['seats']!, !switches.has('uplink-only'))
  const failures = findFailures(result)
  const screen = switches.has('json') ? process.stderr : process.stdout
  screen.write(describe(result, failures))
  process.stdout.write(`${JSON.stringify({ ...result, failures })}\n`)
  return failures.length === 0 ? 0 : 1
})

async function measure (wanted: number, seats: number, isSpeaking: boolean): Promise<GarbageResult> {
  const harness = new VoiceHarness(seats)
  try {
    await harness.start(makeConfig({ 'threads.maxSeats': seats }))
    const crowd = new Crowd(harness, seats, isSpeaking)
    const warmUntil = performance.now() + WARM_UP_MS
    do await crowd.run(WARM_UP_FRAMES)
    while (performance.now() < warmUntil)
    await harness.ask('heap') // V8 would collect once more by itself, for what the start left behind
    await harness.ask('counts') // what was before does not count
    const startedAt = performance.now()
    const framesBefore = crowd.frames
    const { downlinkFrames, endpoints, figures: { windows } } = harness
    await crowd.run(wanted)
    const elapsedMs = performance.now() - startedAt
    const { minor, major, incremental, pausesMs } = await harness.ask('counts')
    const frames = crowd.frames - framesBefore
    const counted = {
      frames,
      endpoints: harness.endpoints - endpoints,
      downlinkFrames: harness.downlinkFrames - downlinkFrames,
      windows: harness.figures.windows - windows,
      framesPerSecond: Math.round(frames / elapsedMs * 1000),
      framesPerMinor: Math.floor(frames / Math.max(1, minor)),
      minor,
      major,
      incremental,
      pausesMs: Number(pausesMs.toFixed(1))
    }
    const heapBefore = await harness.ask('heap')
    await crowd.run(Math.max(HEAP_FRAMES, wanted * HEAP_SHARE))
    const heapAfter = await harness.ask('heap')
    const { mixed: mixedShapes, objects } = await harness.ask('shapes')
    return {
      bench: 'garbage',
      ...machineFacts(),
      case: isSpeaking ? 'uplink and answers' : 'uplink',
      seats,
      ...counted,
      heapGrowthBytes: heapAfter.heapUsedBytes - heapBefore.heapUsedBytes,
      externalGrowthBytes: heapAfter.externalBytes - heapBefore.externalBytes,
      mixedShapes,
      objects
    }
  } finally {
    await harness.stop()
  }
}

interface GarbageResult extends CollectionCounts, MachineFacts {
  readonly heapGrowthBytes: number
  readonly externalGrowthBytes: number
  readonly bench: 'garbage'
  readonly case: string
  readonly seats: number
  readonly windows: number
  readonly frames: number
  readonly framesPerSecond: number
  readonly framesPerMinor: number
  readonly downlinkFrames: number
  readonly endpoints: number
  readonly mixedShapes: readonly string[]
  readonly objects: Readonly<Record<string, number>>
}

function findFailures (result: GarbageResult): string[] {
  const failures: string[] = []
  if (result.major + result.incremental > 0) failures.push(`${result.major + result.incremental} major collections`)
  if (result.minor > result.frames / LEAST_FRAMES_PER_MINOR) failures.push(`a minor collection for every ${result.framesPerMinor} frames`)
  const growth = result.heapGrowthBytes + result.externalGrowthBytes
  if (growth > MOST_GROWTH_BYTES) failures.push(`the heap grew by ${growth} bytes`)
  const alone = Object.entries(result.objects).filter(([, count]) => count < 2).map(([name]) => name)
  if (alone.length > 0) failures.push(`nothing to compare the shapes of: ${alone.join(', ')}`)
  if (result.mixedShapes.length > 0) failures.push(`shapes changed: ${result.mixedShapes.join(', ')}`)
  return failures
}

function describe (result: GarbageResult, failures: readonly string[]): string {
  return `\n${formatTable([
    ['frames, of them encoded', `${result.frames}, ${result.downlinkFrames}`],
    ['frames per second', short(result.framesPerSecond)],
    ['utterances ended', String(result.endpoints)],
    ['minor collections', `${result.minor} (one in ${result.framesPerMinor} frames)`],
    ['major collections', String(result.major + result.incremental)],
    ['pauses', `${short(result.pausesMs)} ms`],
    ['heap grew by', `${result.heapGrowthBytes} bytes, outside ${result.externalGrowthBytes}`],
    ['objects looked at', String(Object.values(result.objects).reduce((sum, count) => sum + count, 0))]
  ])}\n${failures.length === 0 ? 'holds' : failures.map(failure => `BROKEN: ${failure}`).join('\n')}\n`
}
