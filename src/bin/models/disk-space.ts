import { statfs } from 'node:fs/promises'
import { ChorusError } from '../../core/errors.js'

/** What is left to the rest of the machine. */
const SPARE_BYTES = 64e6

/**
 * Asked before hundreds of megabytes are downloaded in vain.
 * @throws CHORUS_MODEL_DISK_FULL
 */
export async function requireSpace (name: string, folder: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder)
  const free = bavail * bsize
  if (free >= bytes + SPARE_BYTES) return
  throw new ChorusError('CHORUS_MODEL_DISK_FULL', [name, folder, `about ${megabytes(bytes + SPARE_BYTES)} are needed and ${megabytes(free)} are free`])
}

export function isDiskFull (error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT')
}

export function megabytes (bytes: number): string { return `${bytes < 9.5e5 ? (bytes / 1e6).toFixed(1) : Math.round(bytes / 1e6)} MB` }
