import { availableParallelism, cpus } from 'node:os'
import { readCommit } from '../../src/bin/simulate/machine.js'

/** What must stand beside every figure. */
export interface MachineFacts {
  readonly node: string
  readonly cpu: string
  readonly cores: number
  readonly commit: string
}

export function machineFacts (): MachineFacts {
  return { node: process.version, cpu: cpus()[0]?.model.trim() ?? 'unknown', cores: availableParallelism(), commit: readCommit() ?? 'unknown' }
}
