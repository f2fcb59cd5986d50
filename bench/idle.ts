// npm run bench:idle -- [--devices 10000] [--seconds 90] [--set name=value,…] [--json]
//
// Devices that are connected and say nothing: what the server needs for each. The last line is
// JSON. Exits with 1 when a bound is broken. docs/benchmarks.md
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { figureOf } from './fleet/figure.js'
import { broken } from './fleet/load-result.js'
import { ServerProbe, type ServerReading } from './fleet/server-probe.js'
import { ownCommand } from './report/command-line.js'
import { describeMachine } from './report/machine-description.js'
import { publish } from './report/publish.js'
import type { BenchResult, Figure } from './report/result.js'
import { renderText } from './report/text.js'
import { BenchServer, type Settings } from './support/bench-server.js'
import { readFlags, readSettings, runMain } from './support/options.js'

const holder = fileURLToPath(new URL('./idle/holder.js', import.meta.url))
/** Files that a process needs beside its sockets. */
const SPARE_FILES = 500
const EMPTY_SETTLE_MS = 5000
/** After the last connection V8 collects once what ten thousand handshakes have left. */
const SETTLE_MS = 35_000
const PARTS = 3
/** By default who does not even listen is disconnected, so that the device can sleep. */
const PATIENT = { 'session.restCloseMs': 86_400_000 }
/** A service that nobody asks anything: no model of speech is loaded. */
const WITHOUT_MODELS = { 'asr.openai.baseUrl': 'http://127.0.0.1:9/v1', 'llm.provider': 'offline' }

await runMain(async () => {
  const { numbers, switches, texts } = readFlags({
    numbers: {
      devices: { fallback: 10_000, minimum: 100, maximum: 65_536 },
      seconds: { fallback: 90, minimum: 3, maximum: 86_400 }
    },
    switches: ['json'],
    texts: ['set']
  })
  const limit = Number(/^Max open files\s+\d+\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1] ?? Infinity)
  const devices = Math.min(numbers['devices']!, limit - SPARE_FILES)
  if (devices < numbers['devices']!) process.stderr.write(`the file limit (${limit}) allows ${devices} devices\n`)
  const result = { ...await measureIdle(devices, numbers['seconds']!, readSettings(texts['set'])), command: ownCommand() }
  const screen = switches.has('json') ? process.stderr : process.stdout
  screen.write(renderText(result))
  return publish([result], screen)
})

async function measureIdle (devices: number, seconds: number, settings: Settings): Promise<BenchResult> {
  const startedAt = new Date()
  const server = await BenchServer.start({ ...PATIENT, ...WITHOUT_MODELS, 'gateway.maxConnections': devices + 100, ...settings })
  const probe = new ServerProbe(server)
  probe.begin()
  const timer = setInterval(() => { probe.sample() }, 1000)
  try {
    await delay(EMPTY_SETTLE_MS)
    const empty = await probe.read()
    const child = fork(holder, [String(server.gatewayPort), String(devices)])
    try {
      await Promise.race([once(child, 'message'), once(child, 'exit').then(() => { throw new Error('the devices could not connect') })])
      await delay(SETTLE_MS)
      const readings = [await probe.read()]
      for (let part = 0; part < PARTS; part++) {
        await delay(seconds * 1000 / PARTS)
        readings.push(await probe.read())
      }
      child.send('count')
      const [left] = await once(child, 'message') as [number]
      const figures = idleFigures(devices, left, empty, readings)
      return {
        bench: 'idle', title: 'devices that are connected and say nothing', startedAt: startedAt.toISOString(),
        elapsedSeconds: Math.round((Date.now() - startedAt.getTime()) / 1000), machine: describeMachine(),
        options: { devices, seconds }, settings, transport: String(server.facts['transport']), figures,
        histograms: [], series: probe.series, stages: [], threads: probe.uses(readings[0]!, readings.at(-1)!),
        complaints: server.complaints, failures: figures.flatMap(broken), invalid: []
      }
    } finally {
      child.disconnect()
    }
  } finally {
    clearInterval(timer)
    await server.stop()
  }
}

function idleFigures (devices: number, left: number, empty: ServerReading, readings: readonly ServerReading[]): Figure[] {
  const kilobytes = ({ residentBytes }: ServerReading): number => (residentBytes - empty.residentBytes) / 1024 / devices
  const cpuMs = ({ threads }: ServerReading): number => threads.reduce((sum, thread) => sum + thread.cpuMs, 0)
  const percent = (from: ServerReading, to: ServerReading): number => (cpuMs(to) - cpuMs(from)) / (to.atMs - from.atMs) * 100
  const last = readings.at(-1)!
  return [
    { name: 'devices', value: devices, unit: '' },
    { name: 'devices lost', value: devices - left, unit: '', bound: { most: 0 } },
    { ...figureOf('RSS per device', 'KB', kilobytes(last), readings.map(kilobytes)), bound: { most: 8 } },
    {
      ...figureOf('CPU', '% of a core', percent(readings[0]!, last), readings.slice(1).map((reading, at) => percent(readings[at]!, reading))),
      bound: { most: 1 }
    },
    { name: 'RSS of the empty server', value: Math.round(empty.residentBytes / 2 ** 20), unit: 'MB' },
    { name: 'open files', value: last.openFiles, unit: '' }
  ]
}
