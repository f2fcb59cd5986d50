import { mkdir, rename } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Config } from '../../core/config-schema.js'
import { ChorusError } from '../../core/errors.js'
import { download, forget, type Wanted } from './download.js'
import type { InstallOptions, Source } from './install-options.js'
import { isArchive, type Model } from './manifest.js'
import { partOf } from './model-store.js'
import type { FileFacts } from './unpack.js'

/** Where the models of sherpa-onnx are, below it /<tag>/<file>. */
const RELEASES = 'https://github.com/k2-fsa/sherpa-onnx/releases/download'

/**
 * Downloads what the manifest names, from the mirrors in their order; where none has the archive,
 * the files one by one from Hugging Face, if all their sums are known.
 * @throws CHORUS_MODEL_UNREACHABLE, CHORUS_MODEL_DISK_FULL
 */
export async function fetchModel (model: Model, wanted: Wanted, kept: string, options: InstallOptions): Promise<Source> {
  const { config, from, signal } = options
  const path = partOf(config.data, model.download.file)
  const urls = from === undefined ? addressesOf(model, config) : [from]
  try {
    const { url, sha256 } = await download({ wanted, urls, path, limits: config.models, ...handlers(options) })
    return { from: url, path, sha256 }
  } catch (error) {
    const canFetchFiles = from === undefined && !signal.aborted && error instanceof ChorusError && error.code === 'CHORUS_MODEL_UNREACHABLE'
    const files = canFetchFiles ? filesAtHuggingFace(model, config) : undefined
    if (files === undefined) throw error
    options.onStep('no mirror has the archive: its files one by one')
    return await fetchFiles(model, files, kept, options)
  }
}

/** All addresses of the file, in the order in which they are asked. */
export function addressesOf ({ download: { tag, file, url }, huggingFace }: Model, { models }: Pick<Config, 'models'>): string[] {
  const base = (address: string): string => address.replace(/\/+$/, '')
  return [
    ...models.mirrors.map(mirror => `${base(mirror)}/${tag === undefined ? '' : `${tag}/`}${file}`),
    ...(url === undefined ? [] : [url]),
    ...(tag === undefined ? [] : [`${RELEASES}/${tag}/${file}`]),
    ...(huggingFace === undefined || models.huggingFace === '' || isArchive(file) ? [] : [`${base(models.huggingFace)}/${huggingFace}/resolve/main/${file}`])
  ]
}

interface RemoteFile { readonly path: string, readonly url: string, readonly facts: FileFacts }

function filesAtHuggingFace (model: Model, { models }: Pick<Config, 'models'>): RemoteFile[] | undefined {
  if (model.huggingFace === undefined || models.huggingFace === '') return undefined
  // What a folder holds is known to the archive alone; a single file was asked for already.
  if (model.folders !== undefined || !isArchive(model.download.file)) return undefined
  const base = `${models.huggingFace.replace(/\/+$/, '')}/${model.huggingFace}/resolve/main`
  const files = Object.values(model.files).map(({ path, bytes, sha256 }) => {
    return bytes === undefined || sha256 === undefined ? undefined : { path, url: `${base}/${path}`, facts: { bytes, sha256 } }
  })
  return files.every(file => file !== undefined) ? files : undefined
}

async function fetchFiles (model: Model, files: readonly RemoteFile[], kept: string, options: InstallOptions): Promise<Source> {
  const taken = new Map<string, FileFacts>()
  for (const { path, url, facts } of files) {
    const part = partOf(options.config.data, `${model.name}-${path.replaceAll('/', '-')}`)
    options.onStep(path)
    const wanted = { file: path, ...facts }
    const { bytes, sha256 } = await download({ wanted, urls: [url], path: part, limits: options.config.models, ...handlers(options) })
    await mkdir(dirname(join(kept, path)), { recursive: true })
    await rename(part, join(kept, path))
    await forget(part)
    taken.set(path, { bytes, sha256 })
  }
  return { from: dirname(files[0]!.url), path: kept, files: taken }
}

function handlers ({ signal, onProgress, onTrouble }: InstallOptions): Pick<InstallOptions, 'signal' | 'onProgress' | 'onTrouble'> {
  return { signal, onProgress, onTrouble }
}
