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
  #keys: SerialKeys | undefined
  #stamp = ''
  #lookedAtMs = -Infinity

  constructor (path: string, onTrouble: (what: string) => void) {
    this.#path = path
    this.#onTrouble = onTrouble
  }

  /** @returns undefined where there is no such file */
  async read (): Promise<SerialKeys | undefined> {
    const nowMs = performance.now()
    if (nowMs - this.#lookedAtMs < LOOK_EVERY_MS) return this.#keys
    this.#lookedAtMs = nowMs
    try {
      const { mtimeMs, size } = await stat(this.#path)
      const stamp = `${mtimeMs} ${size}`
      if (stamp === this.#stamp) return this.#keys
      this.#keys = this.#parse(await readFile(this.#path, 'utf8'))
      this.#stamp = stamp
    } catch (error) {
      this.#takeError(error as NodeJS.ErrnoException)
    }
    return this.#keys
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
  #takeError (error: NodeJS.ErrnoException): void {
    this.#stamp = ''
    this.#keys = error.code === 'ENOENT' ? undefined : new Map()
    if (error.code !== 'ENOENT') this.#onTrouble(`it cannot be read (${error.code ?? error.message}), so no serial number is accepted`)
  }
}
