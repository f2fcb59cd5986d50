import type { BenchResult } from '../report/result.js'
import { numberText } from '../report/verdict.js'
import { worstOf, type Certificate } from './certificate.js'
import { figureOf } from './service-level.js'
import type { ConstantName, Constants } from './sizing.js'

type Values = Readonly<Partial<Record<ConstantName, number>>>

/**
 * Constants with those that a certificate tells, of the worse of its runs.
 * @throws Error when it certifies nothing
 */
export function withCertificate (constants: Constants, certificate: Certificate): Constants {
  const { asr, devices, isHeld, runs, machine, startedAt } = certificate
  if (!isHeld || runs.length === 0) throw new Error(`the certificate of ${startedAt} says that ${devices} devices did not hold: it tells no capacity`)
  const source = `certificate of ${devices} devices, ${asr === 'mock' ? 'a service recognises' : 'local recognition'}: ${describe(machine, startedAt)}`
  const cpuMs = told(worstOf(runs, 'CPU per device-second'), 'CPU per device-second')
  if (asr === 'local') return replace(constants, { localCpuMs: cpuMs, certifiedLocalDevices: devices }, source)
  const gateway = (run: BenchResult): number => run.threads.filter(({ kind }) => kind === 'gateway').reduce((sum, { percent }) => sum + percent, 0)
  return replace(constants, {
    talkCpuMs: cpuMs,
    gatewayCpuMs: Math.max(...runs.map(gateway)) * 10 / devices,
    talkKb: told(worstOf(runs, 'RSS per device'), 'RSS per device'),
    certifiedDevices: devices,
    measuredCores: machine.cores
  }, source)
}

/**
 * Constants with those that bench:idle tells.
 * @throws Error when it does not hold
 */
export function withIdle (constants: Constants, result: BenchResult): Constants {
  if (result.failures.length > 0) throw new Error(`this run of bench:idle does not hold: ${result.failures.join(', ')}`)
  const figure = (name: string): number => told(figureOf(result, name), name)
  const devices = figure('devices')
  return replace(constants, {
    idleCpuMs: figure('CPU') * 10 / devices,
    idleKb: figure('RSS per device'),
    emptyMb: figure('RSS of the empty server'),
    idleDevices: devices
  }, `bench:idle with ${numberText(devices)} devices: ${describe(result.machine, result.startedAt)}`)
}

function replace (constants: Constants, values: Values, source: string): Constants {
  const entries = (Object.entries(values) as Array<[ConstantName, number]>).map(([name, value]) => {
    return [name, { ...constants[name], value: Number(value.toPrecision(4)), source }] as const
  })
  return { ...constants, ...Object.fromEntries(entries) }
}

function told (value: number | undefined, name: string): number {
  if (value !== undefined && Number.isFinite(value)) return value
  throw new Error(`the runs do not tell "${name}"`)
}

function describe ({ cpu, cores, node, commit }: BenchResult['machine'], startedAt: string): string {
  return `${cpu}, ${cores} cores, node ${node}, commit ${commit}, ${startedAt.slice(0, 10)}`
}
