import { readdirSync, readFileSync } from 'node:fs'

/** What the kernel says of one thread. */
export interface ThreadReading { readonly name: string, readonly nice: number, readonly ticks: number }

/** What a process had used up at one moment. */
export interface UsageReading {
  readonly ticks: number
  readonly threads: ReadonlyMap<string, ThreadReading>
  readonly residentMb: number
  readonly peakMb: number
}

export interface ThreadUsage { readonly name: string, readonly nice: number, readonly threads: number, readonly cpuSeconds: number }

export interface ProcessUsage {
  /** Of the whole process, threads that ended included. */
  readonly cpuSeconds: number
  readonly byThread: readonly ThreadUsage[]
  readonly residentMb: number
  readonly peakMb: number
}

/** USER_HZ: the unit of the kernel's answers, whatever its own clock. */
export const TICKS_PER_SECOND = 100

/** Undefined where there is no /proc, or no such process. */
export function readUsage (pid: number): UsageReading | undefined {
  try {
    const threads = readThreads(pid)
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    const megabytes = (name: string): number => Math.round(Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) / 1024)
    return { ticks: parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8')).ticks, threads, residentMb: megabytes('VmRSS'), peakMb: megabytes('VmHWM') }
  } catch {
    return undefined
  }
}

/**
 * The threads of a process by their ids; those that end meanwhile are left out.
 * @throws Error where there is no /proc, or no such process
 */
export function readThreads (pid: number): Map<string, ThreadReading> {
  const threads = new Map<string, ThreadReading>()
  for (const id of readdirSync(`/proc/${pid}/task`)) {
    const reading = readThread(pid, id)
    if (reading !== undefined) threads.set(id, reading)
  }
  return threads
}

/** How threads are told apart: all threads of a Node.js process may have one name. */
export interface ThreadNames {
  /** By id, as far as the process told them. */
  readonly byId: ReadonlyMap<string, string>
  /** Niceness by kind of thread, for the others. */
  readonly nice: Readonly<Record<string, number>>
}

/** What a process used between two readings, by kind of thread. */
export function usageBetween (before: UsageReading, after: UsageReading, names: ThreadNames): ProcessUsage {
  const groups = new Map<string, { name: string, nice: number, threads: number, ticks: number }>()
  for (const [id, thread] of after.threads) {
    const name = names.byId.get(id) ?? kindOf(thread, names.nice) ?? thread.name
    const key = `${name} ${thread.nice}`
    const group = groups.get(key) ?? { name, nice: thread.nice, threads: 0, ticks: 0 }
    group.threads++
    group.ticks += thread.ticks - (before.threads.get(id)?.ticks ?? 0)
    groups.set(key, group)
  }
  const byThread = [...groups.values()].sort((one, other) => other.ticks - one.ticks)
  return {
    cpuSeconds: (after.ticks - before.ticks) / TICKS_PER_SECOND,
    byThread: byThread.map(({ ticks, ...group }) => ({ ...group, cpuSeconds: ticks / TICKS_PER_SECOND })),
    residentMb: after.residentMb,
    peakMb: after.peakMb
  }
}

// Where two kinds are equally nice (a process that may not change it), neither can be told.
function kindOf (thread: ThreadReading, nice: Readonly<Record<string, number>>): string | undefined {
  if (thread.nice === 0) return undefined
  const kinds = Object.entries(nice).filter(([, value]) => value === thread.nice)
  return kinds.length === 1 ? kinds[0]![0] : undefined
}

function readThread (pid: number, id: string): ThreadReading | undefined {
  try {
    return parseStat(readFileSync(`/proc/${pid}/task/${id}/stat`, 'utf8'))
  } catch {
    return undefined // it ended between the two looks
  }
}

/** The fields of /proc/…/stat that matter; the name is in brackets and may hold anything. */
export function parseStat (text: string): ThreadReading {
  const end = text.lastIndexOf(')')
  const fields = text.slice(end + 2).split(' ')
  return { name: text.slice(text.indexOf('(') + 1, end), ticks: Number(fields[11]) + Number(fields[12]), nice: Number(fields[16]) }
}
