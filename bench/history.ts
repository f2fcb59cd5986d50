// npm run bench:history [-- --bench talk]
// npm run bench:history -- --add reports/talk-….json reports/capacity-….json
//
// What the benchmarks showed, commit by commit: bench/history.jsonl, a run a line. With `--add` the
// runs of files that benchmarks wrote are put behind the others. docs/benchmarks.md
import { parseArgs } from 'node:util'
import { entryOf } from './history/history-entry.js'
import { addToHistory, readHistory } from './history/history-file.js'
import { renderHistory } from './history/history-text.js'
import { readResults } from './report/read-results.js'
import { runMain } from './support/options.js'

await runMain(async () => {
  const { values: { add, bench }, positionals } = parseArgs({
    options: { add: { type: 'boolean' }, bench: { type: 'string' } }, allowPositionals: true
  })
  if (add === true) {
    if (positionals.length === 0) throw new Error('usage: npm run bench:history -- --add REPORT.json …')
    const entries = positionals.flatMap(readResults).map(entryOf)
    process.stdout.write(`${addToHistory(entries).length} of ${entries.length} runs were new\n`)
    return 0
  }
  if (positionals.length > 0) throw new Error(`"${positionals[0]}" is read with --add`)
  const entries = readHistory().filter(entry => bench === undefined || entry.bench === bench)
  process.stdout.write(`${entries.length === 0 ? 'no run is known' : renderHistory(entries)}\n`)
  return 0
})
