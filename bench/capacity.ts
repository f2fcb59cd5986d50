// npm run capacity -- [--asr mock|local|both] [--seconds 60] [--start N] [--step 10] [--most 4000]
//   [--underruns 0.1] [--p99 MS] [--errors 0] [--set name=value,…] [--scenario talk] …
// npm run capacity -- --check 400
// npm run capacity -- --sizing reports/capacity-….json,reports/idle-….json
//
// The largest number of devices in conversation that meets a service level, on this machine, found
// by search and certified by two runs; or only two runs of --check devices; or docs/sizing.md from
// what was certified. Exits with 1 when nothing held, 2 when it could not run. docs/benchmarks.md
import { relative } from 'node:path'
import { renderCertificate } from './capacity/certificate-page.js'
import { renderCertificateText } from './capacity/certificate-text.js'
import { measureCapacity } from './capacity/run-capacity.js'
import { makeServiceLevel } from './capacity/service-level.js'
import { updateSizing } from './capacity/sizing-files.js'
import { makeTalkLoad } from './capacity/talk-load.js'
import type { Asr } from './capacity/types.js'
import { warmUpFor } from './fleet/run-load.js'
import { loadScenario } from './fleet/scenario.js'
import { ownCommand } from './report/command-line.js'
import { reportName, writeFiles } from './report/write-report.js'
import { readFlags, readSettings, runMain, type Flags } from './support/options.js'

/** Where a search begins, and how close it comes, where that is not given. */
const DEFAULTS: Readonly<Record<Asr, { readonly start: number, readonly step: number, readonly p99Ms: number }>> = {
  mock: { start: 100, step: 10, p99Ms: 50 },
  // Whoever speaks while another is being recognised waits for that: it is the server's own time.
  local: { start: 10, step: 2, p99Ms: 1000 }
}
/** What a server may be set to seat. */
const MOST_DEVICES = 4096

await runMain(async () => {
  const flags = readFlags({
    numbers: {
      seconds: { fallback: 60, minimum: 1, maximum: 86_400 },
      start: { fallback: 0, minimum: 0, maximum: MOST_DEVICES },
      growth: { fallback: 2, minimum: 1.05, maximum: 100 },
      step: { fallback: 0, minimum: 0, maximum: MOST_DEVICES },
      'step-percent': { fallback: 2.5, minimum: 0, maximum: 50 },
      most: { fallback: MOST_DEVICES, minimum: 1, maximum: MOST_DEVICES },
      check: { fallback: 0, minimum: 0, maximum: MOST_DEVICES },
      underruns: { fallback: 0.1, minimum: 0, maximum: 100 },
      p99: { fallback: 0, minimum: 0, maximum: 60_000 },
      errors: { fallback: 0, minimum: 0, maximum: 1e9 },
      seed: { fallback: 1, minimum: 0, maximum: 0xff00 },
      generators: { fallback: 1, minimum: 1, maximum: 64 },
      parts: { fallback: 3, minimum: 1, maximum: 1000 }
    },
    texts: ['asr', 'scenario', 'set', 'mock', 'sizing']
  })
  if (flags.texts['sizing'] !== undefined) {
    process.stdout.write(`${updateSizing(flags.texts['sizing'].split(',').filter(file => file !== ''))}\n`)
    return 0
  }
  let holds = true
  for (const asr of readAsr(flags.texts['asr'])) holds = await certifyOne(asr, flags) && holds
  return holds ? 0 : 1
})

function readAsr (text = 'mock'): Asr[] {
  if (text === 'both') return ['mock', 'local']
  if (text === 'mock' || text === 'local') return [text]
  throw new Error(`--asr is mock, local or both, not "${text}"`)
}

async function certifyOne (asr: Asr, { numbers, texts }: Flags): Promise<boolean> {
  const number = (name: string): number => numbers[name]!
  const scenario = loadScenario(texts['scenario'] ?? 'talk')
  const serviceLevel = makeServiceLevel({ underrunPercent: number('underruns'), addedP99Ms: number('p99') || DEFAULTS[asr].p99Ms, errors: number('errors') })
  const mockArguments = (texts['mock'] ?? '').split(' ').filter(part => part !== '')
  const load = makeTalkLoad({ scenario, parts: number('parts'), generators: number('generators'), settings: readSettings(texts['set']), mockArguments }, serviceLevel)
  const certificate = await measureCapacity({
    load,
    asr,
    seconds: number('seconds'),
    warmUpSeconds: warmUpFor(scenario),
    seed: number('seed'),
    serviceLevel,
    search: {
      start: number('start') || DEFAULTS[asr].start,
      growth: number('growth'),
      least: 1,
      most: number('most'),
      stepDevices: number('step') || DEFAULTS[asr].step,
      stepPercent: number('step-percent')
    },
    ...number('check') > 0 ? { check: number('check') } : {},
    command: ownCommand(),
    onProgress: line => { process.stderr.write(`${new Date().toISOString().slice(11, 19)}  ${line}\n`) }
  })
  const files = writeFiles(certificate, renderCertificate(certificate), { name: reportName(`capacity-${asr}`, certificate.startedAt) })
  const { runs: _runs, search: _search, ...summary } = certificate
  process.stdout.write(`${renderCertificateText(certificate)}${relative('', files.html)}\n${JSON.stringify(summary)}\n`)
  return certificate.isHeld
}
