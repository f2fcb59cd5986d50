import { readlinkSync } from 'node:fs'
import { getPriority, setPriority } from 'node:os'
import { threadId, type MessagePort } from 'node:worker_threads'
import type { WorkerNews } from '../src/ring/worker-messages.js'

/**
 * Sets this thread's niceness and reads it back. On Linux id 0 means the calling thread, not the
 * whole process. Where it is refused (a container without the right to change it) the thread
 * runs on.
 */
export function applyNice (nice: number): number {
  try {
    if (nice > 0) setPriority(0, nice)
  } catch {
    // The caller reports the niceness that is in force.
  }
  return getPriority(0)
}

export function announceReady (control: MessagePort, nice: number, facts: Readonly<Record<string, string | number>>): void {
  control.postMessage({ kind: 'ready', nice, threadId, facts: { ...facts, tid: kernelThreadId() } } satisfies WorkerNews)
}

/** The id under which the kernel counts this thread's processor time; 0 where it tells none. */
export function kernelThreadId (): number {
  try {
    return Number(readlinkSync('/proc/thread-self').split('/').at(-1))
  } catch {
    return 0 // not Linux
  }
}
