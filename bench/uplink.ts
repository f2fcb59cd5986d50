// npm run bench:uplink -- --devices 250 [--seconds 20] [--p99 25] [--workers 1] [--json]
// npm run bench:uplink -- --devices 250 --find-max [--step 10]
// npm run bench:uplink -- --devices 480 --speech 40 [--pause noise|quiet|dtx]
// npm run bench:uplink -- --devices 250 --set hearing.batchWindows=16
//
// Devices that speak without pause, through the real server, with the energy gate off; or for a
// share of the time, with the gate on. The last line is JSON. Exits with 1 when a frame was
// dropped, a window was missed, or the 99th percentile of arrival → verdict is above --p99; with 3
// when the generator was the limit. With --find-max N grows by --step until it does not hold twice
// in a row; the report has all points, the last line is that of the largest N that held.
// docs/benchmarks.md
import { ownCommand } from './report/command-line.js'
import { publish } from './report/publish.js'
import type { BenchResult } from './report/result.js'
import { renderText } from './report/text.js'
import { verdictOf } from './report/verdict.js'
import { readFlags, readSettings, runMain } from './support/options.js'
import { findMost } from './uplink/find-most.js'
import { MOST_SECONDS, runUplink, WARM_UP_SECONDS } from './uplink/run-uplink.js'
import { isPause, PAUSES } from './uplink/types.js'
import { uplinkResult } from './uplink/uplink-result.js'

const TRANSPORTS = ['auto', 'uws', 'ws']

await runMain(async () => {
  const { numbers, switches, texts } = readFlags({
    numbers: {
      devices: { fallback: 250, minimum: 1, maximum: 4096 },
      seconds: { fallback: 20, minimum: 1, maximum: MOST_SECONDS },
      p99: { fallback: 25, minimum: 0.001, maximum: 10_000 },
      speech: { fallback: 100, minimum: 1, maximum: 100 },
      workers: { fallback: 1, minimum: 1, maximum: 64 },
      step: { fallback: 10, minimum: 1, maximum: 1000 }
    },
    switches: ['json', 'find-max'],
    texts: ['transport', 'pause', 'set']
  })
  const transport = texts['transport'] ?? 'auto'
  if (!TRANSPORTS.includes(transport)) throw new Error(`--transport is one of ${TRANSPORTS.join(', ')}, not "${transport}"`)
  const pause = texts['pause'] ?? 'noise'
  if (!isPause(pause)) throw new Error(`--pause is one of ${PAUSES.join(', ')}, not "${pause}"`)
  const screen = switches.has('json') ? process.stderr : process.stdout
  const measure = async (devices: number): Promise<BenchResult> => {
    const startedAt = new Date()
    const outcome = await runUplink({
      devices,
      seconds: numbers['seconds']!,
      warmUpSeconds: WARM_UP_SECONDS,
      voiceWorkers: numbers['workers']!,
      speechPercent: numbers['speech']!,
      pause,
      p99LimitMs: numbers['p99']!,
      transport,
      settings: readSettings(texts['set'])
    })
    const result = { ...uplinkResult(outcome, startedAt), command: ownCommand() }
    screen.write(renderText(result))
    return result
  }
  const first = numbers['devices']!
  if (!switches.has('find-max')) return publish([await measure(first)], screen)
  const points = await findMost(measure, first, numbers['step']!)
  const code = publish(points, screen)
  if (verdictOf(points.at(-1)!) === 'holds') return 0
  process.stderr.write(`${first} devices do not hold; begin with fewer\n`)
  return code
})
