import { availableParallelism } from 'node:os'
import type { Config } from '../core/config-schema.js'
import { cgroupCores } from './cgroup-quota.js'

export interface ThreadCounts { readonly voice: number, readonly inference: number, readonly dialogue: number }

/** Cores this process may use: its affinity or its cgroup's quota, whichever is smaller. */
export function usableCores (): number {
  return Math.max(1, Math.min(availableParallelism(), Math.floor(cgroupCores())))
}

/**
 * How many threads of each kind, from the cores and the settings (0 = from the cores). With local
 * recognition half of the cores hear and half recognise; with a remote one nearly all hear.
 */
export function threadCounts (threads: Config['threads'], cores: number, isRecognitionLocal: boolean): ThreadCounts {
  const half = Math.max(1, Math.floor(cores / 2))
  const voice = threads.voice || (isRecognitionLocal ? half : cores >= 4 ? cores - 2 : 2)
  const inference = threads.inference || (isRecognitionLocal ? half : 1)
  const dialogue = threads.dialogue || Math.max(1, Math.ceil(voice / 4))
  return { voice, inference, dialogue }
}
