// npm run bench:uplink -- --devices 250 [--seconds 20] [--p99 25] [--workers 1] [--json]
// npm run bench:uplink -- --devices 250 --find-max [--step 10]
// npm run bench:uplink -- --devices 480 --speech 40 [--pause noise|dtx]
// npm run bench:uplink -- --devices 250 --set hearing.batchWindows=16
//
// Devices that speak without pause, through the real server, with the energy gate off; or for a
// share of the time, with the gate on. The last line is JSON. Exits with 1 when a frame was
// dropped, a window was missed, or the 99th percentile of arrival → verdict is above --p99. With
// --find-max N grows by --step until it does not hold twice in a row; the last line is that of the
// largest N that held. docs/benchmarks.md
import { formatTable, short } from './support/figures.js'
import { machineFacts } from './support/machine-facts.js'
import { readFlags, readSettings, runMain } from './support/options.js'
import { MOST_SECONDS, runUplink, WARM_UP_SECONDS, type UplinkOptions, type UplinkResult } from './uplink/run-uplink.js'

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
  if (pause !== 'noise' && pause !== 'dtx') throw new Error(`--pause is noise or dtx, not "${pause}"`)
  const options: UplinkOptions = {
    devices: numbers['devices']!,
    seconds: numbers['seconds']!,
    warmUpSeconds: WARM_UP_SECONDS,
    voiceWorkers: numbers['workers']!,
    speechPercent: numbers['speech']!,
    pause,
    p99LimitMs: numbers['p99']!,
    transport,
    settings: readSettings(texts['set'])
  }
  const screen = switches.has('json') ? process.stderr : process.stdout
  const result = switches.has('find-max') ? await findMost(options, numbers['step']!, screen) : await runUplink(options)
  if (result === undefined) {
    process.stderr.write(`${options.devices} devices do not hold; begin with fewer\n`)
    return 1
  }
  screen.write(describe(result))
  process.stdout.write(`${JSON.stringify({ bench: 'uplink', ...machineFacts(), ...result })}\n`)
  return result.failures.length === 0 ? 0 : 1
})

/** The run with the most devices that holds; nothing when even the first does not. */
async function findMost (options: UplinkOptions, step: number, screen: NodeJS.WritableStream): Promise<UplinkResult | undefined> {
  let best: UplinkResult | undefined
  for (let { devices } = options; ; devices += step) {
    let result = await runUplink({ ...options, devices })
    // A disturbance from outside is not the end: only twice in a row counts.
    if (result.failures.length > 0) result = await runUplink({ ...options, devices })
    screen.write(`${devices} devices: ${result.failures.length === 0 ? `p99 ${result.latencyMs.p99} ms, voice ${result.voiceBusyPercent} %` : result.failures.join('; ')}\n`)
    if (result.failures.length > 0) return best
    best = result
  }
}

function describe (result: UplinkResult): string {
  const { latencyMs, generator } = result
  const figures = formatTable([
    ['devices', String(result.devices)],
    ['frames sent, dropped', `${result.framesSent}, ${Math.max(result.framesDropped, result.framesConcealed)}`],
    ['windows expected, inferred, skipped', `${result.windowsExpected}, ${result.windowsInferred}, ${result.windowsSkipped}`],
    ['windows in a batch', short(result.windowsPerBatch)],
    ['arrival → verdict p50, p99, p99.9, max', `${[latencyMs.p50, latencyMs.p99, latencyMs.p999, latencyMs.max].map(short).join(', ')} ms`],
    ['voice loop not asleep', `${short(result.voiceBusyPercent)} %`],
    ['generator late p50, p99, max', `${[generator.lateMs.p50, generator.lateMs.p99, generator.lateMs.max].map(short).join(', ')} ms`]
  ])
  const threads = formatTable([['thread', 'CPU'], ...result.threads.filter(({ cpuMs }) => cpuMs > 0).map(({ kind, tid, percent }) => [`${kind} (${tid})`, `${short(percent)} %`])])
  const verdict = result.failures.length === 0 ? 'holds' : result.failures.map(failure => `BROKEN: ${failure}`).join('\n')
  return `\n${figures}\n${threads}\n${[...result.complaints.map(text => `the server says: ${text}`), verdict].join('\n')}\n`
}
