import type { VoiceFigures } from '../../src/ring/voice-counters.js'
import type { ServerReading } from '../fleet/server-probe.js'
import type { Series } from '../report/result.js'
import type { Settings } from '../support/bench-server.js'
import type { ThreadUse } from '../support/threads.js'
import type { GeneratorReport } from './generator.js'

/** What a microphone sends in pauses: a room with a fan, a quiet room, or DTX of silence. */
export const PAUSES = ['noise', 'quiet', 'dtx'] as const
export type Pause = typeof PAUSES[number]

export function isPause (text: string): text is Pause { return (PAUSES as readonly string[]).includes(text) }

export interface UplinkOptions {
  readonly devices: number
  /** Of these the windows are timed. */
  readonly seconds: number
  readonly warmUpSeconds: number
  readonly voiceWorkers: number
  /** Of the time. */
  readonly speechPercent: number
  readonly pause: Pause
  readonly p99LimitMs: number
  readonly transport: string
  /** Settings of the server, beside those of the benchmark. */
  readonly settings: Settings
}

/** What is known at one moment. */
export interface UplinkReading extends ServerReading {
  readonly voice: readonly VoiceFigures[]
  readonly badPackets: number
  readonly lostFrames: number
  /** Of the generator, so far. */
  readonly generatorCpuMs: number
}

/** All that a run has seen. */
export interface UplinkOutcome {
  readonly options: UplinkOptions
  /** Of the server: those of the benchmark, and those that were given. */
  readonly settings: Settings
  readonly transport: string
  /** After the warm-up, and at the end of each part. */
  readonly readings: readonly UplinkReading[]
  /** When nothing was sent any more and all windows were judged. */
  readonly settled: UplinkReading
  readonly report: GeneratorReport
  readonly windowsExpected: number
  /** From the first frame on, warm-up included. */
  readonly threads: readonly ThreadUse[]
  readonly series: readonly Series[]
  readonly complaints: readonly string[]
}
