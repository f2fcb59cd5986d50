import { open, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { isSafeVersion } from '../protocol/firmware-version.js'

export interface FirmwareFile {
  readonly folder: string
  readonly file: string
  readonly board: string
  readonly version: string
  /** An empty file beside it, named `<board>_<version>.force`, asks for it. */
  readonly isForced: boolean
}

/** Start of an image for ESP32, and of the description of the program that follows it. */
const IMAGE_MAGIC = 0xe9
const DESCRIPTION_AT = 32
const DESCRIPTION_MAGIC = 0xabcd5432
const VERSION_AT = 48
const VERSION_BYTES = 32

/** Names of files that are served at all. */
export const firmwareName = /^[A-Za-z0-9._-]{1,128}\.bin$/

/** The firmware files in some folders, looked up anew now and then, one scan at a time. */
export class FirmwareCatalogue {
  readonly #folders: readonly string[]
  readonly #everyMs: number
  readonly #onTrouble: (what: string) => void
  #files: Promise<readonly FirmwareFile[]> | undefined
  #scannedAtMs = 0
  readonly #told = new Set<string>()

  constructor (folders: readonly string[], everyMs: number, onTrouble: (what: string) => void) {
    this.#folders = folders
    this.#everyMs = everyMs
    this.#onTrouble = onTrouble
  }

  files (): Promise<readonly FirmwareFile[]> {
    const nowMs = performance.now()
    if (this.#files === undefined || nowMs - this.#scannedAtMs >= this.#everyMs) {
      this.#scannedAtMs = nowMs
      this.#files = this.#scan()
    }
    return this.#files
  }

  async #scan (): Promise<readonly FirmwareFile[]> {
    const found = await Promise.all(this.#folders.map(folder => this.#scanFolder(folder)))
    return found.flat()
  }

  async #scanFolder (folder: string): Promise<readonly FirmwareFile[]> {
    const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') this.#tell(`${folder} cannot be read (${error.code ?? error.message})`)
      return []
    })
    const all = new Set(names)
    const files = await Promise.all(names.filter(name => name.endsWith('.bin')).map(async file => {
      const [, board, version] = /^(.+)_(\d[\d.]*)\.bin$/.exec(file) ?? []
      if (board === undefined || version === undefined || !isSafeVersion(version) || !firmwareName.test(file)) {
        this.#tell(`${join(folder, file)} is left out: the name has to be <board>_<version>.bin, with a version as in 2.4.2`)
        return undefined
      }
      const isForced = all.has(`${board}_${version}.force`)
      return await this.#isServable(join(folder, file), version) ? { folder, file, board, version, isForced } : undefined
    }))
    return files.filter(file => file !== undefined)
  }

  // A file of another version than its name tells would be flashed at each boot again.
  async #isServable (path: string, version: string): Promise<boolean> {
    try {
      const { size } = await stat(path)
      const inside = await versionInside(path)
      if (size > 0 && (inside === undefined || inside === version)) return true
      this.#tell(size === 0 ? `${path} is left out: it is empty` : `${path} is left out: the image inside has the version ${inside}`)
    } catch (error) {
      this.#tell(`${path} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`)
    }
    return false
  }

  #tell (what: string): void {
    if (this.#told.has(what)) return
    this.#told.add(what)
    this.#onTrouble(what)
  }
}

/** @returns undefined where the file is no image that tells its version */
async function versionInside (path: string): Promise<string | undefined> {
  const file = await open(path)
  try {
    const head = Buffer.alloc(VERSION_AT + VERSION_BYTES)
    const { bytesRead } = await file.read(head, 0, head.length, 0)
    if (bytesRead < head.length || head[0] !== IMAGE_MAGIC || head.readUInt32LE(DESCRIPTION_AT) !== DESCRIPTION_MAGIC) return undefined
    return head.toString('latin1', VERSION_AT).replace(/\0.*$/s, '')
  } finally {
    await file.close()
  }
}
