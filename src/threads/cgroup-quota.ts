import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** Microseconds per period, as cgroup v1 has them where nothing is said. */
const DEFAULT_PERIOD_US = 100_000

/**
 * Cores that the control groups of this process leave to it, v2 or v1: the smallest quota of its
 * own group and of those above it; `Infinity` where there is none.
 * @param root of the file system
 */
export function cgroupCores (root = '/'): number {
  const mount = join(root, 'sys/fs/cgroup')
  // "0::/system.slice/chorus.service" (v2), "4:cpu,cpuacct:/chorus" (v1)
  const groups = (read(join(root, 'proc/self/cgroup')) ?? '').split('\n').map(line => line.split(':'))
  const own = (wanted: (controllers: string) => boolean): string => groups.find(([, controllers = '?']) => wanted(controllers))?.slice(2).join(':') ?? '/'
  const v2 = own(controllers => controllers === '')
  const v1 = own(controllers => controllers.split(',').includes('cpu'))
  return Math.min(
    ...pathsUpFrom(v2).map(path => quotaOfV2(join(mount, path))),
    // Inside a container the path is that of the host, and its own group is mounted at the root.
    ...pathsUpFrom(v1).map(path => quotaOfV1(join(mount, 'cpu', path)))
  )
}

function pathsUpFrom (path: string): string[] {
  return path === '/' || path === '.' ? ['/'] : [path, ...pathsUpFrom(dirname(path))]
}

// "max 100000" or "200000 100000"
function quotaOfV2 (folder: string): number {
  const [quota, period] = (read(join(folder, 'cpu.max')) ?? 'max').trim().split(' ')
  return quota === 'max' ? Infinity : coresOf(Number(quota), Number(period))
}

function quotaOfV1 (folder: string): number {
  const quota = Number(read(join(folder, 'cpu.cfs_quota_us')) ?? -1)
  return quota > 0 ? coresOf(quota, Number(read(join(folder, 'cpu.cfs_period_us')) ?? DEFAULT_PERIOD_US)) : Infinity
}

function coresOf (quota: number, period: number): number {
  const cores = quota / period
  return cores > 0 ? cores : Infinity
}

function read (path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined // not in this kind of system, or not for us
  }
}
