import { createHash } from 'node:crypto'
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { ChorusError } from '../../core/errors.js'
import { bunzip2 } from './bunzip2.js'
import { Bzip2Error } from './bzip2-error.js'
import type { Model } from './manifest.js'
import { readTar, TarError, type TarEntry } from './tar-reader.js'

/** What a file is, whoever says so. */
export interface FileFacts { readonly bytes: number, readonly sha256: string }

export interface UnpackOptions {
  readonly model: Pick<Model, 'name' | 'files' | 'folders'>
  readonly archive: string
  /** Must exist and be empty. */
  readonly folder: string
  readonly maxBytes: number
  readonly signal: AbortSignal
}

/** Between two looks at the event loop, where Ctrl-C arrives. */
const LOOK_EVERY_BYTES = 4 << 20

/**
 * Writes the files of the model, and nothing else, into `folder`. No path of the archive is ever
 * followed: an entry is taken if it is one of those that the model names, and written there.
 * @throws CHORUS_MODEL_ARCHIVE_REFUSED; errors of the disk
 */
export async function unpack (options: UnpackOptions): Promise<Map<string, FileFacts>> {
  const { model, archive, folder, maxBytes, signal } = options
  const written = new Map<string, FileFacts>()
  let unpacked = 0
  let lookedAt = 0
  const look = async (): Promise<void> => {
    if (unpacked - lookedAt < LOOK_EVERY_BYTES) return
    lookedAt = unpacked
    await nextTurn()
    signal.throwIfAborted()
  }
  try {
    for (const entry of readTar(meter(bunzip2(archive), bytes => {
      unpacked += bytes
      if (unpacked > maxBytes) throw new TarError(`it unpacks to more than the ${Math.round(maxBytes / 1e6)} MB of models.maxUnpackedMb`)
    }))) {
      const path = pathWithin(entry.path)
      if (entry.kind === 'folder' || !isWanted(model, path)) {
        for (const _ of entry.content) await look()
        continue
      }
      if (entry.kind === 'other') throw new TarError(`its ${path} is a link or a device`)
      if (written.has(path)) throw new TarError(`it has ${path} twice`)
      written.set(path, await writeEntry(entry, join(folder, path), look))
    }
  } catch (error) {
    if (error instanceof Bzip2Error || error instanceof TarError) throw new ChorusError('CHORUS_MODEL_ARCHIVE_REFUSED', [model.name, error.message], { cause: error })
    throw error
  }
  for (const { path } of Object.values(model.files)) {
    if (!written.has(path)) throw new ChorusError('CHORUS_MODEL_ARCHIVE_REFUSED', [model.name, `there is no ${path} in it`])
  }
  return written
}

function * meter (chunks: Iterable<Uint8Array>, count: (bytes: number) => void): Generator<Uint8Array> {
  for (const chunk of chunks) {
    count(chunk.length)
    yield chunk
  }
}

/** Without the one folder that everything is in. */
function pathWithin (path: string): string {
  if (path.includes('\\') || path.includes('\0') || path.startsWith('/')) throw new TarError(`it has the path ${JSON.stringify(path)}`)
  const parts = path.split('/').filter(part => part !== '' && part !== '.')
  if (parts.includes('..')) throw new TarError(`it has the path ${JSON.stringify(path)}`)
  return (parts.length > 1 ? parts.slice(1) : parts).join('/')
}

function isWanted ({ files, folders }: UnpackOptions['model'], path: string): boolean {
  return Object.values(files).some(file => file.path === path) || folders?.some(folder => path.startsWith(`${folder}/`)) === true
}

async function writeEntry ({ content }: TarEntry, path: string, look: () => Promise<void>): Promise<FileFacts> {
  mkdirSync(dirname(path), { recursive: true })
  const hash = createHash('sha256')
  const file = openSync(path, 'wx')
  let bytes = 0
  try {
    for (const piece of content) {
      for (let at = 0; at < piece.length;) at += writeSync(file, piece, at)
      hash.update(piece)
      bytes += piece.length
      await look()
    }
  } finally {
    closeSync(file)
  }
  return { bytes, sha256: hash.digest('hex') }
}
