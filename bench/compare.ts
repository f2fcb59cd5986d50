// npm run bench:compare -- --base REV [--head REV] [--only path,micro,uplink,ring] [--json]
//                          [--max-minutes 10] [--rounds 60]
//
// Builds two revisions in folders of their own and lets them do the same work in turn, in fresh
// processes, by the benchmarks of this working tree. Prints for each case how much more CPU time
// head takes than base, with an interval. The last line is JSON. Exits with 1 when a case is
// slower by more than compare/limits.ts allows, 2 when it could not run. docs/benchmarks.md
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { projectDir } from '../src/core/config.js'
import { prepareCheckout, resolveRevision, WORKING_TREE, type Revision } from './compare/checkout.js'
import { conclusion, figuresOf, findSlower, formatComparison } from './compare/describe.js'
import { groups } from './compare/groups.js'
import { loadCases } from './compare/load-cases.js'
import { runComparison, type Builds } from './compare/run-comparison.js'
import { cases } from './micro/cases.js'
import type { BenchResult } from './report/result.js'
import { describeMachine } from './report/machine-description.js'
import { writeReport } from './report/write-report.js'
import { readFlags, runMain } from './support/options.js'

await runMain(async () => {
  const { numbers, switches, texts } = readFlags({
    numbers: { rounds: { fallback: 60, minimum: 10, maximum: 1000 }, 'max-minutes': { fallback: 10, minimum: 0.1, maximum: 600 } },
    switches: ['json'],
    texts: ['base', 'head', 'only']
  })
  if (texts['base'] === undefined) throw new Error('--base REV says what to compare with, for example --base main')
  const names = chooseCases(texts['only'] ?? 'path')
  const base = await resolveRevision(projectDir, texts['base'])
  const head = await resolveRevision(projectDir, texts['head'] ?? WORKING_TREE)
  const startedAt = new Date()
  const builds = await build(base, head)
  const compared = await runComparison(builds, {
    names, mostRounds: numbers['rounds']!, mostMinutes: numbers['max-minutes']!, onRound: showProgress
  })
  const failures = findSlower(compared)
  const notMeasured = compared.filter(({ outcome }) => outcome === undefined)
  const screen = switches.has('json') ? process.stderr : process.stdout
  screen.write(`\nhead ${head.commit.slice(0, 7)} against base ${base.commit.slice(0, 7)}: CPU time per operation\n\n${formatComparison(compared)}\n`)
  screen.write(`${conclusion(compared)}\n${failures.map(failure => `BROKEN: ${failure}\n`).join('')}`)
  const result: BenchResult = {
    bench: 'compare',
    title: `How fast is ${head.name} beside ${base.name}?`,
    startedAt: startedAt.toISOString(),
    elapsedSeconds: Math.round((Date.now() - startedAt.getTime()) / 1000),
    machine: describeMachine(head.commit.slice(0, 7)),
    options: { base: base.commit, head: head.commit, only: names.join(','), ...numbers },
    settings: {},
    transport: '',
    figures: figuresOf(compared),
    histograms: [],
    series: [],
    stages: [],
    threads: [],
    complaints: notMeasured.map(({ name, why }) => `${name} is not comparable: ${why}`),
    failures,
    invalid: []
  }
  screen.write(`${relative('', writeReport(result).html)}\n`)
  process.stdout.write(`${JSON.stringify(result)}\n`)
  if (notMeasured.length === compared.length) throw new Error('no case could be compared')
  return failures.length === 0 ? 0 : 1
})

function chooseCases (only: string): string[] {
  const names = [...new Set(only.split(',').flatMap(name => groups[name] ?? [name]))]
  const known = [...Object.keys(cases), ...Object.keys(loadCases)]
  const unknown = names.filter(name => !known.includes(name))
  if (unknown.length > 0) throw new Error(`there is no case ${unknown.join(', ')}; there are ${[...Object.keys(groups), ...known].join(', ')}`)
  return names
}

/** Both in a folder that is gone when this process ends. */
async function build (base: Revision, head: Revision): Promise<Builds> {
  const folder = mkdtempSync(join(tmpdir(), 'chorus-compare-'))
  process.once('exit', () => { rmSync(folder, { recursive: true, force: true }) })
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => { process.exit(130) })
  const builds = { base: join(folder, 'base'), head: join(folder, 'head') }
  const prepare = async (revision: Revision, side: string): Promise<void> => {
    process.stderr.write(`building ${revision.name} (${revision.commit.slice(0, 7)}) …\n`)
    await prepareCheckout(projectDir, revision, side)
  }
  await prepare(base, builds.base)
  if (head.commit === base.commit) cpSync(builds.base, builds.head, { recursive: true, verbatimSymlinks: true })
  else await prepare(head, builds.head)
  return builds
}

function showProgress (name: string, rounds: number, open: number): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${open} cases to settle; ${name}: ${rounds} rounds`)
}
