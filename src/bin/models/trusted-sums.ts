import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ChorusError, describeError } from '../../core/errors.js'
import type { Model } from './manifest.js'
import { modelsFolder, type InstallRecord } from './model-store.js'

/** What the operator says about a file that has no published sum. */
export interface TrustOptions { readonly sha256?: string | undefined, readonly trustFirst?: boolean }

export interface Expectation {
  /** None: the first copy is taken as it comes. */
  readonly sha256: string | undefined
  readonly trust: InstallRecord['trust']
}

/**
 * The sum that a download must have: the published one, else that of the first copy, else the one
 * that the operator gives.
 * @throws CHORUS_MODEL_UNPINNED; CHORUS_CONFIG_INVALID when the operator contradicts
 */
export function expectationOf (data: string, { name, download }: Model, { sha256: given, trustFirst }: TrustOptions): Expectation {
  const { file, sha256: published } = download
  const known = published ?? readTrusted(data)[file]
  if (given !== undefined && !/^[0-9a-f]{64}$/.test(given)) throw new ChorusError('CHORUS_CONFIG_INVALID', ['--sha256', `"${given}"`, '64 hexadecimal digits, in small letters'])
  if (known !== undefined) {
    if (given === undefined || given === known) return { sha256: known, trust: published === undefined ? 'first' : 'published' }
    throw new ChorusError('CHORUS_CONFIG_INVALID', ['--sha256', `"${given}"`, `${known}, as ${published === undefined ? pathOf(data) : 'the manifest'} has it`])
  }
  if (given !== undefined) return { sha256: given, trust: 'given' }
  if (trustFirst === true) return { sha256: undefined, trust: 'first' }
  throw new ChorusError('CHORUS_MODEL_UNPINNED', [name])
}

/** Later copies of the file must equal this one. */
export function rememberTrusted (data: string, file: string, sha256: string): void {
  const path = pathOf(data)
  const draft = `${path}.${process.pid}`
  writeFileSync(draft, `${JSON.stringify({ ...readTrusted(data), [file]: sha256 }, undefined, 2)}\n`)
  renameSync(draft, path)
}

// A file that cannot be read is no reason to trust whatever comes next.
function readTrusted (data: string): Readonly<Record<string, string>> {
  const path = pathOf(data)
  if (!existsSync(path)) return {}
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Record<string, string>
  } catch (error) {
    throw new ChorusError('CHORUS_CONFIG_UNREADABLE', [path, describeError(error)], { cause: error })
  }
}

function pathOf (data: string): string { return join(modelsFolder(data), 'trusted.json') }
