import { readFileSync } from 'node:fs'
import { readThreads as readById, TICKS_PER_SECOND } from '../../src/bin/simulate/process-usage.js'

/** What the kernel says of one thread. */
export interface ThreadTimes {
  readonly tid: number
  readonly name: string
  readonly nice: number
  /** Processor time so far, user and system, in ms. */
  readonly cpuMs: number
}

/** The threads of a process; those that end meanwhile are left out. */
export function readThreads (pid: number): ThreadTimes[] {
  return [...readById(pid)].map(([id, { name, nice, ticks }]) => ({ tid: Number(id), name, nice, cpuMs: ticks * 1000 / TICKS_PER_SECOND }))
}

/** Resident memory of a process, in bytes. */
export function readResidentBytes (pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) * 1024
}

export interface ThreadUse {
  readonly kind: string
  readonly tid: number
  readonly cpuMs: number
  /** Of one core, in percent. */
  readonly percent: number
}

/** A worker as the server names it. */
export interface NamedThread { readonly kind: string, readonly tid: number }

/**
 * What each thread used between two looks, the busiest first. Workers that the server does not name
 * are told by their niceness, which differs from kind to kind.
 */
export function threadUses (
  pid: number, before: readonly ThreadTimes[], after: readonly ThreadTimes[], elapsedMs: number,
  named: readonly NamedThread[], kindOfNice: ReadonlyMap<number, string>
): ThreadUse[] {
  const earlier = new Map(before.map(thread => [thread.tid, thread.cpuMs]))
  const names = new Map(named.map(({ tid, kind }) => [tid, kind]))
  const namedKinds = new Set(named.map(({ kind }) => kind))
  const guess = (nice: number): string | undefined => {
    const kind = kindOfNice.get(nice)
    return kind === undefined || namedKinds.has(kind) ? undefined : kind
  }
  return after.map(({ tid, name, nice, cpuMs }) => {
    const used = cpuMs - (earlier.get(tid) ?? 0)
    const kind = tid === pid ? 'gateway' : names.get(tid) ?? guess(nice) ?? name
    return { kind, tid, cpuMs: used, percent: Number((used / elapsedMs * 100).toFixed(1)) }
  }).sort((a, b) => b.cpuMs - a.cpuMs)
}
