import { parseArguments } from '../../src/bin/simulate/arguments.js'
import { loadClips } from '../../src/bin/simulate/clips.js'
import { mockSettings, MockService } from '../../src/bin/simulate/mock-service.js'
import { seededRandom } from '../../src/bin/simulate/seeded.js'
import { BenchServer } from '../support/bench-server.js'
import { Holder } from './holder.js'
import { Talker, type TalkerFigures } from './talker.js'

export interface MqttBenchOptions {
  readonly sessions: number
  readonly talking: number
  readonly seconds: number
  readonly loss: number
  readonly jitterMs: number
  readonly reorder: number
  readonly addressChangeSeconds: number
  readonly seed: number
}

export interface MqttResult extends MqttBenchOptions {
  readonly sessionsLost: number
  readonly turns: { readonly answered: number, readonly failed: number, readonly why: readonly string[] }
  readonly answers: { readonly minutes: number, readonly gapSecondsPerMinute: number, readonly lostSecondsPerMinute: number }
  readonly addressChanges: number
  /** Counters of the server's MQTT worker (docs/mqtt.md). */
  readonly mqtt: Readonly<Record<string, number>>
  readonly server: { readonly frames: number, readonly lateFrames: number }
  readonly complaints: readonly string[]
  readonly failures: readonly string[]
}

const ANSWER_SECONDS = 6
/** Connections that begin at once. */
const AT_ONCE = 50
const DAY_MS = 86_400_000

/** One run: the mock AI, a server, and all the devices in this process. */
export async function runMqtt (options: MqttBenchOptions): Promise<MqttResult> {
  const stop = new AbortController()
  const settings = parseArguments(['--mock-ai', '--answer-s', String(ANSWER_SECONDS)])
  const mock = await MockService.start(settings, { onProgress: () => {}, onExit: () => { stop.abort() } }, stop.signal)
  try {
    const server = await BenchServer.start(serverSettings(options, mock.baseUrl))
    try {
      return await measure(options, server)
    } finally {
      await server.stop()
    }
  } finally {
    await mock.stop()
  }
}

async function measure (options: MqttBenchOptions, server: BenchServer): Promise<MqttResult> {
  const { mqtt } = server.facts['ports'] as { readonly mqtt: number }
  const url = `mqtt://127.0.0.1:${mqtt}`
  const clips = loadClips([], undefined)
  const times = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, index) => make(index))
  const holders = times(options.sessions - options.talking, () => new Holder(url))
  const talkers = times(options.talking, index => {
    const random = seededRandom(options.seed * 0x10000 + index)
    const impairment = { loss: options.loss, jitterMs: options.jitterMs, reorder: options.reorder, random }
    return new Talker({ url, impairment, clip: clips[index % clips.length]!, addressChangeMs: options.addressChangeSeconds * 1000, random })
  })
  try {
    await inGroups(holders, holder => holder.open())
    const endAtMs = performance.now() + options.seconds * 1000
    const figures = await Promise.all(talkers.map(talker => talker.run(endAtMs)))
    const health = await server.health() as Readonly<Record<string, number>> & { readonly mqtt: Readonly<Record<string, number>> }
    const result = summarize(options, figures, holders.filter(holder => !holder.isOpen).length)
    const isCountRight = health.mqtt['sessions'] === options.sessions - result.sessionsLost
    return {
      ...result,
      mqtt: health.mqtt,
      server: { frames: health['frames'] ?? 0, lateFrames: health['lateFrames'] ?? 0 },
      complaints: server.complaints.slice(0, 10),
      failures: isCountRight ? result.failures : [...result.failures, `the server counts ${health.mqtt['sessions']} sessions`]
    }
  } finally {
    for (const device of [...holders, ...talkers]) device.close()
  }
}

type Summary = Omit<MqttResult, 'mqtt' | 'server' | 'complaints'>

function summarize (options: MqttBenchOptions, figures: readonly TalkerFigures[], holdersLost: number): Summary {
  const sum = (pick: (figures: TalkerFigures) => number): number => figures.reduce((total, one) => total + pick(one), 0)
  const sessionsLost = holdersLost + sum(({ isLost }) => Number(isLost))
  const minutes = sum(({ heardMs }) => heardMs) / 60_000
  const perMinute = (ms: number): number => minutes === 0 ? 0 : ms / 1000 / minutes
  const answered = sum(one => one.answered)
  const turnFailures = figures.flatMap(one => one.failures)
  return {
    ...options,
    sessionsLost,
    turns: { answered, failed: turnFailures.length, why: [...new Set(turnFailures)].slice(0, 10) },
    answers: {
      minutes,
      gapSecondsPerMinute: perMinute(sum(({ gapMs }) => gapMs)),
      lostSecondsPerMinute: perMinute(sum(({ lostMs }) => lostMs))
    },
    addressChanges: sum(one => one.addressChanges),
    failures: [
      ...sessionsLost > 0 ? [`${sessionsLost} sessions were lost`] : [],
      ...answered === 0 ? ['nobody was answered'] : []
    ]
  }
}

function serverSettings ({ sessions, talking }: MqttBenchOptions, mockUrl: string): Readonly<Record<string, string>> {
  const mock = mockSettings(mockUrl, 'mock')
  const pairs = mock.flatMap((name, index) => index % 2 === 0 ? [[name.replace(/^--/, ''), mock[index + 1]!] as const] : [])
  return {
    ...Object.fromEntries(pairs),
    'mqtt.enabled': 'true',
    'mqtt.port': '0',
    'mqtt.udpPort': '0',
    'mqtt.host': '127.0.0.1',
    'mqtt.udpHost': '127.0.0.1',
    'mqtt.maxConnections': String(Math.min(65_535, sessions + 100)),
    'threads.maxSeats': String(Math.max(256, talking)),
    // Those who only hold a session are not to be sent away.
    'session.idleCloseMs': String(DAY_MS),
    'session.restCloseMs': String(DAY_MS)
  }
}

async function inGroups<T> (items: readonly T[], act: (item: T) => Promise<void>): Promise<void> {
  for (let at = 0; at < items.length; at += AT_ONCE) await Promise.all(items.slice(at, at + AT_ONCE).map(act))
}
