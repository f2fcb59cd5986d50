import { setTimeout as delay } from 'node:timers/promises'
import { BenchServer, type Settings } from '../support/bench-server.js'
import type { ThreadUse } from '../support/threads.js'
import { Fleet } from './fleet.js'
import { MockProcess } from './mock-process.js'
import { periodMs, rampMs, type Scenario } from './scenario.js'
import { cpuMsOf, ServerProbe, type ServerReading } from './server-probe.js'
import { FleetTally, type TallyReport } from './tally.js'
import type { Series } from '../report/result.js'

export interface LoadOptions {
  readonly scenario: Scenario
  readonly devices: number
  readonly seconds: number
  /** From the first connection on; at least until all are connected. */
  readonly warmUpSeconds: number
  /** The measured time is told in so many parts, whose extremes are the spread. */
  readonly parts: number
  readonly asr: 'mock' | 'local'
  readonly seed: number
  /** Processes that hold the devices. */
  readonly generators: number
  readonly settings: Settings
  readonly mockArguments: readonly string[]
  /** Of the server's Node.js. */
  readonly nodeArguments?: readonly string[]
  readonly onProgress?: (text: string) => void
}

/** One stretch of the measured time. */
export interface LoadPart {
  readonly tally: FleetTally
  readonly seconds: number
  readonly before: ServerReading
  readonly after: ServerReading
  /** Of the server, in ms. */
  readonly serverCpuMs: number
  /** In percent of a core: of all generators, of the mock. */
  readonly generatorPercent: number
  readonly mockPercent: number
}

/** What was seen of a server under load. */
export interface LoadOutcome {
  readonly options: LoadOptions
  readonly settings: Settings
  readonly transport: string
  readonly parts: readonly LoadPart[]
  readonly all: FleetTally
  readonly threads: readonly ThreadUse[]
  readonly series: readonly Series[]
  readonly mockStats: Readonly<Record<string, unknown>>
  readonly complaints: readonly string[]
  /** Before the first device came. */
  readonly emptyBytes: number
}

const SAMPLE_MS = 1000

/** Before it is full load: everybody has connected, and has been answered once. */
export function warmUpFor (scenario: Scenario): number {
  return Math.ceil(Math.max(rampMs(scenario), periodMs(scenario)) / 1000) + 10
}

/** A mock service, a server and a fleet on this machine, for so long. */
export async function runLoad (options: LoadOptions): Promise<LoadOutcome> {
  let failure: string | undefined
  const { conversation } = options.scenario
  const mock = await MockProcess.start(
    ['--answer-s', String(conversation.answerSeconds), ...options.mockArguments], reason => { failure = reason }
  )
  try {
    const settings = { ...mock.settings(options.asr), 'threads.maxSeats': Math.max(256, options.devices), ...options.settings }
    const server = await BenchServer.start(settings, {}, options.nodeArguments)
    try {
      const outcome = await runFleet(options, server, mock)
      if (failure !== undefined) throw new Error(failure)
      return { ...outcome, settings: { ...options.settings } }
    } finally {
      await server.stop()
    }
  } finally {
    await mock.stop()
  }
}

async function runFleet (options: LoadOptions, server: BenchServer, mock: MockProcess): Promise<Omit<LoadOutcome, 'settings'>> {
  const { scenario, devices, seed, generators, seconds, warmUpSeconds, parts: count } = options
  const probe = new ServerProbe(server)
  const fleet = await Fleet.prepare({ port: server.gatewayPort, scenario, devices, seed, generators, rampMs: rampMs(scenario) })
  const emptyBytes = (await probe.read()).residentBytes
  probe.begin()
  const timer = setInterval(() => { probe.sample() }, SAMPLE_MS)
  try {
    fleet.begin()
    await delay(warmUpSeconds * 1000)
    options.onProgress?.(`${fleet.pulse.connected} of ${devices} devices are connected; measuring for ${seconds} s`)
    await fleet.report()
    const parts: LoadPart[] = []
    const reports: TallyReport[] = []
    const readAll = async () => ({ server: await probe.read(), generatorMs: sum(fleet.pids.map(cpuMsOf)), mockMs: cpuMsOf(mock.pid) })
    let before = await readAll()
    for (let part = 0; part < count; part++) {
      await delay(seconds * 1000 / count)
      const tallies = await fleet.report()
      const after = await readAll()
      const elapsedMs = after.server.atMs - before.server.atMs
      reports.push(...tallies)
      parts.push({
        tally: new FleetTally(tallies),
        seconds: elapsedMs / 1000,
        before: before.server,
        after: after.server,
        serverCpuMs: cpuOf(after.server) - cpuOf(before.server),
        generatorPercent: (after.generatorMs - before.generatorMs) / elapsedMs * 100,
        mockPercent: (after.mockMs - before.mockMs) / elapsedMs * 100
      })
      before = after
    }
    const mockStats = await mock.stats()
    await fleet.stop()
    return {
      options,
      transport: String(server.facts['transport']),
      parts,
      all: new FleetTally(reports),
      threads: probe.uses(parts[0]!.before, parts.at(-1)!.after),
      series: probe.series,
      mockStats,
      complaints: server.complaints.slice(0, 10),
      emptyBytes
    }
  } finally {
    clearInterval(timer)
    fleet.close()
  }
}

function cpuOf ({ threads }: ServerReading): number { return sum(threads.map(({ cpuMs }) => cpuMs)) }
function sum (values: readonly number[]): number { return values.reduce((total, value) => total + value, 0) }
