import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectDir } from '../../src/core/config.js'
import { parseFile, readResults } from '../report/read-results.js'
import type { Certificate } from './certificate.js'
import { withCertificate, withIdle } from './sizing-constants.js'
import { renderSizing } from './sizing-page.js'
import { constantNames, type Constants } from './sizing.js'

export const constantsFile = join(projectDir, 'bench/capacity/sizing-constants.json')
export const sizingPage = join(projectDir, 'docs/sizing.md')

/** @throws Error that names the constant that is missing */
export function readConstants (file = constantsFile): Constants {
  const constants = parseFile(file) as Constants
  for (const name of constantNames) {
    if (!Number.isFinite(constants[name]?.value)) throw new Error(`${file} has no "${name}"`)
  }
  return constants
}

/**
 * Takes constants from certificates and results of bench:idle, and writes the page again; without a
 * file the page alone. Nothing is written when one of the files is wrong.
 * @returns a line for people
 */
export function updateSizing (files: readonly string[], { constants: from = constantsFile, page = sizingPage } = {}): string {
  const constants = files.reduce(withFile, readConstants(from))
  writeFileSync(from, `${JSON.stringify(constants, undefined, 2)}\n`)
  writeFileSync(page, renderSizing(constants))
  return `${page} is made of ${from}${files.length === 0 ? '' : ` and ${files.join(', ')}`}`
}

function withFile (constants: Constants, file: string): Constants {
  const raw = parseFile(file) as { readonly kind?: unknown } | null
  const results = readResults(file)
  if (raw?.kind === 'capacity certificate') return withCertificate(constants, { ...raw as Certificate, runs: results })
  if (results.length === 1 && results[0]!.bench === 'idle') return withIdle(constants, results[0]!)
  throw new Error(`${file} is neither a capacity certificate nor a result of bench:idle`)
}
