// npm run bench:speculation [-- --devices 1,10,30] [--seconds 60] [--json]
//
// What recognising at a pause gains in time to the first audio, and what it wastes: the same fleet,
// with the local recogniser and a mock language model and voice, with and without it in turn.
import { fileURLToPath } from 'node:url'
import type { SimulateResult } from '../src/bin/simulate/result.js'
import { runForJson } from './support/child-json.js'
import { formatTable } from './support/figures.js'
import { machineFacts } from './support/machine-facts.js'
import { readFlags, runMain } from './support/options.js'

const simulate = fileURLToPath(new URL('../src/bin/simulate.js', import.meta.url))
const GUESS_FIGURES = ['started', 'adopted', 'wasted', 'wastedMs', 'declined'] as const
/** Of `hearing.pauseMs`: off, and the default. */
const VARIANTS = [['off', 0], ['on', 200]] as const

await runMain(async () => {
  const { numbers, switches, texts } = readFlags({
    numbers: { seconds: { fallback: 60, minimum: 20, maximum: 3600 } }, switches: ['json'], texts: ['devices']
  })
  const counts = (texts['devices'] ?? '1,10,30').split(',').map(Number)
  if (counts.some(count => !Number.isInteger(count) || count < 1)) throw new Error('--devices must be counts, as in 1,10,30')
  const rows = [[...'devices|speculation|turns|transcript p50|first audio p50, p99|wrong'.split('|'), ...GUESS_FIGURES]]
  let exitCode = 0
  for (const devices of counts) {
    for (const [name, pauseMs] of VARIANTS) {
      const result = await run(devices, numbers['seconds']!, pauseMs)
      const guesses = guessesOf(result)
      const figures = {
        bench: 'speculation', case: `${devices} devices, ${name}`, ...machineFacts(), samples: result.turns.total,
        transcriptMs: result.transcriptMs, firstAudioMs: result.firstAudioMs, transcripts: result.transcripts, guesses,
        failures: result.failures
      }
      if (!result.passed) exitCode = 1
      process.stdout.write(`${JSON.stringify(figures)}\n`)
      const { p50, p99 } = result.firstAudioMs
      rows.push([String(devices), name, String(result.turns.total), `${result.transcriptMs.p50} ms`, `${p50}, ${p99} ms`,
        String(result.transcripts.wrong), ...GUESS_FIGURES.map(key => String(guesses[key] ?? 0))])
    }
  }
  const out = switches.has('json') ? process.stderr : process.stdout
  out.write(`\n${formatTable(rows)}\n`)
  return exitCode
})

/** One fleet with its own server. */
async function run (devices: number, seconds: number, pauseMs: number): Promise<SimulateResult> {
  const args = ['--devices', String(devices), '--seconds', String(seconds), '--mock-ai', '--asr', 'local', '--json', '--max-underruns', '1']
  return await runForJson({
    name: `the simulation of ${devices} devices`,
    script: simulate,
    args: [...args, '--hearing.pauseMs', String(pauseMs)],
    codes: [0, 1] // a run that failed has figures, too
  }) as SimulateResult
}

function guessesOf ({ server }: SimulateResult): Record<string, number> {
  const deltas = Object.entries(server.health?.deltas ?? {})
  const prefix = 'speculation.'
  return Object.fromEntries(deltas.filter(([path]) => path.startsWith(prefix)).map(([path, value]) => [path.slice(prefix.length), value]))
}
