import { setTimeout as delay } from 'node:timers/promises'
import { cpuMsOf, ServerProbe } from '../fleet/server-probe.js'
import { BenchServer, type Settings } from '../support/bench-server.js'
import { GeneratorProcess } from './generator-process.js'
import type { GeneratorReport } from './generator.js'
import type { UplinkOptions, UplinkOutcome, UplinkReading } from './types.js'

const SAMPLES_PER_FRAME = 960
const SAMPLES_PER_WINDOW = 512
/** How long the last windows may take once nothing is sent any more. */
const SETTLE_MS = 3000
const SAMPLE_MS = 1000
/** Of the measured time: their extremes are the spread of a figure. */
const PARTS = 3
/** Windows of the first seconds are counted and not timed: code is compiled, memory touched. */
export const WARM_UP_SECONDS = 3
/** Longest run: an utterance that is cut would go to the recogniser, who is not measured here. */
export const MOST_SECONDS = 26 - WARM_UP_SECONDS

/** One server, so many devices, so many seconds. */
export async function runUplink (options: UplinkOptions): Promise<UplinkOutcome> {
  const settings = { ...settingsFor(options), ...options.settings }
  const server = await BenchServer.start({ 'gateway.transport': options.transport, ...settings })
  const generator = new GeneratorProcess(server.gatewayPort, options)
  const probe = new ServerProbe(server)
  const read = async (): Promise<UplinkReading> => await readUplink(server, probe, generator.pid)
  let timer: NodeJS.Timeout | undefined
  try {
    await generator.ready()
    const first = await read()
    generator.tell('start')
    probe.begin()
    timer = setInterval(() => { probe.sample() }, SAMPLE_MS)
    await delay(options.warmUpSeconds * 1000)
    const readings = [await read()]
    for (let part = 0; part < PARTS; part++) {
      await delay(options.seconds * 1000 / PARTS)
      readings.push(await read())
    }
    clearInterval(timer)
    generator.tell('stop')
    const report = await generator.report()
    const windowsExpected = windowsIn(report)
    const settled = await readSettled(read, windowsExpected)
    return {
      options, settings, transport: String(server.facts['transport']), readings, settled, report, windowsExpected,
      threads: probe.uses(first, readings.at(-1)!), series: probe.series, complaints: server.complaints
    }
  } finally {
    clearInterval(timer)
    generator.close()
    await server.stop()
  }
}

/**
 * Nothing but hearing: every window goes to the model (gate off), no pause is guessed at, and no
 * utterance ends within the run, so that nothing is recognised and nothing is answered. What is
 * heard is kept as always. With pauses the gate must close in them, which it does outside of
 * utterances only: ten seconds are taken for too short to be speech, and are dropped.
 */
function settingsFor ({ devices, voiceWorkers, speechPercent }: UplinkOptions): Settings {
  return {
    'hearing.gate': speechPercent < 100,
    ...speechPercent < 100 ? { 'hearing.minSpeechMs': 10_000 } : {},
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

function windowsIn ({ framesSent }: GeneratorReport): number {
  return framesSent.reduce((total, frames) => total + Math.floor(frames * SAMPLES_PER_FRAME / SAMPLES_PER_WINDOW), 0)
}

/** @throws Error when the server is gone, or keeps no counters of its voice workers */
async function readUplink (server: BenchServer, probe: ServerProbe, generatorPid: number): Promise<UplinkReading> {
  const reading = await probe.read().catch((error: unknown) => {
    throw new Error(`the server does not answer; its last complaint: ${server.complaints.at(-1) ?? 'none'}`, { cause: error })
  })
  const { voice, badPackets, lostFrames } = reading.health as unknown as Partial<UplinkReading>
  if (voice === undefined) throw new Error('GET /healthz of this server has no "voice": it is older than this benchmark')
  return { ...reading, voice, badPackets: badPackets!, lostFrames: lostFrames!, generatorCpuMs: cpuMsOf(generatorPid) }
}

/** Waits until the windows are all judged, or until it is clear that they will not be. */
async function readSettled (read: () => Promise<UplinkReading>, windows: number): Promise<UplinkReading> {
  const deadline = performance.now() + SETTLE_MS
  for (;;) {
    const reading = await read()
    if (reading.voice.reduce((sum, one) => sum + one.windows, 0) >= windows || performance.now() > deadline) return reading
    await delay(50)
  }
}
