import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { moonshineFiles, sileroFile, verifyModel, type ModelFile } from '../../../native-bindings/model-files.js'
import { describeError } from '../../core/errors.js'
import { modelFolder, type ArchiveModel } from './catalogue.js'
import { faultOf } from './install.js'

/** A model and how it is. */
export interface Entry {
  readonly id: string
  readonly title: string
  readonly licence: string
  readonly state: 'verified' | 'damaged' | 'not installed'
  /** For each file: its path, and what is wrong with it. */
  readonly files: readonly { readonly path: string, readonly fault: string | undefined }[]
}

/** Every model that comes with Chorus or can be installed; each file is read as a whole. */
export async function takeInventory (data: string, catalogue: readonly ArchiveModel[]): Promise<Entry[]> {
  return await Promise.all([
    ofPackage('moonshine-base', 'Moonshine base, recognition of English', () => Object.values(moonshineFiles('base'))),
    ofPackage('moonshine-tiny', 'Moonshine tiny, the same with less memory', () => Object.values(moonshineFiles('tiny'))),
    ofPackage('silero-vad', 'Silero VAD v5, detection of speech', () => [sileroFile()]),
    ...catalogue.map(model => ofArchive(data, model))
  ])
}

async function ofPackage (id: string, title: string, find: () => readonly ModelFile[]): Promise<Entry> {
  let found: readonly ModelFile[]
  try {
    found = find()
  } catch (error) {
    const files = [{ path: 'node_modules', fault: `the package is not installed, run "npm ci": ${describeError(error)}` }]
    return { id, title, licence: 'MIT', state: 'damaged', files }
  }
  const files = await Promise.all(found.map(async file => {
    const fault = await verifyModel(file).then(() => undefined, describeError)
    return { path: file.path, fault }
  }))
  return { id, title, licence: 'MIT', state: stateOf(files), files }
}

async function ofArchive (data: string, model: ArchiveModel): Promise<Entry> {
  const folder = modelFolder(data, model)
  const title = `${model.title}, recognition of ${Object.values(model.languages).join(', ')}`
  const head = { id: model.id, title, licence: model.licence }
  if (!existsSync(folder)) return { ...head, state: 'not installed', files: [] }
  const files = await Promise.all(model.files.map(async file => ({ path: join(folder, file.name), fault: await faultOf(folder, file) })))
  return { ...head, state: stateOf(files), files }
}

function stateOf (files: Entry['files']): Entry['state'] {
  return files.every(file => file.fault === undefined) ? 'verified' : 'damaged'
}
