import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

const LISTENING = '0A'
const INODE_FIELD = 9

/** Undefined where the system does not tell; Linux does. */
export function readRss (pid: number): number | undefined {
  try {
    const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    return kilobytes === undefined ? undefined : 1024 * Number(kilobytes)
  } catch {
    return undefined
  }
}

/**
 * TCP connections that a process holds on ports of its own: those that it accepted, and none that
 * it opened. Undefined where the system does not tell.
 */
export function countConnections (pid: number, ports: readonly number[]): number | undefined {
  try {
    const held = new Set(readdirSync(`/proc/${pid}/fd`).map(fd => inodeOf(`/proc/${pid}/fd/${fd}`)))
    const lines = ['tcp', 'tcp6'].flatMap(table => readFileSync(`/proc/${pid}/net/${table}`, 'utf8').split('\n').slice(1))
    return lines.filter(line => {
      const fields = line.trim().split(/\s+/)
      const port = Number.parseInt(fields[1]?.split(':')[1] ?? '', 16)
      return ports.includes(port) && fields[3] !== LISTENING && held.has(fields[INODE_FIELD])
    }).length
  } catch {
    return undefined
  }
}

function inodeOf (file: string): string | undefined {
  try {
    return /^socket:\[(\d+)\]$/.exec(readlinkSync(file))?.[1]
  } catch {
    return undefined // closed meanwhile
  }
}
