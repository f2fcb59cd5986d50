import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectDir } from '../../src/core/config.js'
import { compareRuns, scenarioDifferences } from './agreement.js'
import type { Markup } from './html.js'
import { renderReport } from './page.js'
import type { BenchResult } from './result.js'

export interface ReportOptions {
  /** Beside the sources, `reports`, where it is not given. */
  readonly folder?: string
  /** Without its ending; of the benchmark and the time where it is not given. */
  readonly name?: string
}

/** Where a report is. */
export interface ReportFiles { readonly json: string, readonly html: string }

/** Writes one run, or several as one page that compares them. */
export function writeReport (results: BenchResult | readonly BenchResult[], options: ReportOptions = {}): ReportFiles {
  const all = isOne(results) ? [results] : results
  const [first, second] = all
  if (first === undefined) throw new RangeError('a report needs a result')
  const isPair = second !== undefined && all.length === 2 && scenarioDifferences(first, second).length === 0
  const page = renderReport(all, isPair ? compareRuns(first, second) : undefined)
  return writeFiles(isOne(results) ? results : all, page, { name: reportName(first.bench, first.startedAt), ...options })
}

/** Writes what a machine reads beside what people read. */
export function writeFiles (data: unknown, page: Markup, { folder = join(projectDir, 'reports'), name }: ReportOptions & { readonly name: string }): ReportFiles {
  mkdirSync(folder, { recursive: true })
  const files = { json: join(folder, `${name}.json`), html: join(folder, `${name}.html`) }
  writeFileSync(files.json, `${JSON.stringify(data)}\n`)
  writeFileSync(files.html, page.text)
  return files
}

/** `talk-20260102T030405Z`: names sort by time. */
export function reportName (bench: string, startedAt: string): string {
  return `${bench}-${startedAt.replace(/\.\d+/, '').replaceAll(/[-:]/g, '')}`
}

function isOne (results: BenchResult | readonly BenchResult[]): results is BenchResult { return !Array.isArray(results) }
