import { readdirSync, readFileSync } from 'node:fs'

/** What the kernel says of one thread. */
export interface ThreadTimes {
  readonly tid: number
  readonly name: string
  readonly nice: number
  /** Processor time so far, user and system, in ms. */
  readonly cpuMs: number
}

// Linux counts in ticks of 10 ms, whatever the kernel's own rate (USER_HZ is 100 on every
// architecture that Node.js runs on).
const TICK_MS = 10

/** The threads of a process; those that end meanwhile are left out. */
export function readThreads (pid: number): ThreadTimes[] {
  return readdirSync(`/proc/${pid}/task`).flatMap(tid => {
    try {
      return [parseThreadStat(readFileSync(`/proc/${pid}/task/${tid}/stat`, 'utf8'))]
    } catch {
      return []
    }
  })
}

/** Reads a line of `/proc/<pid>/task/<tid>/stat`; the name in it may hold spaces and brackets. */
export function parseThreadStat (text: string): ThreadTimes {
  const nameEnd = text.lastIndexOf(')')
  const fields = text.slice(nameEnd + 2).split(' ') // from the third field on
  const field = (number: number): number => Number(fields[number - 3])
  return {
    tid: Number.parseInt(text, 10),
    name: text.slice(text.indexOf('(') + 1, nameEnd),
    nice: field(19),
    cpuMs: (field(14) + field(15)) * TICK_MS
  }
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
