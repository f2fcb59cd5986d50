import { existsSync, writeFileSync } from 'node:fs'
import { copyFile, mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { sha256Of } from '../../../native-bindings/model-files.js'
import { ChorusError, describeError } from '../../core/errors.js'
import { isDiskFull, requireSpace } from './disk-space.js'
import { faultOf, forget, type Wanted } from './download.js'
import { fetchModel } from './fetch-model.js'
import type { InstallOptions, Source } from './install-options.js'
import { isArchive, type Model } from './manifest.js'
import { lockModel } from './model-lock.js'
import { checkFiles, modelFolder, modelsFolder, partOf, RECORD, type InstallRecord } from './model-store.js'
import { expectationOf, rememberTrusted, type Expectation } from './trusted-sums.js'
import { unpack, type FileFacts } from './unpack.js'

/** A packed model is about half of its unpacked one; both lie there at the same time. */
const UNPACKED_RATIO = 2

/**
 * Installs `model`, or does nothing where it is installed already.
 * @returns its folder
 * @throws CHORUS_MODEL_LICENCE, CHORUS_MODEL_UNPINNED, CHORUS_MODEL_BUSY, CHORUS_MODEL_DISK_FULL,
 * CHORUS_MODEL_UNREACHABLE, CHORUS_MODEL_WRONG_BYTES, CHORUS_MODEL_ARCHIVE_REFUSED; the model is
 * then not there, or as it was before
 */
export async function installModel (model: Model, options: InstallOptions): Promise<string> {
  const { data } = options.config
  const folder = modelFolder(data, model)
  if (await isInstalled(data, model)) return folder
  if (!model.licence.permissive && options.acceptLicence !== true) throw new ChorusError('CHORUS_MODEL_LICENCE', [model.name, model.licence.name, model.licence.url])
  const expected = expectationOf(data, model, options)
  await mkdir(modelsFolder(data), { recursive: true })
  const unlock = lockModel(model.name, join(modelsFolder(data), `.${model.name}.lock`))
  try {
    await removeDrafts(data, model)
    await requireSpace(model.name, modelsFolder(data), await bytesNeeded(model, options))
    const draft = await mkdtemp(join(modelsFolder(data), `.${model.name}-`))
    try {
      const record = await fill(model, draft, options, expected)
      await replaceFolder(join(draft, 'kept'), folder, draft)
      if (model.download.sha256 === undefined && record.sha256 !== undefined) rememberTrusted(data, model.download.file, record.sha256)
    } finally {
      await rm(draft, { recursive: true, force: true })
    }
    await forget(partOf(data, model.download.file))
    return folder
  } catch (error) {
    if (!isDiskFull(error)) throw error
    throw new ChorusError('CHORUS_MODEL_DISK_FULL', [model.name, modelsFolder(data), describeError(error)], { cause: error })
  } finally {
    unlock()
  }
}

/** Is it there, with every file as it should be? */
export async function isInstalled (data: string, model: Model): Promise<boolean> {
  return existsSync(modelFolder(data, model)) && (await checkFiles(data, model)).every(({ fault }) => fault === undefined)
}

async function fill (model: Model, draft: string, options: InstallOptions, expected: Expectation): Promise<InstallRecord> {
  const kept = join(draft, 'kept')
  await mkdir(kept)
  const wanted = { ...model.download, sha256: expected.sha256 }
  const source = options.file === undefined ? await fetchModel(model, wanted, kept, options) : await bring(model, wanted, options.file)
  const files = source.files ?? await keep(model, source.path, kept, options)
  for (const { path, ...facts } of Object.values(model.files)) {
    const fault = faultOf(files.get(path)!, facts)
    if (fault !== undefined) throw new ChorusError('CHORUS_MODEL_WRONG_BYTES', [`${path} of the model ${model.name}`, fault])
  }
  const { from, sha256 } = source
  const sum = sha256 === undefined ? {} : { sha256 }
  const record: InstallRecord = { name: model.name, from, ...sum, trust: expected.trust, files: Object.fromEntries(files) }
  writeFileSync(join(kept, RECORD), `${JSON.stringify(record, undefined, 2)}\n`)
  return record
}

async function bring (model: Model, wanted: Wanted, file: string): Promise<Source> {
  const facts = await stat(file).catch((error: unknown) => {
    throw new ChorusError('CHORUS_CONFIG_INVALID', ['models -- add', file, `a file (${describeError(error)})`])
  })
  if (!facts.isFile()) throw new ChorusError('CHORUS_CONFIG_INVALID', ['models -- add', file, `the file ${model.download.file}`])
  const sha256 = await sha256Of(file)
  const fault = faultOf({ bytes: facts.size, sha256 }, { bytes: model.download.bytes, sha256: wanted.sha256 })
  if (fault !== undefined) throw new ChorusError('CHORUS_MODEL_WRONG_BYTES', [file, `${fault}; ${model.download.file} is wanted`])
  return { from: file, path: file, sha256 }
}

async function keep (model: Model, path: string, kept: string, options: InstallOptions): Promise<Map<string, FileFacts>> {
  const { config, signal, onStep } = options
  if (isArchive(model.download.file)) {
    onStep('unpacking')
    return await unpack({ model, archive: path, folder: kept, maxBytes: config.models.maxUnpackedMb * 1e6, signal })
  }
  const copy = join(kept, model.download.file)
  await copyFile(path, copy)
  const sha256 = await sha256Of(copy)
  return new Map([[model.download.file, { bytes: (await stat(copy)).size, sha256 }]])
}

// An old folder steps aside, so that the moment without any is as short as two renames.
async function replaceFolder (fresh: string, folder: string, draft: string): Promise<void> {
  if (existsSync(folder)) await rename(folder, join(draft, 'old'))
  await rename(fresh, folder)
}

/** Those of processes that ended in the middle; nobody else is at it while the lock is held. */
async function removeDrafts (data: string, { name }: Model): Promise<void> {
  const pattern = new RegExp(`^\\.${name}-[A-Za-z0-9]{6}$`)
  const names = await readdir(modelsFolder(data))
  const old = names.filter(entry => pattern.test(entry)).map(entry => join(modelsFolder(data), entry))
  await Promise.all(old.map(async path => { await rm(path, { recursive: true, force: true }) }))
}

async function bytesNeeded (model: Model, { config, file }: InstallOptions): Promise<number> {
  const packed = model.download.bytes ?? (model.about ?? 0) * 1e6
  const part = partOf(config.data, model.download.file)
  const there = file === undefined ? await stat(part).then(({ size }) => size, () => 0) : packed
  const sizes = Object.values(model.files).map(({ bytes }) => bytes ?? 0)
  const guessed = isArchive(model.download.file) ? packed * UNPACKED_RATIO : packed
  const unpacked = Math.max(guessed, sizes.reduce((sum, bytes) => sum + bytes, 0))
  return Math.max(0, packed - there) + unpacked
}
