import { accessSync, constants, existsSync, mkdirSync, readFileSync, statfsSync } from 'node:fs'
import { totalmem } from 'node:os'
import type { Config } from '../../core/config-schema.js'
import { describeError } from '../../core/errors.js'
import { isRecognitionRemote } from '../../providers/asr-service.js'
import { threadCounts, usableCores } from '../../threads/thread-counts.js'
import { fail, ok, warn, type Finding } from './finding.js'

const OLDEST_NODE = [20, 18, 1] as const
const TESTED_MAJORS = [20, 22, 24]

const MB = 1024 * 1024
const DISK_NEEDED_MB = 50
const DISK_WANTED_MB = 1024
/** Measured: the process without models, and what the recogniser of an inference worker adds. */
const BASE_MB = 250
const RECOGNISER_MB = 370

/** Files that the process opens beside the sockets of devices: models, logs, threads, providers. */
const SPARE_FILES = 256
const OLDEST_YEAR = 2025
const NEWEST_YEAR = 2100

export function checkNode (version: string): Finding {
  const parts = version.replace(/^v/, '').split('.').map(Number)
  const place = OLDEST_NODE.findIndex((part, index) => part !== parts[index])
  const isOld = place !== -1 && (parts[place] ?? 0) < OLDEST_NODE[place]!
  if (isOld) return fail('Node.js', `${version} is too old`, `install ${OLDEST_NODE.join('.')} or newer`)
  if (TESTED_MAJORS.includes(parts[0] ?? 0)) return ok('Node.js', version)
  return warn('Node.js', `${version} is not among the tested ones`, `prefer ${TESTED_MAJORS.join(', ')}; native parts may have no binary for others`)
}

/** Creates the directory if it is not there. */
export function checkDataDir (dir: string): Finding {
  try {
    mkdirSync(dir, { recursive: true })
    accessSync(dir, constants.R_OK | constants.W_OK | constants.X_OK)
    return ok('data directory', dir)
  } catch (error) {
    return fail('data directory', `cannot write to ${dir}: ${describeError(error)}`, 'give it to the user that runs Chorus, or name another with --data')
  }
}

export function checkDisk (dir: string): Finding {
  try {
    const { bavail, bsize } = statfsSync(dir)
    return judgeDisk(bavail * bsize / MB)
  } catch (error) {
    return warn('disk', `free space is unknown: ${describeError(error)}`, 'look at the data directory')
  }
}

export function judgeDisk (freeMb: number): Finding {
  const text = `${freeMb >= 10240 ? `${Math.round(freeMb / 1024)} GB` : `${Math.round(freeMb)} MB`} free for data`
  if (freeMb < DISK_NEEDED_MB) return fail('disk', text, 'free some space, or name another directory with --data')
  if (freeMb < DISK_WANTED_MB) return warn('disk', text, 'free some space before it runs full')
  return ok('disk', text)
}

export function checkOpenFiles (maxConnections: number): Finding {
  return judgeOpenFiles(readOptional('/proc/self/limits'), maxConnections)
}

/** @param limits text of /proc/self/limits, in which Node.js has raised the soft limit already */
export function judgeOpenFiles (limits: string | undefined, maxConnections: number): Finding {
  const soft = /^Max open files\s+(\d+|unlimited)/m.exec(limits ?? '')?.[1]
  if (soft === undefined) return ok('open files', 'the limit is unknown on this system')
  const needed = maxConnections + SPARE_FILES
  if (soft === 'unlimited' || Number(soft) >= needed) return ok('open files', `${soft} allowed, ${needed} needed`)
  return warn('open files', `${soft} allowed: enough for about ${Math.max(0, Number(soft) - SPARE_FILES)} of gateway.maxConnections = ${maxConnections} devices`,
    `raise it (ulimit -n ${needed}, LimitNOFILE=${needed} in a systemd unit), or lower gateway.maxConnections`)
}

export function checkClock (now: Date): Finding {
  if (!isYearSane(now)) return fail('clock', `it says ${now.toISOString()}`, 'set the clock: certificates and tokens are refused otherwise')
  if (existsSync('/run/systemd/timesync/synchronized')) return ok('clock', `${now.toISOString()}, synchronised`)
  return warn('clock', `${now.toISOString()}; whether it is synchronised is unknown`, 'in a container the host sees to it; else enable systemd-timesyncd or chrony')
}

export function isYearSane (now: Date): boolean {
  return now.getUTCFullYear() >= OLDEST_YEAR && now.getUTCFullYear() <= NEWEST_YEAR
}

export function checkCores (config: Config): Finding {
  const cores = usableCores()
  const { voice, inference, dialogue } = countThreads(config, cores)
  const text = `${cores} usable; threads: ${voice} voice, ${inference} inference, ${dialogue} dialogue`
  if (cores >= 2) return ok('processor', text)
  return warn('processor', text, 'give it two cores: on one, recognition and voices disturb each other')
}

export function checkMemory (config: Config): Finding {
  const available = Number(/^MemAvailable:\s+(\d+) kB/m.exec(readOptional('/proc/meminfo') ?? '')?.[1] ?? NaN) / 1024
  const limit = Number(readOptional('/sys/fs/cgroup/memory.max') ?? NaN) / MB
  return judgeMemory({
    availableMb: Number.isNaN(available) ? totalmem() / MB : available,
    limitMb: Number.isNaN(limit) ? Infinity : limit,
    recognisers: countRecognisers(config)
  })
}

/** A streaming model is there once; how large it is, nobody knows before it is loaded. */
function countRecognisers (config: Config): number {
  if (config.asr.provider === 'streaming') return 1
  return isRecognitionRemote(config) ? 0 : countThreads(config, usableCores()).inference
}

export interface MemoryFacts { readonly availableMb: number, readonly limitMb: number, readonly recognisers: number }

export function judgeMemory ({ availableMb, limitMb, recognisers }: MemoryFacts): Finding {
  const free = Math.round(Math.min(availableMb, limitMb))
  const needed = BASE_MB + recognisers * RECOGNISER_MB
  const text = `${free} MB free${limitMb < availableMb ? ' (limit of the container)' : ''}, about ${needed} MB needed`
  if (free >= needed) return ok('memory', text)
  return warn('memory', text, 'add memory, lower threads.inference, or set asr.moonshine.size to tiny')
}

function countThreads (config: Config, cores: number): ReturnType<typeof threadCounts> {
  return threadCounts(config.threads, cores, !isRecognitionRemote(config))
}

function readOptional (path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
