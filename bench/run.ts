// npm run bench [-- --only encode,ring] [--rounds 5] [--time 500] [--json]
//
// Each variant of a case runs in a fresh process; the variants take turns (A B A B …), so that
// both sides of a ratio meet the same machine. Prints a line of JSON for each process and a table
// at the end. Exits with 1 when a bound of micro/cases.ts does not hold. docs/benchmarks.md
import { fileURLToPath } from 'node:url'
import { bounds, cases } from './micro/cases.js'
import { formatSummary, summarise } from './micro/summary.js'
import type { MicroLine } from './micro/types.js'
import { runForJson } from './support/child-json.js'
import { readFlags, runMain } from './support/options.js'

const runner = fileURLToPath(new URL('./micro/run-variant.js', import.meta.url))

await runMain(async () => {
  const { numbers, switches, texts } = readFlags({
    numbers: { rounds: { fallback: 5, minimum: 1, maximum: 1000 }, time: { fallback: 500, minimum: 1, maximum: 60_000 } },
    switches: ['json'],
    texts: ['only']
  })
  const names = chooseCases(texts['only'])
  const alternatives = new Map<string, string>()
  const lines: MicroLine[] = []
  for (const bench of names) {
    const { alternative, variants } = await cases[bench]!()
    if (alternative !== undefined) alternatives.set(bench, alternative)
    for (let round = 0; round < numbers['rounds']!; round++) {
      for (const variant of Object.keys(variants)) lines.push(await runVariant(bench, variant, round, numbers['time']!))
    }
  }
  const summaries = summarise(lines, alternatives, bounds)
  const table = formatSummary(summaries, alternatives)
  const screen = switches.has('json') ? process.stderr : process.stdout
  screen.write(`\n${table}`)
  return summaries.every(({ holds }) => holds) ? 0 : 1
})

function chooseCases (only: string | undefined): string[] {
  if (only === undefined) return Object.keys(cases)
  const names = only.split(',')
  const unknown = names.filter(name => !Object.hasOwn(cases, name))
  if (unknown.length > 0) throw new Error(`there is no case ${unknown.join(', ')}; there are ${Object.keys(cases).join(', ')}`)
  return names
}

async function runVariant (bench: string, variant: string, round: number, timeMs: number): Promise<MicroLine> {
  const args = [bench, variant, String(round), String(timeMs)]
  const line = await runForJson({ name: `${bench}, ${variant}`, script: runner, args }) as MicroLine
  process.stdout.write(`${JSON.stringify(line)}\n`)
  return line
}
