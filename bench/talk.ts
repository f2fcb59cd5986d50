// npm run bench:talk -- [--devices 100] [--seconds 60] [--asr mock|local] [--scenario talk]
//   [--seed 1] [--generators 1] [--parts 3] [--set name=value,…] [--json]
//
// A fleet in conversation with a server on this machine. Prints what it saw; the last line is JSON.
// Exits with 1 when something failed, 3 when the load and not the server was the limit.
// docs/benchmarks.md
import { loadResult } from './fleet/load-result.js'
import { runLoad, warmUpFor } from './fleet/run-load.js'
import { loadScenario } from './fleet/scenario.js'
import { formatTable, short } from './support/figures.js'
import { readFlags, readSettings, runMain } from './support/options.js'

await runMain(async () => {
  const { numbers, texts } = readFlags({
    numbers: {
      devices: { fallback: 100, minimum: 1, maximum: 4096 },
      seconds: { fallback: 60, minimum: 5, maximum: 86_400 },
      seed: { fallback: 1, minimum: 0, maximum: 0xffff },
      generators: { fallback: 1, minimum: 1, maximum: 64 },
      parts: { fallback: 3, minimum: 1, maximum: 100 }
    },
    switches: ['json'],
    texts: ['asr', 'scenario', 'set']
  })
  const scenario = loadScenario(texts['scenario'] ?? 'talk')
  const startedAt = new Date()
  const outcome = await runLoad({
    scenario,
    devices: numbers['devices']!,
    seconds: numbers['seconds']!,
    warmUpSeconds: warmUpFor(scenario),
    parts: numbers['parts']!,
    asr: texts['asr'] === 'local' ? 'local' : 'mock',
    seed: numbers['seed']!,
    generators: numbers['generators']!,
    settings: readSettings(texts['set']),
    mockArguments: [],
    onProgress: text => { process.stderr.write(`${text}\n`) }
  })
  const result = loadResult(outcome, { bench: 'talk', title: scenario.title, startedAt, bounds: { errors: { most: 0 } } })
  process.stdout.write(formatTable(result.figures.map(({ name, value, unit, spread }) => {
    return [name, short(value), unit, spread === undefined ? '' : `${short(spread[0])} – ${short(spread[1])}`]
  })))
  process.stdout.write(formatTable(result.threads.filter(({ percent }) => percent >= 0.1).map(({ kind, percent }) => [kind, `${percent} %`])))
  for (const text of [...result.failures, ...result.invalid, ...result.complaints]) process.stdout.write(`${text}\n`)
  process.stdout.write(`${JSON.stringify(result)}\n`)
  return result.invalid.length > 0 ? 3 : result.failures.length > 0 ? 1 : 0
})
