import { closeSync, mkdirSync, openSync, readdirSync, statSync, unlinkSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { describeError } from '../../src/core/errors.js'
import type { RecordingLink, RecordingOrder } from '../../src/ring/recording-messages.js'

export const RECORDING_ENDING = '.chorus'
const MB = 2 ** 20

export interface RecordingDeskOptions {
  readonly folder: string
  readonly maxFolderMb: number
  readonly onTrouble: (message: string, fields: Readonly<Record<string, unknown>>) => void
}

/** Writes recordings into files that nobody else may read, and deletes the oldest. */
export class RecordingDesk {
  readonly #options: RecordingDeskOptions
  readonly #files = new Map<string, { readonly path: string, readonly fd: number }>()
  #recordings = 0

  /** @throws Error when the folder cannot be made */
  constructor (options: RecordingDeskOptions) {
    this.#options = options
    mkdirSync(options.folder, { recursive: true, mode: 0o700 })
  }

  serve ({ port, settledBytes }: RecordingLink, worker: number): void {
    const settled = new Int32Array(settledBytes)
    port.on('message', (order: RecordingOrder) => {
      this.#take(`${worker}:${order.id}`, order)
      if (order.kind === 'bytes') Atomics.add(settled, 0, order.bytes.length)
    })
  }

  close (): void { for (const key of [...this.#files.keys()]) this.#close(key) }

  #take (key: string, order: RecordingOrder): void {
    try {
      if (order.kind === 'begin') this.#open(key, order.slot)
      else if (order.kind === 'end') this.#close(key)
      else this.#write(key, order.bytes)
    } catch (error) {
      this.#close(key)
      this.#options.onTrouble('a recording was given up', { why: describeError(error) })
    }
  }

  #open (key: string, slot: number): void {
    this.#makeRoom()
    const time = new Date().toISOString().replaceAll(/[-:.]/g, '')
    const path = join(this.#options.folder, `${time}-${++this.#recordings}-seat${slot}${RECORDING_ENDING}`)
    this.#files.set(key, { path, fd: openSync(path, 'wx', 0o600) })
  }

  #write (key: string, bytes: Uint8Array): void {
    const file = this.#files.get(key)
    for (let at = 0; file !== undefined && at < bytes.length;) at += writeSync(file.fd, bytes, at)
  }

  #close (key: string): void {
    const file = this.#files.get(key)
    this.#files.delete(key)
    if (file !== undefined) closeSync(file.fd)
  }

  /** Names sort by time. What is being written is kept. */
  #makeRoom (): void {
    const { folder, maxFolderMb } = this.#options
    const open = new Set([...this.#files.values()].map(({ path }) => path))
    const files = readdirSync(folder).filter(name => name.endsWith(RECORDING_ENDING)).sort()
      .map(name => ({ path: join(folder, name), bytes: statSync(join(folder, name)).size }))
    let bytes = files.reduce((sum, file) => sum + file.bytes, 0)
    for (const file of files) {
      if (bytes <= maxFolderMb * MB) return
      if (open.has(file.path)) continue
      unlinkSync(file.path)
      bytes -= file.bytes
    }
  }
}
