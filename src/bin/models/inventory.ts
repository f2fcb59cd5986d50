import { existsSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { moonshineFiles, sileroFile, verifyModel, type ModelFile } from '../../../native-bindings/model-files.js'
import { describeError } from '../../core/errors.js'
import { megabytes } from './disk-space.js'
import { describeLanguages, type Manifest, type Model } from './manifest.js'
import { checkFiles, modelFolder, remedyFor, stateOf, type FileCheck, type ModelState } from './model-store.js'

/** A model and how it is, in words. */
export interface Entry {
  readonly name: string
  readonly title: string
  readonly use: string
  readonly languages: string
  readonly size: string
  readonly licence: string
  readonly state: string
  readonly isFaulty: boolean
  /** The setting that makes use of it. */
  readonly usedBy: string
  /** What is downloaded; none for a model that comes with the packages. */
  readonly file?: string
}

interface PackagedModel {
  readonly name: string
  readonly title: string
  readonly use: string
  readonly languages: readonly string[]
  readonly usedBy: string
  readonly find: () => readonly ModelFile[]
}

const packaged: readonly PackagedModel[] = [
  { name: 'moonshine-base', title: 'Moonshine base, int8', use: 'recognition', languages: ['en'], usedBy: 'asr.provider moonshine', find: () => Object.values(moonshineFiles('base')) },
  { name: 'moonshine-tiny', title: 'Moonshine tiny, int8', use: 'recognition', languages: ['en'], usedBy: 'asr.moonshine.size tiny', find: () => Object.values(moonshineFiles('tiny')) },
  { name: 'silero-vad', title: 'Silero VAD v5', use: 'voice detection', languages: [], usedBy: 'always', find: () => [sileroFile()] }
]

/** Which setting makes use of a kind of model. Of the others nothing does. */
const usedByKind: Readonly<Record<string, string>> = {
  'sense-voice': 'asr.provider sense-voice',
  whisper: 'asr.provider whisper',
  'streaming-transducer': 'asr.streaming.model',
  'streaming-paraformer': 'asr.streaming.model',
  'streaming-zipformer2-ctc': 'asr.streaming.model',
  'streaming-nemo-ctc': 'asr.streaming.model'
}

export const packagedNames: readonly string[] = packaged.map(({ name }) => name)

/** Every model that comes with Chorus or can be installed, by names and sizes of its files. */
export async function takeInventory (data: string, manifest: Manifest): Promise<Entry[]> {
  return await Promise.all([...packaged.map(entryOfPackaged), ...manifest.map(async model => await entryOf(data, model))])
}

async function entryOfPackaged ({ find, ...model }: PackagedModel): Promise<Entry> {
  const facts = { ...model, languages: describeLanguages(model.languages), licence: 'MIT' }
  try {
    const sizes = await Promise.all(find().map(async ({ path }) => (await stat(path)).size))
    return { ...facts, size: megabytes(sizes.reduce((sum, size) => sum + size, 0)), state: 'installed', isFaulty: false }
  } catch {
    return { ...facts, size: '?', state: 'missing: run "npm ci"', isFaulty: true }
  }
}

async function entryOf (data: string, model: Model): Promise<Entry> {
  const { name, title, use, kind, licence } = model
  const state = await stateOf(data, model)
  return {
    name,
    title,
    use,
    languages: describeLanguages(model.languages, 2),
    size: sizeOf(model),
    licence: licence.name,
    state: describeState(state, model),
    isFaulty: state.kind === 'does not match',
    usedBy: usedByKind[kind] ?? 'not yet',
    file: model.download.file
  }
}

function sizeOf ({ download: { bytes }, about }: Model): string {
  return bytes !== undefined ? megabytes(bytes) : about !== undefined ? `about ${about} MB` : '?'
}

function describeState (state: ModelState, { download: { bytes } }: Model): string {
  switch (state.kind) {
    case 'partial': return bytes === undefined ? `partial (${megabytes(state.bytes)})` : `partial (${Math.floor(state.bytes / bytes * 100)} %)`
    case 'does not match': return `does not match: ${state.fault}`
    default: return state.kind
  }
}

export interface ModelCheck { readonly files: readonly FileCheck[], readonly remedy: string }

/** What is installed of a name, with every file read as a whole; nothing if it is not installed. */
export async function checkModel (data: string, manifest: Manifest, name: string): Promise<ModelCheck | undefined> {
  const model = manifest.find(model => model.name === name)
  if (model !== undefined) {
    return existsSync(modelFolder(data, model)) ? { files: await checkFiles(data, model), remedy: remedyFor(model) } : undefined
  }
  const ours = packaged.find(model => model.name === name)
  return ours === undefined ? undefined : { files: await checkPackaged(ours), remedy: 'npm ci' }
}

async function checkPackaged ({ find }: PackagedModel): Promise<FileCheck[]> {
  let found: readonly ModelFile[]
  try {
    found = find()
  } catch (error) {
    return [{ path: 'node_modules', fault: `the package is not installed: ${describeError(error)}` }]
  }
  return await Promise.all(found.map(async file => {
    return { path: file.path, fault: await verifyModel(file).then(() => undefined, describeError) }
  }))
}

const columns = [
  ['name', 'name'], ['use', 'use'], ['languages', 'languages'], ['size', 'size'], ['licence', 'licence'], ['used by', 'usedBy'], ['state', 'state']
] as const

/** A table for people. */
export function renderInventory (entries: readonly Entry[]): string {
  const rows = [columns.map(([title]) => title as string), ...entries.map(entry => columns.map(([, key]) => entry[key]))]
  const widths = columns.map((_, column) => Math.max(...rows.map(row => row[column]!.length)))
  return rows.map(row => `${row.map((cell, column) => cell.padEnd(widths[column]!)).join('  ').trimEnd()}\n`).join('')
}
