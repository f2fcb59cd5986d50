import { closeSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { hostname } from 'node:os'
import { ChorusError } from '../../core/errors.js'

interface Holder { readonly pid: number, readonly host: string }

/** Locks that this process holds: its own number is alive, of course. */
const held = new Set<string>()

/**
 * Keeps a second process from installing the same model.
 * @returns what gives it back
 * @throws CHORUS_MODEL_BUSY
 */
export function lockModel (name: string, path: string): () => void {
  for (let isSecond = false; ; isSecond = true) {
    if (tryToLock(path)) {
      held.add(path)
      return () => { held.delete(path); rmSync(path, { force: true }) }
    }
    const holder = readHolder(path)
    if (isSecond || (holder !== undefined && isAlive(holder, path))) throw new ChorusError('CHORUS_MODEL_BUSY', [name, holder?.pid ?? 0, holder?.host ?? 'another machine', path])
    rmSync(path, { force: true }) // its process ended without order
  }
}

function tryToLock (path: string): boolean {
  let file: number
  try {
    file = openSync(path, 'wx')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  }
  writeSync(file, JSON.stringify({ pid: process.pid, host: hostname() } satisfies Holder))
  closeSync(file)
  return true
}

function readHolder (path: string): Holder | undefined {
  try {
    const { pid, host } = JSON.parse(readFileSync(path, 'utf8')) as Partial<Holder>
    return typeof pid === 'number' && typeof host === 'string' ? { pid, host } : undefined
  } catch {
    return undefined // it went, or was cut while it was written
  }
}

// Of another machine that shares the directory nothing can be told: it counts as alive.
function isAlive ({ pid, host }: Holder, path: string): boolean {
  if (host !== hostname()) return true
  if (pid === process.pid) return held.has(path)
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
