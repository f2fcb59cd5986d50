import { readFile, stat } from 'node:fs/promises'

/** How old the knowledge of the file may be. */
const LOOK_EVERY_MS = 5000

export type SerialKeys = ReadonlyMap<string, Buffer>

/**
 * The keys that were burnt into devices with a serial number, from a file of lines
 * `serial,key in hexadecimal`. It may change while the server runs.
 */
export class SerialKeyFile {
  readonly #path: string
  readonly #onTrouble: (what: string) => void
  #keys: Promise<SerialKeys | undefined> = Promise.resolve(undefined)
  #stamp = ''
  #lookedAtMs = -Infinity

  constructor (path: string, onTrouble: (what: string) => void) {
    this.#path = path
    this.#onTrouble = onTrouble
  }

  /** @returns undefined where there is no such file */
  read (): Promise<SerialKeys | undefined> {
    const nowMs = performance.now()
    if (nowMs - this.#lookedAtMs >= LOOK_EVERY_MS) {
      this.#lookedAtMs = nowMs
      // Who asks meanwhile waits: to him, too, a missing file would mean that nothing is proved.
      this.#keys = this.#look(this.#keys)
    }
    return this.#keys
  }

  async #look (before: Promise<SerialKeys | undefined>): Promise<SerialKeys | undefined> {
    try {
      const { mtimeMs, size } = await stat(this.#path)
      const stamp = `${mtimeMs} ${size}`
      if (stamp === this.#stamp) return await before
      const keys = this.#parse(await readFile(this.#path, 'utf8'))
      this.#stamp = stamp
      return keys
    } catch (error) {
      return this.#takeError(error as NodeJS.ErrnoException)
    }
  }

  #parse (text: string): SerialKeys {
    const keys = new Map<string, Buffer>()
    for (const [index, line] of text.split(/\r?\n/).entries()) {
      if (line.trim() === '' || line.startsWith('#')) continue
      const [, serial, key] = /^\s*([\x21-\x2b\x2d-\x7e]{1,64})\s*,\s*((?:[0-9a-fA-F]{2}){16,64})\s*$/.exec(line) ?? []
      if (serial === undefined || key === undefined) this.#onTrouble(`line ${index + 1} is not "serial,key in hexadecimal" and is left out`)
      else keys.set(serial, Buffer.from(key, 'hex'))
    }
    return keys
  }

  // Without a file nobody can prove anything; with one that cannot be read nobody may pass.
  #takeError (error: NodeJS.ErrnoException): SerialKeys | undefined {
    this.#stamp = ''
    if (error.code === 'ENOENT') return undefined
    this.#onTrouble(`it cannot be read (${error.code ?? error.message}), so no serial number is accepted`)
    return new Map()
  }
}
