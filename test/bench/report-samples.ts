import { build } from 'hdr-histogram-js'
import { encodeHistogram } from '../../bench/report/histograms.js'
import type { BenchResult, Figure } from '../../bench/report/result.js'

/** A result as bench:talk makes it, with some of it changed. */
export function sampleResult (change: Partial<BenchResult> = {}): BenchResult {
  return {
    bench: 'talk',
    title: 'constant conversation',
    startedAt: '2026-01-02T03:04:05.678Z',
    elapsedSeconds: 95,
    machine: { node: 'v20.20.2', cpu: 'A processor', cores: 2, memoryMb: 24_064, kernel: '6.1.0 x64', os: 'A system', commit: 'abc1234' },
    options: { devices: 100, seconds: 60, asr: 'mock', seed: 1, generators: 1, pause: 'dtx' },
    settings: { 'audio.bitrate': 24_000 },
    transport: 'uws',
    figures: sampleFigures(),
    histograms: [sampleHistogram('added latency', 3000)],
    series: [{ title: 'CPU of the server', unit: '% of a core', points: Array.from({ length: 60 }, (_, at) => [at, 18 + at % 7]) }],
    stages: [
      { name: 'end silence → verdict', owner: 'server', p50Ms: 4.2, p99Ms: 9 },
      { name: 'recognition', owner: 'provider', p50Ms: 20, p99Ms: 31 },
      { name: 'playback', owner: 'device', p50Ms: 10, p99Ms: 12 }
    ],
    threads: [{ kind: 'voice', tid: 11, cpuMs: 6600, percent: 11 }, { kind: 'gateway', tid: 10, cpuMs: 4200, percent: 7 }, { kind: 'node', tid: 12, cpuMs: 1, percent: 0 }],
    complaints: [],
    failures: [],
    invalid: [],
    ...change
  }
}

/** The figures of such a result, some with another value; a spread of 5 % lies around each. */
export function sampleFigures (values: Readonly<Record<string, number>> = {}): Figure[] {
  const make = (name: string, unit: string, value: number, more: Partial<Figure> = {}): Figure => {
    const chosen = values[name] ?? value
    return { name, value: chosen, unit, spread: [chosen * 0.975, chosen * 1.025], ...more }
  }
  return [
    { name: 'devices', value: values['devices'] ?? 100, unit: '' },
    make('turns answered', '', 280),
    make('errors', '', 0, { bound: { most: 0 } }),
    make('underrun share', '% of frames', 0),
    make('added latency p50', 'ms', 8.5),
    make('added latency p99', 'ms', 21.25, { bound: { most: 50 } }),
    make('CPU per device-second', 'ms', 1.8),
    make('RSS per device', 'KB', 160),
    make('generator lateness p99', 'ms', 3),
    make('generator CPU', '% of a core', 22),
    make('mock CPU', '% of a core', 12)
  ]
}

/** Of `count` values from 0 ms on, a tenth of a millisecond apart. */
export function sampleHistogram (title: string, count: number): BenchResult['histograms'][number] {
  const histogram = build({ highestTrackableValue: 6_000_000, numberOfSignificantValueDigits: 3 })
  for (let value = 0; value < count; value++) histogram.recordValue(value * 10)
  return encodeHistogram(histogram, { title, unit: 'ms', step: 0.01 })
}
