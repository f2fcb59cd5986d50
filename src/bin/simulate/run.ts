import { monitorEventLoopDelay } from 'node:perf_hooks'

import type { ProcessEvents } from '../shared/ready-process.js'
import type { Screen } from '../shared/screen.js'
import { ServerProcess } from '../shared/server-process.js'
import type { SimulateOptions } from './arguments.js'
import type { FleetClip } from './clips.js'
import { Fleet } from './fleet.js'
import { LiveLine } from './live-line.js'
import { readMachine } from './machine.js'
import { mockSettings, MockService } from './mock-service.js'
import { readUsage, usageBetween, type ProcessUsage, type ThreadNames, type UsageReading } from './process-usage.js'
import { findFailures, type SimulateResult } from './result.js'
import { ServerWatch } from './server-watch.js'
import { Tally } from './tally.js'

const KEEP_COMPLAINTS = 10
const LOOP_RESOLUTION_MS = 10
const loopback = ['--gateway.host', '127.0.0.1', '--http.host', '127.0.0.1']

type Usages = Readonly<Record<'server' | 'mockAi' | 'simulator', UsageReading | undefined>>

type LoopDelays = Pick<SimulateResult['simulator'], 'loopDelayP99Ms' | 'loopDelayMaxMs'>

/** One run: the processes it needs, the load, and what they tell about it. */
export class Run {
  readonly #options: SimulateOptions
  readonly #clips: readonly FleetClip[]
  readonly #screen: Screen
  readonly #signal: AbortSignal
  readonly #machine = readMachine()
  readonly #tally: Tally
  readonly #complaints: string[] = []
  #complaintCount = 0
  #settings: readonly string[] = []
  #isServing = false
  #mock: MockService | undefined
  #server: ServerProcess | undefined
  #watch: ServerWatch | undefined

  constructor (options: SimulateOptions, clips: readonly FleetClip[], screen: Screen, signal: AbortSignal) {
    this.#options = options
    this.#clips = clips
    this.#screen = screen
    this.#signal = signal
    this.#tally = new Tally(options.mockAi && options.asr === 'mock' ? () => options.mockTranscript : undefined)
  }

