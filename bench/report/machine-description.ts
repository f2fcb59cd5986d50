import { readFileSync } from 'node:fs'
import { arch, release, totalmem } from 'node:os'
import { machineFacts } from '../support/machine-facts.js'
import type { MachineDescription } from './result.js'

/** This machine, as a reader needs it: what it is, and not what it is called. */
export function describeMachine (commit = machineFacts().commit): MachineDescription {
  return { ...machineFacts(), commit, memoryMb: Math.round(totalmem() / 1024 / 1024), kernel: `${release()} ${arch()}`, os: readSystemName() }
}

function readSystemName (): string {
  try {
    return /^PRETTY_NAME="?([^"\n]*)/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? process.platform
  } catch {
    return process.platform // not every system has that file
  }
}
