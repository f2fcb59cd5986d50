import { build } from 'hdr-histogram-js'
import { histogramBetween, summarize, type Histogram, type Latency, type VoiceFigures } from '../../src/ring/voice-counters.js'
import { figureOf, tidy } from '../fleet/figure.js'
import { broken } from '../fleet/load-result.js'
import { encodeHistogram, readHistogram } from '../report/histograms.js'
import { describeMachine } from '../report/machine-description.js'
import type { BenchResult, Figure, RecordedHistogram } from '../report/result.js'
import type { UplinkOutcome, UplinkReading } from './types.js'

/** Frames that come later than this, and p99 speaks of the generator and not of the server. */
const MOST_GENERATOR_LATE_MS = 20
/** Of a core: with more of it the generator is a limit of its own. */
const MOST_GENERATOR_PERCENT = 90
const STEP_MS = 0.01

/** What a run says, as every benchmark says it. */
export function uplinkResult (outcome: UplinkOutcome, startedAt: Date): BenchResult {
  const { options, settings, transport, report, threads, series, complaints } = outcome
  const { devices, seconds, warmUpSeconds, voiceWorkers, speechPercent, pause, p99LimitMs } = options
  const figures = uplinkFigures(outcome)
  return {
    bench: 'uplink',
    title: speechPercent === 100 ? 'devices that speak without pause' : `devices that speak ${speechPercent} % of the time`,
    startedAt: startedAt.toISOString(),
    elapsedSeconds: Math.round((Date.now() - startedAt.getTime()) / 1000),
    machine: describeMachine(),
    options: { devices, seconds, 'warm-up': warmUpSeconds, workers: voiceWorkers, speech: speechPercent, pause, p99: p99LimitMs },
    settings,
    transport,
    figures,
    histograms: [recordWaiting(outcome), report.lateness],
    series,
    stages: [],
    threads,
    complaints,
    failures: [...figures.flatMap(broken), ...speechPercent === 100 ? findMiscount(outcome) : []],
    invalid: findInvalid(figures)
  }
}

function uplinkFigures (outcome: UplinkOutcome): Figure[] {
  const { options, readings, settled, report, windowsExpected } = outcome
  const { devices, voiceWorkers, p99LimitMs } = options
  const sum = (read: (voice: VoiceFigures) => number, { voice }: UplinkReading = settled): number => {
    return voice.reduce((total, one) => total + read(one), 0)
  }
  const first = readings[0]!
  const last = readings.at(-1)!
  // The last windows of the last part are judged when nothing is sent any more.
  const latencyEdges = [...readings.slice(0, -1), settled]
  const between = (edges: readonly UplinkReading[], read: (from: UplinkReading, to: UplinkReading) => number): number[] => {
    return edges.slice(1).map((to, at) => read(edges[at]!, to))
  }
  const over = (name: string, unit: string, read: (from: UplinkReading, to: UplinkReading) => number): Figure => {
    return figureOf(name, unit, read(first, last), between(readings, read))
  }
  const waiting = (name: string, read: (latency: Latency) => number): Figure => {
    const worst = (from: UplinkReading, to: UplinkReading): number => {
      return Math.max(...histogramsBetween(from, to).map(one => one.length === 0 ? Number.NaN : read(summarize(one))))
    }
    return figureOf(`arrival → verdict ${name}`, 'ms', worst(first, settled), between(latencyEdges, worst))
  }
  const grown = (read: (voice: VoiceFigures) => number, from: UplinkReading, to: UplinkReading): number => sum(read, to) - sum(read, from)
  const cpuMs = ({ threads }: UplinkReading): number => threads.reduce((total, thread) => total + thread.cpuMs, 0)
  const framesSent = report.framesSent.reduce((total, frames) => total + frames, 0)
  const lateness = readHistogram(report.lateness)
  const lateMs = (value: number): number => tidy(value * report.lateness.step)
  const none = { most: 0 }
  return [
    { name: 'devices', value: devices, unit: '' },
    { name: 'frames sent', value: framesSent, unit: '' },
    { name: 'frames dropped', value: Math.max(settled.lostFrames, sum(one => one.concealed), framesSent - sum(one => one.frames)), unit: '', bound: none },
    { name: 'malformed packets', value: settled.badPackets, unit: '', bound: none },
    { name: 'connections closed', value: report.closedDevices, unit: '', bound: none },
    { name: 'unsent bytes', value: report.pendingBytes, unit: '', bound: none },
    { name: 'windows expected', value: windowsExpected, unit: '' },
    { name: 'windows inferred', value: sum(one => one.windows), unit: '' },
    { name: 'windows skipped', value: sum(one => one.skippedWindows), unit: '' },
    over('windows in a batch', '', (from, to) => grown(one => one.windows, from, to) / Math.max(1, grown(one => one.batches, from, to))),
    waiting('p50', ({ p50Ms }) => p50Ms),
    { ...waiting('p99', ({ p99Ms }) => p99Ms), bound: { most: p99LimitMs } },
    waiting('p99.9', ({ p999Ms }) => p999Ms),
    waiting('max', ({ maxMs }) => maxMs),
    over('voice loop not asleep', '% of a core', (from, to) => grown(one => one.busyMs, from, to) / voiceWorkers / (to.atMs - from.atMs) * 100),
    over('CPU per device-second', 'ms', (from, to) => (cpuMs(to) - cpuMs(from)) / devices / (to.atMs - from.atMs) * 1000),
    { name: 'generator lateness p99', value: lateMs(lateness.getValueAtPercentile(99)), unit: 'ms' },
    { name: 'generator lateness max', value: lateMs(lateness.maxValue), unit: 'ms' },
    over('generator CPU', '% of a core', (from, to) => (to.generatorCpuMs - from.generatorCpuMs) / (to.atMs - from.atMs) * 100)
  ]
}

/** Windows that took so long, of each voice worker. */
function histogramsBetween (from: UplinkReading, to: UplinkReading): Histogram[] {
  return to.voice.map(({ vadLatency }, at) => histogramBetween(from.voice[at]!.vadLatency.histogram, vadLatency.histogram))
}

/** All voice workers together. */
function recordWaiting ({ readings, settled }: UplinkOutcome): RecordedHistogram {
  const histogram = build({ highestTrackableValue: 60_000 / STEP_MS, numberOfSignificantValueDigits: 3, bitBucketSize: 32 })
  for (const [upperMs, count] of histogramsBetween(readings[0]!, settled).flat()) {
    histogram.recordValueWithCount(Math.round(upperMs / STEP_MS), count)
  }
  return encodeHistogram(histogram, { title: 'arrival → verdict', unit: 'ms', step: STEP_MS })
}

/** Where there are pauses the gate decides, and repeats what was before its opening. */
function findMiscount ({ settled, windowsExpected }: UplinkOutcome): string[] {
  const inferred = settled.voice.reduce((total, { windows }) => total + windows, 0)
  return inferred === windowsExpected ? [] : [`${inferred} windows were inferred, ${windowsExpected} were expected`]
}

/** Why nothing can be said of the server. */
function findInvalid (figures: readonly Figure[]): string[] {
  const value = (name: string): number => figures.find(figure => figure.name === name)!.value
  const lateMs = value('generator lateness p99')
  const reasons: string[] = []
  if (!(lateMs <= MOST_GENERATOR_LATE_MS)) reasons.push(`the generator was late by ${lateMs} ms (p99): what was measured is the generator`)
  if (!(value('generator CPU') <= MOST_GENERATOR_PERCENT)) reasons.push('the generator had no processor time left')
  return reasons
}
