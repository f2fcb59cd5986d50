import { setMaxListeners } from 'node:events'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'

import { allCases } from '../../../tools/conformance/cases/index.js'
import { countResults, formatMarkdown, formatTable } from '../../../tools/conformance/report.js'
import { runCases, type Progress } from '../../../tools/conformance/runner.js'
import { selectCases } from '../../../tools/conformance/selection.js'
import type { ConformanceCase } from '../../../tools/conformance/conformance-case.js'
import type { CaseResult } from '../../../tools/conformance/types.js'
import { projectDir } from '../../core/config.js'
import { Screen, type Output } from '../shared/screen.js'
import { UsageError } from '../shared/usage-error.js'
import { parseArguments, usage, type ConformanceOptions } from './arguments.js'
import { reportMutants } from './report-mutants.js'
import { findSubject } from './server-under-test.js'

export interface ConformanceEnvironment {
  readonly out: Output
  readonly error: Output
  readonly signal: AbortSignal
}

const EXIT_PASSED = 0
const EXIT_FAILED = 1
const EXIT_USAGE = 2

/** Resolves with the exit code: 0 if no case failed. */
export async function runConformance (args: readonly string[], environment: ConformanceEnvironment): Promise<number> {
  const { out, error, signal } = environment
  try {
    const options = parseArguments(args)
    if (options.help) { out.write(usage); return EXIT_PASSED }
    const { chosen, unknown } = selectCases(allCases, options.only)
    if (unknown.length > 0) throw new UsageError(`there is no case ${unknown.join(', ')}`)
    if (options.isList) { out.write(chosen.map(({ id, title }) => `${id}  ${title}\n`).join('')); return EXIT_PASSED }
    return await perform(options, chosen, environment)
  } catch (problem) {
    if (problem instanceof UsageError) {
      error.write(`${problem.message}\n\n${usage}`)
      return EXIT_USAGE
    }
    const reason = problem instanceof Error ? problem.message : String(problem)
    error.write(signal.aborted ? 'stopped\n' : `the run failed: ${reason}\n`)
    return EXIT_FAILED
  }
}

type Cases = readonly ConformanceCase[]

async function perform (options: ConformanceOptions, cases: Cases, environment: ConformanceEnvironment): Promise<number> {
  const { out, error, signal } = environment
  const screen = new Screen(options.isJson ? error : out)
  setMaxListeners(0, signal) // every case under way has one
  const subject = await findSubject(options, {
    onProgress: text => { screen.status(text) },
    onExit: reason => { screen.line(screen.paint('red', reason)) }
  }, signal)
  try {
    if (options.isMutants) return await reportMutants(subject.target, options, screen, signal) ? EXIT_PASSED : EXIT_FAILED
    const results = await runCases(cases, subject.target, {
      lanes: options.lanes,
      dialects: options.dialects,
      signal,
      onProgress: progress => { screen.status(formatProgress(progress, screen.columns)) }
    })
    if (options.isJson) out.write(`${JSON.stringify({ ...countResults(results), results })}\n`)
    else printResults(screen, results)
    if (options.isWritten) await writeFile(path.join(projectDir, 'docs', 'conformance.md'), formatMarkdown(results))
    return countResults(results).failed === 0 && !signal.aborted ? EXIT_PASSED : EXIT_FAILED
  } finally {
    await subject.stop()
  }
}

function formatProgress ({ running, results, total }: Progress, columns: number): string {
  const { failed } = countResults(results)
  return `${results.length}/${total}  ${failed} failed  ${running.join(' ')}`.slice(0, columns - 1)
}

function printResults (screen: Screen, results: readonly CaseResult[]): void {
  const inks = { passed: 'green', failed: 'red', 'not-applicable': 'dim' } as const
  for (const line of formatTable(results, (kind, text) => screen.paint(inks[kind], text))) screen.line(line)
  const { passed, failed, notApplicable } = countResults(results)
  screen.line()
  screen.line(`${screen.paint('green', `${passed} passed`)}, ${screen.paint(failed > 0 ? 'red' : 'plain', `${failed} failed`)}, ${notApplicable} not applicable`)
}