  /** Starts what is to be started. @throws UsageError, and Error for what does not start */
  async prepare (serverScript: string | undefined): Promise<void> {
    const { url, healthUrl, mockAi, asr, settings, data } = this.#options
    if (mockAi) this.#mock = await MockService.start(this.#options, this.#events('mock AI service'), this.#signal)
    if (url === undefined) {
      this.#settings = [...this.#mock === undefined ? [] : mockSettings(this.#mock.baseUrl, asr), ...settings]
      this.#screen.status('starting a server …')
      this.#server = await ServerProcess.start(this.#events('server'), {
        script: serverScript, signal: this.#signal, settings: [...loopback, ...this.#settings], data
      })
    }
    const httpUrl = this.#server?.httpUrl
    const health = healthUrl ?? (httpUrl === undefined ? undefined : `${httpUrl}/healthz`)
    if (health !== undefined) this.#watch = new ServerWatch(health)
    await this.#watch?.start()
    this.#isServing = true
  }

  /** The load, from the first connection to the last answer. */
  async measure (): Promise<SimulateResult> {
    const fleet = new Fleet(this.#options, this.#options.url ?? this.#serverUrl(), this.#clips, this.#tally)
    const stop = (): void => { fleet.stop() }
    this.#signal.addEventListener('abort', stop, { once: true })
    if (this.#signal.aborted) stop()
    const delays = monitorEventLoopDelay({ resolution: LOOP_RESOLUTION_MS })
    const live = new LiveLine(this.#screen, {
      tally: this.#tally,
      connected: () => fleet.connected,
      serverLate: () => this.#watch?.delta('lateFrames')
    })
    const beganMs = performance.now()
    const before = this.#readUsages()
    delays.enable()
    try {
      await fleet.run()
    } finally {
      live.stop()
      delays.disable()
      this.#signal.removeEventListener('abort', stop)
    }
    const seconds = (performance.now() - beganMs) / 1000
    const lateness = (nanoseconds: number): number => Math.max(0, Math.round(nanoseconds / 1e6 - LOOP_RESOLUTION_MS))
    const loopDelays = { loopDelayP99Ms: lateness(delays.percentile(99)), loopDelayMaxMs: lateness(delays.max) }
    return await this.#collect(fleet, before, seconds, loopDelays)
  }

  #serverUrl (): string {
    const { facts, url } = this.#server!
    return this.#options.transport === 'mqtt' ? `mqtt://127.0.0.1:${facts.mqttPort ?? 0}` : url
  }

  async close (): Promise<void> {
    this.#watch?.stop()
    this.#screen.clearStatus()
    await this.#server?.stop()
    await this.#mock?.stop()
  }

  async #collect (fleet: Fleet, before: Usages, seconds: number, loopDelays: LoopDelays): Promise<SimulateResult> {
    const after = this.#readUsages()
    const figures = this.#tally.figures()
    const failures = findFailures(figures, this.#options)
    if (this.#signal.aborted) failures.push('it was stopped before its time')
    const usage = (name: keyof Usages, pid: number | undefined): ProcessUsage | null => {
      const [first, last] = [before[name], after[name]]
      if (pid === undefined || first === undefined || last === undefined) return null
      return usageBetween(first, last, name === 'server' ? this.#serverThreads(pid) : { byId: new Map([[String(pid), 'main']]), nice: {} })
    }
    return {
      bench: 'simulate',
      ...this.#machine,
      passed: failures.length === 0,
      failures,
      devices: this.#options.devices,
      seconds: this.#options.seconds,
      ranSeconds: Math.round(seconds * 10) / 10,
      load: this.#describeLoad(fleet),
      ...figures,
      replies: fleet.replies,
      server: {
        health: await this.#watch?.finish() ?? null,
        usage: usage('server', this.#server?.pid),
        complaints: { count: this.#complaintCount, examples: this.#complaints }
      },
      mockAi: this.#mock === undefined
        ? null
        : { requests: await this.#mock.stats().catch(() => ({})), usage: usage('mockAi', this.#mock.pid) },
      simulator: { usage: usage('simulator', process.pid), ...loopDelays }
    }
  }

  #describeLoad (fleet: Fleet): SimulateResult['load'] {
    const { mode, answerSeconds, pauseSeconds, bargeInShare, seed, url, asr } = this.#options
    const longestMs = Math.max(...this.#clips.map(clip => clip.durationMs))
    return {
      mode,
      clips: this.#clips.map(clip => clip.name),
      speechSeconds: Math.round(longestMs / 100) / 10,
      answerSeconds,
      pauseSeconds,
      periodSeconds: Math.round(fleet.periodMs / 100) / 10,
      bargeInShare,
      seed,
      asr: url === undefined ? asr : null,
      settings: this.#settings
    }
  }

  #serverThreads (pid: number): ThreadNames {
    return { byId: new Map([...this.#watch?.threads ?? [], [String(pid), 'gateway']]), nice: this.#server?.facts.nice ?? {} }
  }

  #readUsages (): Usages {
    const read = (pid: number | undefined): UsageReading | undefined => pid === undefined ? undefined : readUsage(pid)
    return { server: read(this.#server?.pid), mockAi: read(this.#mock?.pid), simulator: readUsage(process.pid) }
  }

  #events (name: string): ProcessEvents {
    return {
      onProgress: text => {
        if (this.#isServing) this.#complain(`${name}: ${text}`)
        else this.#screen.line(`${name}: ${text}`)
      },
      onExit: reason => { this.#complain(reason) }
    }
  }

  #complain (text: string): void {
    this.#complaintCount++
    if (this.#complaints.length < KEEP_COMPLAINTS) this.#complaints.push(text)
  }
}
