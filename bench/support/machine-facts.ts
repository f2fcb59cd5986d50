import { spawnSync } from 'node:child_process'
import { availableParallelism, cpus } from 'node:os'

/** What must stand beside every figure. */
export interface MachineFacts {
  readonly node: string
  readonly cpu: string
  readonly cores: number
  readonly commit: string
}

export function machineFacts (): MachineFacts {
  return { node: process.version, cpu: cpus()[0]?.model.trim() ?? 'unknown', cores: availableParallelism(), commit: readCommit() }
}

// A figure of sources that nobody can check out again must not look like one of a commit.
function readCommit (): string {
  const git = (...args: string[]): string | undefined => {
    const { status, stdout } = spawnSync('git', args, { encoding: 'utf8' })
    return status === 0 ? stdout.trim() : undefined
  }
  const commit = git('rev-parse', '--short', 'HEAD')
  if (commit === undefined) return 'unknown'
  return git('status', '--porcelain', '--untracked-files=no') === '' ? commit : `${commit}+changes`
}
