import { readFileSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { sha256Of } from '../../../native-bindings/model-files.js'
import { ChorusError } from '../../core/errors.js'
import type { Model } from './manifest.js'
import type { FileFacts } from './unpack.js'

//  <data>/models/
//    sense-voice/                 the model: appears whole, by a rename
//      chorus-model.json          what was installed: see InstallRecord
//    <file>.part, <file>.part.json  a download that is under way or broke
//    .sense-voice.lock            who installs it just now
//    .sense-voice-a1b2c3/         what is being unpacked; never used
//    trusted.json                 sums of files that nobody has published a sum of
//    trials.json                  which models were tried here: see trials.ts

export const RECORD = 'chorus-model.json'

/** What was installed, and who vouches for it. */
export interface InstallRecord {
  readonly name: string
  readonly from: string
  /** Of the archive; none where the files came one by one. */
  readonly sha256?: string
  /** Published with Chorus or its manifest, given by the operator, or the first that came. */
  readonly trust: 'published' | 'given' | 'first'
  readonly files: Readonly<Record<string, FileFacts>>
}

export type ModelState =
  | { readonly kind: 'installed' | 'not installed' }
  | { readonly kind: 'partial', readonly bytes: number }
  | { readonly kind: 'does not match', readonly fault: string }

/** One file and what is wrong with it. */
export interface FileCheck { readonly path: string, readonly fault: string | undefined }

/** A model whose files were all read and found right. */
export interface InstalledModel {
  readonly model: Model
  readonly folder: string
  /** Absolute paths, by the names that the manifest gives the parts. */
  readonly files: Readonly<Record<string, string>>
  /** Of all files together: the same only if each of them is the same. */
  readonly sha256s: readonly string[]
}

export function modelsFolder (data: string): string { return join(data, 'models') }

export function modelFolder (data: string, { name }: Pick<Model, 'name'>): string { return join(modelsFolder(data), name) }

/** Where a download of the model is kept while it is not complete. */
export function partOf (data: string, file: string): string { return join(modelsFolder(data), `${file}.part`) }

/** What helps where a file of the model is missing or damaged. */
export function remedyFor ({ name }: Pick<Model, 'name'>): string { return `npm run models -- download ${name}` }

/** A look at names and sizes; nothing is read. */
export async function stateOf (data: string, model: Model): Promise<ModelState> {
  const folder = modelFolder(data, model)
  if (await factsOf(folder) === undefined) {
    const part = await factsOf(partOf(data, model.download.file))
    return part === undefined ? { kind: 'not installed' } : { kind: 'partial', bytes: part.size }
  }
  for (const { path, bytes } of expectedFiles(folder, model)) {
    const facts = await factsOf(join(folder, path))
    if (facts === undefined) return { kind: 'does not match', fault: `${path} is missing` }
    if (bytes !== undefined && facts.size !== bytes) return { kind: 'does not match', fault: `${path} has ${facts.size} bytes, not ${bytes}` }
  }
  return { kind: 'installed' }
}

/** Reads every file as a whole. */
export async function checkFiles (data: string, model: Model): Promise<FileCheck[]> {
  const folder = modelFolder(data, model)
  return await Promise.all(expectedFiles(folder, model).map(async expected => {
    const fault = await readFile(folder, model, expected).then(() => undefined, (error: unknown) => {
      if (error instanceof ChorusError) return error.message
      throw error
    })
    return { path: join(folder, expected.path), fault }
  }))
}

/**
 * Finds an installed model, reads its files as a whole, and says where they are. This is what
 * others ask before they load one.
 * @throws CHORUS_MODEL_MISSING, CHORUS_MODEL_CORRUPT
 */
export async function openInstalled (data: string, model: Model): Promise<InstalledModel> {
  const folder = modelFolder(data, model)
  const sha256s: string[] = []
  for (const expected of expectedFiles(folder, model)) sha256s.push(await readFile(folder, model, expected))
  const files = Object.fromEntries(Object.entries(model.files).map(([part, { path }]) => [part, join(folder, path)]))
  return { model, folder, files, sha256s }
}

/** @throws CHORUS_CONFIG_INVALID when the manifest does not name the part */
export function fileOf ({ model, files }: InstalledModel, part: string): string {
  const path = files[part]
  if (path !== undefined) return path
  throw new ChorusError('CHORUS_CONFIG_INVALID', [`the manifest of models (${model.name}, files)`, Object.keys(files).join(', '), `a file for "${part}", which a model of the kind ${model.kind} needs`])
}

interface ExpectedFile { readonly path: string, readonly bytes: number | undefined, readonly sha256: string | undefined }

// The manifest is above the record, which lies beside the files and may be damaged like them.
function expectedFiles (folder: string, model: Model): ExpectedFile[] {
  const recorded = readRecord(folder)?.files ?? {}
  const named = Object.values(model.files).map(({ path, bytes, sha256 }) => {
    const record = recorded[path]
    return { path, bytes: bytes ?? record?.bytes, sha256: sha256 ?? record?.sha256 }
  })
  const others = Object.entries(recorded).filter(([path]) => named.every(file => file.path !== path))
  return [...named, ...others.map(([path, facts]) => ({ path, ...facts }))]
}

/**
 * @returns its sha256
 * @throws CHORUS_MODEL_MISSING, CHORUS_MODEL_CORRUPT
 */
async function readFile (folder: string, model: Model, { path, bytes, sha256 }: ExpectedFile): Promise<string> {
  const full = join(folder, path)
  const facts = await factsOf(full)
  if (facts === undefined) throw new ChorusError('CHORUS_MODEL_MISSING', [`${path} of the model ${model.name}`, full, remedyFor(model)])
  const name = `${path} of the model ${model.name} (${full})`
  if (sha256 === undefined) throw new ChorusError('CHORUS_MODEL_CORRUPT', [name, 'that nobody recorded', 'the one from its installation', remedyFor(model)])
  // A file of another size need not be read to be told from the right one, but the sum is wanted.
  const found = await sha256Of(full)
  if (found !== sha256 || (bytes !== undefined && facts.size !== bytes)) throw new ChorusError('CHORUS_MODEL_CORRUPT', [name, found, sha256, remedyFor(model)])
  return found
}

function readRecord (folder: string): InstallRecord | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, RECORD), 'utf8')) as InstallRecord
  } catch {
    return undefined // put there by hand, or damaged: then only the manifest vouches for the files
  }
}

async function factsOf (path: string): Promise<{ readonly size: number } | undefined> {
  return await stat(path).catch(() => undefined)
}
