// A host for command-line programs compiled to WASI preview 1 that write one file: the calls they
// make and no others, all in memory. `node:wasi` is not used: an instance per sentence corrupts the
// heap of Node 20 within a few hundred sentences and ends the process by SIGSEGV.

export interface ProgramResult {
  readonly status: number
  /** What the program wrote to the file it opened. */
  readonly file: Buffer
  readonly errorOutput: string
}

/** Folder that the program finds opened; whatever it opens there is the one file. */
const FOLDER = '/out'
const FOLDER_FD = 3
const FILE_FD = 4

// wasi_snapshot_preview1: errno and filetype.
const OK = 0
const BAD_FD = 8
const NOT_SEEKABLE = 70
const CHARACTER_DEVICE = 2
const DIRECTORY = 3
const REGULAR_FILE = 4
const ALL_RIGHTS = 0xffffffffffffffffn
const FDSTAT_BYTES = 24
const SEEK_SET = 0
const SEEK_CUR = 1

type Imports = Record<string, (...values: never[]) => number>

class ProgramExit extends Error {
  readonly status: number
  constructor (status: number) {
    super(`exit ${status}`)
    this.status = status
  }
}

/**
 * Runs `module` once, to its end.
 * @param args the program's name first
 * @throws RuntimeError when the program traps
 */
export function runWasiProgram (module: WebAssembly.Module, args: readonly string[]): ProgramResult {
  const run = new WasiRun(args)
  const { exports } = new WebAssembly.Instance(module, { wasi_snapshot_preview1: run.imports })
  const { memory, _start } = exports as { readonly memory: { readonly buffer: ArrayBuffer }, readonly _start: () => void }
  run.memory = memory
  return { status: run.start(_start), file: run.file, errorOutput: run.errorOutput }
}

class WasiRun {
  memory: { readonly buffer: ArrayBuffer } = { buffer: new ArrayBuffer(0) }
  errorOutput = ''
  readonly imports: Imports
  readonly #args: readonly Buffer[]
  #content = Buffer.alloc(1 << 17) // four seconds of speech
  #size = 0
  #position = 0

  constructor (args: readonly string[]) {
    this.#args = args.map(argument => Buffer.from(`${argument}\0`))
    this.imports = { ...this.#processCalls(), ...this.#descriptorCalls(), ...this.#fileCalls() }
  }

  get file (): Buffer { return this.#content.subarray(0, this.#size) }

  start (entry: () => void): number {
    try {
      entry()
      return 0
    } catch (error) {
      if (error instanceof ProgramExit) return error.status
      throw error
    }
  }

  // Memory grows while the program runs, and each time its buffer is another one.
  get #view (): DataView { return new DataView(this.memory.buffer) }
  get #bytes (): Uint8Array { return new Uint8Array(this.memory.buffer) }

  #processCalls (): Imports {
    return {
      args_sizes_get: (countAt: number, bytesAt: number) => {
        this.#view.setUint32(countAt, this.#args.length, true)
        this.#view.setUint32(bytesAt, this.#args.reduce((sum, argument) => sum + argument.length, 0), true)
        return OK
      },
      args_get: (pointersAt: number, textAt: number) => {
        let at = textAt
        for (const [index, argument] of this.#args.entries()) {
          this.#view.setUint32(pointersAt + index * 4, at, true)
          this.#bytes.set(argument, at)
          at += argument.length
        }
        return OK
      },
      clock_time_get: (_clock: number, _precision: bigint, timeAt: number) => {
        this.#view.setBigUint64(timeAt, process.hrtime.bigint(), true)
        return OK
      },
      proc_exit: (status: number) => { throw new ProgramExit(status) }
    }
  }

  #descriptorCalls (): Imports {
    return {
      fd_close: () => OK,
      fd_fdstat_set_flags: () => OK,
      fd_fdstat_get: (fd: number, statAt: number) => {
        if (fd > FILE_FD) return BAD_FD
        this.#bytes.fill(0, statAt, statAt + FDSTAT_BYTES)
        this.#view.setUint8(statAt, fd === FOLDER_FD ? DIRECTORY : fd === FILE_FD ? REGULAR_FILE : CHARACTER_DEVICE)
        this.#view.setBigUint64(statAt + 8, ALL_RIGHTS, true)
        this.#view.setBigUint64(statAt + 16, ALL_RIGHTS, true)
        return OK
      },
      fd_prestat_get: (fd: number, statAt: number) => {
        if (fd !== FOLDER_FD) return BAD_FD
        this.#view.setUint32(statAt, 0, true)
        this.#view.setUint32(statAt + 4, FOLDER.length, true)
        return OK
      },
      fd_prestat_dir_name: (_fd: number, nameAt: number, length: number) => {
        this.#bytes.set(Buffer.from(FOLDER).subarray(0, length), nameAt)
        return OK
      }
    }
  }

  #fileCalls (): Imports {
    return {
      path_open: (...values: readonly (number | bigint)[]) => {
        const fdAt = Number(values[8]) // behind folder, flags, path, its length and the rights
        this.#view.setUint32(fdAt, FILE_FD, true)
        return OK
      },
      // The standard input is empty, and the file is only written.
      fd_read: (_fd: number, _vectors: number, _count: number, readAt: number) => {
        this.#view.setUint32(readAt, 0, true)
        return OK
      },
      fd_seek: (fd: number, offset: bigint, whence: number, positionAt: number) => {
        if (fd !== FILE_FD) return NOT_SEEKABLE
        this.#position = Number(offset) + (whence === SEEK_SET ? 0 : whence === SEEK_CUR ? this.#position : this.#size)
        this.#view.setBigUint64(positionAt, BigInt(this.#position), true)
        return OK
      },
      fd_write: (fd: number, vectorsAt: number, count: number, writtenAt: number) => {
        let written = 0
        for (let index = 0; index < count; index++) {
          const start = this.#view.getUint32(vectorsAt + index * 8, true)
          const length = this.#view.getUint32(vectorsAt + index * 8 + 4, true)
          this.#write(fd, this.#bytes.subarray(start, start + length))
          written += length
        }
        this.#view.setUint32(writtenAt, written, true)
        return OK
      }
    }
  }

  #write (fd: number, bytes: Uint8Array): void {
    if (fd !== FILE_FD) {
      this.errorOutput += Buffer.from(bytes).toString()
      return
    }
    const end = this.#position + bytes.length
    if (end > this.#content.length) this.#content = Buffer.concat([this.#content, Buffer.alloc(Math.max(end, this.#content.length))])
    this.#content.set(bytes, this.#position)
    this.#position = end
    this.#size = Math.max(this.#size, end)
  }
}
