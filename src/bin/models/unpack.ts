import { execFile } from 'node:child_process'
import { InstallError } from './install-error.js'

/** Runs a program; its output, or an error. */
export type RunProgram = (command: string, args: readonly string[], signal?: AbortSignal) => Promise<string>

export const runProgram: RunProgram = (command, args, signal) => new Promise((resolve, reject) => {
  execFile(command, args, { signal, maxBuffer: 1 << 20 }, (error, stdout, stderr) => {
    if (error === null) resolve(stdout)
    else reject(new Error(stderr.trim().split('\n')[0] || error.message, { cause: error }))
  })
})

/**
 * Asked before 160 MB are downloaded in vain.
 * @throws InstallError with the command that mends it
 */
export async function requireTools (run: RunProgram): Promise<void> {
  const version = await run('tar', ['--version']).catch(() => undefined)
  if (version === undefined) throw new InstallError('the program tar is needed to unpack the model: apt-get install tar bzip2')
  if (version.includes('bsdtar')) return // it unpacks bzip2 by itself
  await run('bzip2', ['--help']).catch((error: unknown) => {
    throw new InstallError('the program bzip2 is needed to unpack the model: apt-get install bzip2', { cause: error })
  })
}

/** @throws InstallError */
export async function unpack (archive: string, folder: string, run: RunProgram, signal: AbortSignal): Promise<void> {
  try {
    await run('tar', ['-xjf', archive, '-C', folder], signal)
  } catch (error) {
    throw new InstallError(`tar could not unpack ${archive}: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  }
}
