import { readFileSync } from 'node:fs'
import { release, totalmem, type } from 'node:os'
import type { MachineDescription } from '../report/result.js'
import { machineFacts } from './machine-facts.js'

/** The machine and the commit, for a result; no host name. */
export function describeMachine (commit = machineFacts().commit): MachineDescription {
  const { node, cpu, cores } = machineFacts()
  return { node, cpu, cores, memoryMb: Math.round(totalmem() / 2 ** 20), kernel: `${type()} ${release()}`, os: readSystemName(), commit }
}

function readSystemName (): string {
  try {
    return /^PRETTY_NAME="?(.*?)"?$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? type()
  } catch {
    return type()
  }
}
