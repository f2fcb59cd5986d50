import { encodeIntoCompressedBase64 } from 'hdr-histogram-js'
import { describeMachine } from '../report/machine-description.js'
import type { BenchResult, Bound, Figure, RecordedHistogram } from '../report/result.js'
import { figureOf, tidy } from './figure.js'
import type { LoadOutcome, LoadPart } from './run-load.js'
import { STEP_MS, type FleetTally, type HistogramName } from './tally.js'
import { latencyFigures, TurnLatency } from './turn-latency.js'

/** Beyond this the devices were late, and what came of it is theirs. */
const MOST_GENERATOR_LATE_MS = 20
/** A process that has so much of a core is a limit of its own. */
const MOST_PERCENT = 90

/** Bounds by the figure's name. */
export type Bounds = Readonly<Record<string, Bound>>

export interface LoadResultOptions {
  readonly bench: string
  readonly title: string
  readonly startedAt: Date
  readonly bounds: Bounds
  /** Beside those that every load has. */
  readonly figures?: readonly Figure[]
}

const histogramTitles: Readonly<Partial<Record<HistogramName, string>>> = {
  firstAudio: 'end of the question → first audio at the device',
  lateness: 'lateness of frames at the device',
  connect: 'connection → hello',
  cut: 'abort → tts stop',
  gap: 'silence of an underrun',
  tick: 'the generator behind its plan'
}

/** What a load says, as every benchmark says it. */
export function loadResult (outcome: LoadOutcome, { bench, title, startedAt, bounds, figures = [] }: LoadResultOptions): BenchResult {
  const { options, all, threads, series, complaints, transport, settings } = outcome
  const turns = new TurnLatency(outcome.parts[0]!.before, outcome.parts.at(-1)!.after)
  const all_ = [...loadFigures(outcome), ...figures].map(figure => ({ ...figure, ...withBound(bounds[figure.name]) }))
  return {
    bench,
    title,
    startedAt: startedAt.toISOString(),
    elapsedSeconds: Math.round((Date.now() - startedAt.getTime()) / 1000),
    machine: describeMachine(),
    options: {
      devices: options.devices, seconds: options.seconds, 'warm-up': options.warmUpSeconds, asr: options.asr, seed: options.seed,
      generators: options.generators, ...options.scenario.conversation
    },
    settings,
    transport,
    figures: all_,
    histograms: [...turns.recorded('added', 'added latency'), ...turns.recorded('provider', 'provider time'), ...describeHistograms(all)],
    series,
    stages: turns.stages,
    threads,
    complaints,
    failures: [...all_.flatMap(broken), ...Object.entries(all.reasons).map(([reason, count]) => `${count} × ${reason}`)],
    invalid: findInvalid(outcome)
  }
}

/** How a figure breaks its bound, in words. */
export function broken ({ name, value, unit, bound }: Figure): string[] {
  if (bound?.most !== undefined && !(value <= bound.most)) return [`${name} is ${value} ${unit}, above ${bound.most}`]
  if (bound?.least !== undefined && !(value >= bound.least)) return [`${name} is ${value} ${unit}, below ${bound.least}`]
  return []
}

function loadFigures ({ options, parts, all, emptyBytes }: LoadOutcome): Figure[] {
  const { devices } = options
  const over = (name: string, unit: string, read: (tally: FleetTally) => number): Figure => {
    return figureOf(name, unit, read(all), parts.map(({ tally }) => read(tally)))
  }
  const each = (name: string, unit: string, read: (part: LoadPart) => number): Figure => {
    const values = parts.map(read)
    return figureOf(name, unit, values.reduce((sum, value) => sum + value, 0) / values.length, values)
  }
  const failed = ({ counts }: FleetTally): number => {
    return counts.unanswered + counts.cut + counts.short + counts.missed + counts.closed + counts.refused + counts.strayAnswers
  }
  const resident = parts.at(-1)!.after.residentBytes
  return [
    { name: 'devices', value: devices, unit: '' },
    over('turns answered', '', ({ counts }) => counts.answered),
    over('errors', '', failed),
    over('frames', '', ({ counts }) => counts.frames),
    over('underruns', '', ({ counts }) => counts.underruns),
    over('underrun share', '% of frames', ({ counts }) => 100 * counts.underruns / counts.frames),
    over('late frames', '% of frames', ({ counts }) => 100 * counts.lateFrames / counts.frames),
    over('lateness p99', 'ms', tally => tally.percentile('lateness', 99)),
    ...latencyFigures(parts),
    over('first audio p50', 'ms', tally => tally.percentile('firstAudio', 50)),
    over('first audio p99', 'ms', tally => tally.percentile('firstAudio', 99)),
    ...(all.counts.interrupted > 0 ? [over('abort → stop p99', 'ms', tally => tally.percentile('cut', 99))] : []),
    each('server CPU', '% of a core', part => part.serverCpuMs / part.seconds / 10),
    each('CPU per device-second', 'ms', part => part.serverCpuMs / part.seconds / devices),
    { name: 'RSS per device', value: tidy((resident - emptyBytes) / 1024 / devices), unit: 'KB' },
    over('generator lateness p99', 'ms', tally => tally.percentile('tick', 99)),
    each('generator CPU', '% of a core', part => part.generatorPercent),
    each('mock CPU', '% of a core', part => part.mockPercent)
  ]
}

function findInvalid ({ options, all, parts }: LoadOutcome): string[] {
  const late = all.percentile('tick', 99)
  const reasons: string[] = []
  if (late > MOST_GENERATOR_LATE_MS) reasons.push(`the devices were ${late.toFixed(1)} ms behind their plan (p99)`)
  const most = (read: (part: LoadPart) => number): number => Math.max(...parts.map(read))
  if (most(part => part.generatorPercent) > MOST_PERCENT * options.generators) reasons.push('the generators had no processor time left')
  if (most(part => part.mockPercent) > MOST_PERCENT) reasons.push('the mock AI service had no processor time left')
  return reasons
}

function describeHistograms (all: FleetTally): RecordedHistogram[] {
  return (Object.entries(histogramTitles) as Array<[HistogramName, string]>).flatMap(([name, title]) => {
    const histogram = all.histograms[name]
    if (histogram.totalCount === 0) return []
    return [{ title, unit: 'ms', step: STEP_MS, encoded: encodeIntoCompressedBase64(histogram) }]
  })
}

function withBound (bound: Bound | undefined): { readonly bound?: Bound } { return bound === undefined ? {} : { bound } }
