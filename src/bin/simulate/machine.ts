import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg } from 'node:os'

import { projectDir } from '../../core/config.js'

/** Where figures come from: without it they mean nothing to anybody else. */
export interface MachineFacts {
  readonly node: string
  readonly cpu: string
  readonly cores: number
  /** Runnable threads in the last minute, before the load began. */
  readonly loadBefore: number
  /** Null where this is no checkout. */
  readonly commit: string | null
}

export function readMachine (): MachineFacts {
  return {
    node: process.version,
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    loadBefore: Math.round(loadavg()[0]! * 100) / 100,
    commit: readCommit()
  }
}

/** How many sockets this process may have; undefined where the system does not say. */
export function readSocketLimit (): number | undefined {
  try {
    const limit = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1]
    return limit === undefined ? undefined : Number(limit)
  } catch {
    return undefined
  }
}

/**
 * What was built; null where this is no checkout. A figure of sources that nobody can check out
 * again must not look like one of a commit: it ends in `+changes`.
 */
export function readCommit (): string | null {
  const git = (...args: string[]): string => {
    return execFileSync('git', args, { cwd: projectDir, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  }
  try {
    const commit = git('rev-parse', '--short', 'HEAD')
    return git('status', '--porcelain', '--untracked-files=no') === '' ? commit : `${commit}+changes`
  } catch {
    return null
  }
}
