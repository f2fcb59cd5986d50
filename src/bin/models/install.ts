import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { sha256Of } from '../../../native-bindings/model-files.js'
import { modelFolder, type ArchiveFile, type ArchiveModel } from './catalogue.js'
import { download } from './download.js'
import { InstallError } from './install-error.js'
import { requireTools, runProgram, unpack, type RunProgram } from './unpack.js'

// data/models/
//   sense-voice.tar.bz2.partial   a download that is under way or broke; gone when it is installed
//   .sense-voice-a1b2c3/          what is being unpacked; never used
//   sense-voice/                  the model: appears whole, by a rename

export interface InstallOptions {
  /** `config.data` */
  readonly data: string
  /** In place of the model's own address. */
  readonly from?: string
  readonly signal: AbortSignal
  readonly onStep: (text: string) => void
  readonly onProgress: (bytes: number) => void
  readonly run?: RunProgram
}

/**
 * Installs `model` below `data`.
 * @returns its folder
 * @throws InstallError; the model is then not there, or as it was before
 */
export async function installModel (model: ArchiveModel, options: InstallOptions): Promise<string> {
  const folder = modelFolder(options.data, model)
  const run = options.run ?? runProgram
  const faults = existsSync(folder) ? await Promise.all(model.files.map(file => faultOf(folder, file))) : ['missing']
  if (faults.every(fault => fault === undefined)) return folder
  await requireTools(run)
  const archive = `${folder}.tar.bz2.partial`
  await mkdir(dirname(folder), { recursive: true })
  await download({ url: options.from ?? model.url, expected: model, path: archive, signal: options.signal, onProgress: options.onProgress })
  await checkArchive(model, archive, options)
  const draft = await mkdtemp(join(dirname(folder), `.${model.id}-`))
  try {
    await fillDraft(model, archive, draft, options, run)
    await rm(folder, { recursive: true, force: true })
    await rename(join(draft, 'kept'), folder)
  } finally {
    await rm(draft, { recursive: true, force: true })
  }
  await rm(archive)
  return folder
}

/** What is wrong with an installed file; nothing if it is the published one. */
export async function faultOf (folder: string, { name, bytes, sha256 }: ArchiveFile): Promise<string | undefined> {
  const path = join(folder, name)
  const facts = await stat(path).catch(() => undefined)
  if (facts === undefined) return `${name} is missing`
  if (facts.size !== bytes) return `${name} has ${facts.size} bytes, not ${bytes}`
  const found = await sha256Of(path)
  return found === sha256 ? undefined : `${name} has sha256 ${found}, not ${sha256}`
}

async function checkArchive (model: ArchiveModel, archive: string, { onStep, from }: InstallOptions): Promise<void> {
  onStep('checking the sha256 of the archive')
  const found = await sha256Of(archive)
  if (found === model.sha256) return
  await rm(archive) // going on from wrong bytes would fail for ever
  throw new InstallError(`${from ?? model.url} has sha256 ${found}, not ${model.sha256}: it was damaged on the way, or is another file. It was removed`)
}

async function fillDraft (
  model: ArchiveModel, archive: string, draft: string, { onStep, signal }: InstallOptions, run: RunProgram
): Promise<void> {
  const unpacked = join(draft, 'unpacked')
  const kept = join(draft, 'kept')
  await Promise.all([mkdir(unpacked), mkdir(kept)])
  onStep('unpacking')
  await unpack(archive, unpacked, run, signal)
  const paths = await readdir(unpacked, { recursive: true })
  for (const file of model.files) {
    const path = paths.find(path => basename(path) === file.name)
    if (path === undefined) throw new InstallError(`there is no ${file.name} in the archive`)
    await rename(join(unpacked, path), join(kept, file.name))
  }
  onStep('checking the sha256 of the files')
  for (const file of model.files) {
    const fault = await faultOf(kept, file)
    if (fault !== undefined) throw new InstallError(`the archive is not the expected one: ${fault}`)
  }
}
