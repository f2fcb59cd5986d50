import type { ThreadUse } from '../support/threads.js'

/** On what a figure was measured; it stands beside every one of them. */
export interface MachineDescription {
  readonly node: string
  readonly cpu: string
  readonly cores: number
  readonly memoryMb: number
  readonly kernel: string
  readonly os: string
  readonly commit: string
}

/** What a figure must keep to: at most, or at least. */
export interface Bound { readonly most?: number, readonly least?: number }

/** One figure that a benchmark states. */
export interface Figure {
  /** What is measured, in the words of the field: `added latency p99`. */
  readonly name: string
  readonly value: number
  /** `ms`, `%`, `devices`, `ms of CPU per device-second`, or empty for a bare number. */
  readonly unit: string
  /** The least and the most over the rounds or parts of the run that the value sums up. */
  readonly spread?: readonly [least: number, most: number]
  readonly bound?: Bound
}

/** A distribution, as `hdr-histogram-js` writes it (V2, compressed, base64). */
export interface RecordedHistogram {
  readonly title: string
  readonly unit: string
  /** What one count of the histogram is in `unit`: values are recorded as whole numbers. */
  readonly step: number
  readonly encoded: string
}

/** Something that was looked at again and again: one line of a plot. */
export interface Series {
  readonly title: string
  readonly unit: string
  /** Seconds since the start, and the value then. */
  readonly points: readonly (readonly [atSeconds: number, value: number])[]
}

/** One bar of a waterfall: from where to where in a typical turn. */
export interface Stage {
  readonly name: string
  /** Whose time it is. */
  readonly owner: 'device' | 'server' | 'provider'
  readonly p50Ms: number
  readonly p99Ms: number
}

/** What every load benchmark prints as its last line, and what its report is made of. */
export interface BenchResult {
  readonly bench: string
  /** What was asked, in a sentence. */
  readonly title: string
  /** What repeats it; without one the options say how. */
  readonly command?: string
  /** ISO 8601. */
  readonly startedAt: string
  readonly elapsedSeconds: number
  readonly machine: MachineDescription
  /** Of the benchmark. */
  readonly options: Readonly<Record<string, string | number | boolean>>
  /** Of the server, where they are not its defaults. */
  readonly settings: Readonly<Record<string, string | number | boolean>>
  readonly transport: string
  readonly figures: readonly Figure[]
  readonly histograms: readonly RecordedHistogram[]
  readonly series: readonly Series[]
  readonly stages: readonly Stage[]
  /** Of the server's threads. */
  readonly threads: readonly ThreadUse[]
  /** Warnings and errors that the server logged. */
  readonly complaints: readonly string[]
  /** Why it does not hold; empty where it does. */
  readonly failures: readonly string[]
  /** Why nothing can be said of the server: the generator or the mock service was the limit. */
  readonly invalid: readonly string[]
}
