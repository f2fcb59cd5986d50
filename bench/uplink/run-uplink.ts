import { fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { makeConfig } from '../../src/core/config.js'
import { histogramBetween, summarize, type Latency, type VoiceFigures } from '../../src/ring/voice-counters.js'
import { BenchServer, type Settings } from '../support/bench-server.js'
import { readThreads, threadUses, type NamedThread, type ThreadUse } from '../support/threads.js'
import type { GeneratorReport } from './generator.js'

const SAMPLES_PER_FRAME = 960
const SAMPLES_PER_WINDOW = 512
/** How long the last windows may take once nothing is sent any more. */
const SETTLE_MS = 3000
const GENERATOR_PATIENCE_MS = 120_000
/** Windows of the first seconds are counted and not timed: code is compiled, memory touched. */
export const WARM_UP_SECONDS = 3
/** Longest run: an utterance that is cut would go to the recogniser, who is not measured here. */
export const MOST_SECONDS = 26 - WARM_UP_SECONDS
/** Frames that come later than this, and p99 speaks of the generator and not of the server. */
const MOST_GENERATOR_LATE_MS = 20

/**
 * Nothing but hearing: every window goes to the model (gate off), no pause is guessed at, and no
 * utterance ends within the run, so that nothing is recognised and nothing is answered. What is
 * heard is kept as always.
 */
function settingsFor ({ devices, voiceWorkers, speechPercent }: UplinkOptions): Settings {
  return {
    'hearing.gate': speechPercent < 100,
    'hearing.pauseMs': 0,
    'hearing.endSilenceMs': 5000,
    'hearing.maxUtteranceMs': 28_000,
    'hearing.utterancePages': Math.min(65_536, Math.ceil(devices / voiceWorkers) * 15 + 16),
    'threads.voice': voiceWorkers,
    'threads.inference': 1,
    'threads.dialogue': 1,
    'threads.maxSeats': Math.min(4096, Math.max(256, devices))
  }
}

export interface UplinkOptions {
  readonly devices: number
  /** Of these the windows are timed. */
  readonly seconds: number
  readonly warmUpSeconds: number
  readonly voiceWorkers: number
  /** Of the time; in the pauses there is a noisy room, or what the codec leaves of silence. */
  readonly speechPercent: number
  readonly pause: 'noise' | 'dtx'
  readonly p99LimitMs: number
  readonly transport: string
  /** Settings of the server, beside those of the benchmark. */
  readonly settings: Settings
}

export interface UplinkResult {
  readonly devices: number
  readonly seconds: number
  readonly voiceWorkers: number
  readonly speechPercent: number
  readonly pause: 'noise' | 'dtx'
  readonly transport: string
  readonly settings: Settings
  readonly framesSent: number
  readonly framesDecoded: number
  readonly framesDropped: number
  readonly framesConcealed: number
  readonly badPackets: number
  readonly windowsExpected: number
  readonly windowsInferred: number
  /** Kept from the model by the energy gate. */
  readonly windowsSkipped: number
  readonly windowsPerBatch: number
  readonly latencyMs: { readonly count: number, readonly p50: number, readonly p99: number, readonly p999: number, readonly max: number }
  /** Time that the loops of the voice workers did not sleep, in percent of one core each. */
  readonly voiceBusyPercent: number
  readonly threads: readonly ThreadUse[]
  readonly generator: Omit<GeneratorReport, 'kind' | 'framesSent'>
  readonly complaints: readonly string[]
  /** Why it does not hold; empty when it does. */
  readonly failures: readonly string[]
}

interface Health {
  readonly voice?: readonly VoiceFigures[]
  readonly threads?: readonly NamedThread[]
  readonly badPackets: number
  readonly lostFrames: number
}

/** One server, so many devices, so many seconds. */
export async function runUplink (options: UplinkOptions): Promise<UplinkResult> {
  const { seconds, warmUpSeconds, voiceWorkers, transport, settings } = options
  const server = await BenchServer.start({ ...settingsFor(options), 'gateway.transport': transport, ...settings })
  const generator = new Generator(server.gatewayPort, options)
  try {
    await generator.ready()
    const threadsBefore = readThreads(server.pid)
    const before = await readHealth(server)
    const startedAt = performance.now()
    generator.tell('start')
    await delay(warmUpSeconds * 1000)
    const warm = await readHealth(server)
    await delay(seconds * 1000)
    const busyAfter = (await readHealth(server)).voice
    const threadsAfter = readThreads(server.pid)
    const elapsedMs = performance.now() - startedAt
    generator.tell('stop')
    const report = await generator.report()
    const after = await settledHealth(server, windowsIn(report))
    const threads = threadUses(server.pid, threadsBefore, threadsAfter, elapsedMs, after.threads, kindsByNice())
    const busyMs = sum(busyAfter, one => one.busyMs) - sum(before.voice, one => one.busyMs)
    return conclude(options, report, warm, after, {
      transport: String(server.facts['transport']), threads, complaints: server.complaints,
      voiceBusyPercent: Number((busyMs / voiceWorkers / elapsedMs * 100).toFixed(1))
    })
  } finally {
    generator.close()
    await server.stop()
  }
}

function conclude (
  { devices, seconds, voiceWorkers, speechPercent, pause, p99LimitMs, settings }: UplinkOptions, report: GeneratorReport,
  warm: Required<Health>, health: Required<Health>,
  facts: Pick<UplinkResult, 'transport' | 'threads' | 'complaints' | 'voiceBusyPercent'>
): UplinkResult {
  const { voice } = health
  const windowsInferred = sum(voice, one => one.windows)
  const latencies = voice.map(({ vadLatency: { histogram } }, at) => {
    return summarize(histogramBetween(warm.voice[at]!.vadLatency.histogram, histogram))
  })
  const worst = (read: (latency: Latency) => number): number => Number(Math.max(...latencies.map(read)).toFixed(2))
  const { kind: _kind, framesSent, ...generator } = report
  const figures = {
    devices,
    seconds,
    voiceWorkers,
    speechPercent,
    pause,
    settings,
    framesSent: framesSent.reduce((total, frames) => total + frames, 0),
    framesDecoded: sum(voice, one => one.frames),
    framesDropped: health.lostFrames,
    framesConcealed: sum(voice, one => one.concealed),
    badPackets: health.badPackets,
    windowsExpected: windowsIn(report),
    windowsInferred,
    windowsSkipped: sum(voice, one => one.skippedWindows),
    windowsPerBatch: Number((windowsInferred / Math.max(1, sum(voice, one => one.batches))).toFixed(1)),
    // Of several workers the worst one counts.
    latencyMs: {
      count: latencies.reduce((total, { count }) => total + count, 0),
      p50: worst(one => one.p50Ms), p99: worst(one => one.p99Ms), p999: worst(one => one.p999Ms), max: worst(one => one.maxMs)
    },
    generator,
    ...facts
  }
  return { ...figures, failures: findFailures(figures, p99LimitMs) }
}

type Checked = Pick<UplinkResult, 'speechPercent' | 'framesSent' | 'framesDecoded' | 'framesDropped' | 'framesConcealed' | 'badPackets' | 'windowsExpected' | 'windowsInferred' | 'latencyMs'> &
  { readonly generator: Pick<GeneratorReport, 'lateMs' | 'closedDevices' | 'pendingBytes'> }

/** What a run must not have; each is a sentence. */
export function findFailures (run: Checked, p99LimitMs: number): string[] {
  const failures: string[] = []
  const lost = Math.max(run.framesDropped, run.framesConcealed, run.framesSent - run.framesDecoded)
  if (lost > 0) failures.push(`${lost} of ${run.framesSent} frames were dropped`)
  if (run.badPackets > 0) failures.push(`${run.badPackets} packets were taken for malformed`)
  // Where there are pauses the gate decides, and repeats what was before its opening.
  if (run.speechPercent === 100 && run.windowsInferred !== run.windowsExpected) failures.push(`${run.windowsInferred} windows were inferred, ${run.windowsExpected} were expected`)
  if (run.latencyMs.count === 0) failures.push('no window was timed')
  if (!(run.latencyMs.p99 <= p99LimitMs)) failures.push(`p99 is ${run.latencyMs.p99} ms, above ${p99LimitMs} ms`)
  const { p99 } = run.generator.lateMs
  if (!(p99 <= MOST_GENERATOR_LATE_MS)) failures.push(`the generator was late by ${p99} ms (p99): what was measured is the generator`)
  if (run.generator.closedDevices > 0) failures.push(`the server closed ${run.generator.closedDevices} connections`)
  if (run.generator.pendingBytes > 0) failures.push(`${run.generator.pendingBytes} bytes were still waiting to be sent`)
  return failures
}

function windowsIn ({ framesSent }: GeneratorReport): number {
  return framesSent.reduce((total, frames) => total + Math.floor(frames * SAMPLES_PER_FRAME / SAMPLES_PER_WINDOW), 0)
}

function sum (figures: readonly VoiceFigures[], read: (one: VoiceFigures) => number): number {
  return figures.reduce((total, one) => total + read(one), 0)
}

function kindsByNice (): ReadonlyMap<number, string> {
  const { voiceNice, inferenceNice } = makeConfig().threads
  return new Map([[voiceNice, 'voice'], [inferenceNice, 'inference']])
}

/** @throws Error when the server is gone, or keeps no counters of its voice workers */
async function readHealth (server: BenchServer): Promise<Required<Health>> {
  const health = await server.health().catch((error: unknown) => {
    throw new Error(`the server does not answer; its last complaint: ${server.complaints.at(-1) ?? 'none'}`, { cause: error })
  }) as unknown as Health
  if (health.voice === undefined) throw new Error('GET /healthz of this server has no "voice": it is older than this benchmark')
  return { threads: [], ...health, voice: health.voice }
}

/** Waits until the windows are all judged, or until it is clear that they will not be. */
async function settledHealth (server: BenchServer, windows: number): Promise<Required<Health>> {
  const deadline = performance.now() + SETTLE_MS
  for (;;) {
    const health = await readHealth(server)
    if (sum(health.voice, one => one.windows) >= windows || performance.now() > deadline) return health
    await delay(50)
  }
}

type GeneratorMessage = { readonly kind: 'ready' } | GeneratorReport

class Generator {
  readonly #child
  readonly #ended: Promise<never>

  constructor (port: number, { devices, speechPercent, pause }: UplinkOptions) {
    const args = [String(port), String(devices), String(speechPercent), pause]
    this.#child = fork(fileURLToPath(new URL('./generator.js', import.meta.url)), args)
    this.#ended = once(this.#child, 'exit').then(([code, signal]) => { throw new Error(`the generator ended with ${code ?? signal}`) })
    this.#ended.catch(() => {}) // it may end once it has reported
  }

  async ready (): Promise<void> { await this.#next() }

  tell (message: 'start' | 'stop'): void { this.#child.send(message) }

  async report (): Promise<GeneratorReport> {
    const message = await this.#next()
    if (message.kind !== 'report') throw new Error('the generator did not report')
    return message
  }

  close (): void { if (this.#child.connected) this.#child.disconnect() }

  async #next (): Promise<GeneratorMessage> {
    const signal = AbortSignal.timeout(GENERATOR_PATIENCE_MS)
    const [message] = await Promise.race([once(this.#child, 'message', { signal }), this.#ended]) as [GeneratorMessage]
    return message
  }
}
