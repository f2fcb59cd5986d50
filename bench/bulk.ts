// npm run bench:bulk -- [--devices 100] [--downloads 200] [--uploads 50] [--kbytes-per-second 200]
//   [--rounds 3] [--phase-s 30] [--seed 1] [--json]
//
// What bulk transfers do to those who talk: devices converse (mock AI) while, in every second
// phase, others download firmware and upload pictures. Prints how late the frames of answers
// reached the devices, with and without; the last line is JSON. Exits with 1 when the 99th
// percentile moved by more than 5 ms, a turn failed or a transfer did. With
// --kbytes-per-second 0 downloads are as fast as they go. docs/benchmarks.md
import { formatTable, short } from './support/figures.js'
import { machineFacts } from './support/machine-facts.js'
import { readFlags, runMain } from './support/options.js'
import { runBulk, type BulkResult, type PhaseFigures } from './bulk/run-bulk.js'

await runMain(async () => {
  const { numbers, switches } = readFlags({
    numbers: {
      devices: { fallback: 100, minimum: 1, maximum: 4096 },
      downloads: { fallback: 200, minimum: 0, maximum: 10_000 },
      uploads: { fallback: 50, minimum: 0, maximum: 10_000 },
      'kbytes-per-second': { fallback: 200, minimum: 0, maximum: 1e6 },
      rounds: { fallback: 3, minimum: 1, maximum: 1000 },
      'phase-s': { fallback: 30, minimum: 5, maximum: 3600 },
      seed: { fallback: 1, minimum: 0, maximum: 0xffff }
    },
    switches: ['json']
  })
  const result = await runBulk({
    devices: numbers['devices']!,
    downloads: numbers['downloads']!,
    uploads: numbers['uploads']!,
    bytesPerSecond: numbers['kbytes-per-second']! * 1000,
    rounds: numbers['rounds']!,
    phaseMs: numbers['phase-s']! * 1000,
    seed: numbers['seed']!
  })
  const screen = switches.has('json') ? process.stderr : process.stdout
  screen.write(describe(result))
  process.stdout.write(`${JSON.stringify({ bench: 'bulk', ...machineFacts(), ...result })}\n`)
  return result.failures.length === 0 ? 0 : 1
})

function describe (result: BulkResult): string {
  const { quiet, busy, bulk, turns } = result
  const row = (name: string, read: (phase: PhaseFigures) => string): string[] => [name, read(quiet), read(busy)]
  const table = formatTable([
    ['', 'without', 'beside transfers'],
    row('frames received', phase => String(phase.frames)),
    row('lateness p50, ms', phase => short(phase.p50Ms)),
    row('lateness p99, ms', phase => short(phase.p99Ms)),
    row('  of the rounds', phase => phase.rounds.map(short).join(' ')),
    row('lateness p99.9, ms', phase => short(phase.p999Ms)),
    row('most, ms', phase => short(phase.maxMs))
  ])
  const facts = [
    `turns answered ${turns.answered}, failed ${turns.failed}; frames after the device ran empty ${turns.underruns}`,
    `downloads ended ${bulk.downloads}, ${short(bulk.downloadMbytesPerSecond)} MB/s; pictures explained ${bulk.uploads}`
  ]
  const verdict = result.failures.length === 0 ? ['holds'] : result.failures.map(failure => `BROKEN: ${failure}`)
  return `\n${table}\n${[...facts, ...result.complaints.map(text => `the server says: ${text}`), ...verdict].join('\n')}\n`
}
