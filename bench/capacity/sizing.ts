export interface Constant {
  readonly value: number
  readonly unit: string
  /** What it is, for people. */
  readonly meaning: string
  /** By what it was found, on which machine, at which commit. */
  readonly source: string
}

export const constantNames = [
  'talkCpuMs', 'gatewayCpuMs', 'localCpuMs', 'idleCpuMs', 'talkKb', 'idleKb', 'socketKb', 'emptyMb', 'inferenceMb', 'upKbit', 'downKbit',
  'spareFiles', 'utilisation', 'certifiedDevices', 'certifiedLocalDevices', 'idleDevices', 'measuredCores'
] as const
export type ConstantName = typeof constantNames[number]
export type Constants = Readonly<Record<ConstantName, Constant>>

/** A fleet: so many devices online, of whom so many percent converse at the same time. */
export interface FleetSize { readonly online: number, readonly talkPercent: number }

/** What a fleet takes. */
export interface Need {
  readonly talking: number
  readonly cores: number
  /** Of the server's processes: each has one gateway thread. */
  readonly processes: number
  readonly memoryMb: number
  readonly isExtrapolated: boolean
}

export interface FleetNeeds extends FleetSize {
  readonly talking: number
  /** Speech recognised by a service. */
  readonly remote: Need
  /** Speech recognised on the machine. */
  readonly local: Need
  /** Open files, over all processes. */
  readonly files: number
  readonly upMbit: number
  readonly downMbit: number
}

export const fleetSizes: readonly FleetSize[] = [100, 1000, 5000, 10_000].flatMap(online => {
  return [2, 5, 10].map(talkPercent => ({ online, talkPercent }))
})

/** The formula of docs/sizing.md, whose words are beside it there. */
export function sizeFleet ({ online, talkPercent }: FleetSize, constants: Constants): FleetNeeds {
  const of = (name: ConstantName): number => constants[name].value
  const talking = Math.ceil(online * talkPercent / 100)
  const need = (talkCpuMs: number, certified: number, isLocal: boolean): Need => {
    const coresUsed = (talking * talkCpuMs + (online - talking) * of('idleCpuMs')) / 1000
    const cores = Math.max(1, Math.ceil(coresUsed / of('utilisation')))
    const processes = Math.max(1, Math.ceil(talking * of('gatewayCpuMs') / 1000 / of('utilisation')))
    // Half of the cores recognise, each with its own model; one loads it for the prompts alone.
    const models = isLocal ? Math.max(processes, Math.ceil(cores / 2)) * of('inferenceMb') : 0
    const memoryMb = processes * of('emptyMb') + models + (online * (of('idleKb') + of('socketKb')) + talking * of('talkKb')) / 1024
    return { talking, cores, processes, memoryMb, isExtrapolated: talking > certified || online > of('idleDevices') || cores > of('measuredCores') }
  }
  return {
    online,
    talkPercent,
    talking,
    remote: need(of('talkCpuMs'), of('certifiedDevices'), false),
    local: need(of('localCpuMs'), of('certifiedLocalDevices'), true),
    files: online + of('spareFiles'),
    upMbit: talking * of('upKbit') / 1000,
    downMbit: talking * of('downKbit') / 1000
  }
}
