// npm run bench:agree -- A.json B.json [--folder reports]
// npm run bench:agree -- CERTIFICATE.json
//
// Do two runs of the same scenario say the same, within the spread that they state? Takes two files
// that benchmarks wrote, or one with two runs. Writes a report of both. Exits with 1 when a figure
// differs, 2 when they cannot be compared. docs/benchmarks.md
import { relative } from 'node:path'
import { parseArgs } from 'node:util'
import { compareRuns, renderAgreement } from './report/agreement.js'
import { readResults } from './report/read-results.js'
import { reportName, writeReport } from './report/write-report.js'
import { runMain } from './support/options.js'

await runMain(async () => {
  const { values: { folder }, positionals: files } = parseArgs({ options: { folder: { type: 'string' } }, allowPositionals: true })
  if (files.length === 0) throw new Error('usage: npm run bench:agree -- A.json B.json [--folder reports]')
  const results = files.flatMap(readResults)
  const [first, second] = results
  if (first === undefined || second === undefined || results.length > 2) throw new Error(`two runs can be compared, and there are ${results.length}`)
  const figures = compareRuns(first, second)
  const differing = figures.filter(({ kind }) => kind === 'differ')
  const name = reportName('agree', new Date().toISOString())
  const report = writeReport([first, second], { name, ...folder === undefined ? {} : { folder } })
  process.stdout.write(`\n${renderAgreement(figures)}\n`)
  process.stdout.write(differing.length === 0 ? 'the runs agree\n' : `the runs differ in ${differing.map(({ name }) => name).join(', ')}\n`)
  process.stdout.write(`${relative('', report.html)}\n`)
  return differing.length === 0 ? 0 : 1
})
