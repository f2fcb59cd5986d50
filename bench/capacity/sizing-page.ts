import { constantNames, fleetSizes, sizeFleet, type Constants, type Need } from './sizing.js'

const MARK = '\\*'

/** docs/sizing.md: it has nothing that is not in the constants. */
export function renderSizing (constants: Constants): string {
  const needs = fleetSizes.map(size => sizeFleet(size, constants))
  const rows = needs.map(({ online, talkPercent, talking, remote, local, files, upMbit, downMbit }) => [
    count(online), `${talkPercent} % = ${count(talking)}`, cores(remote), memory(remote), cores(local), memory(local), count(files),
    `${rough(upMbit)} / ${rough(downMbit)}`
  ])
  return `${HEAD}
${table(['online', 'talking at once', 'cores', 'memory', 'cores, local recognition', 'memory, local recognition', 'open files', 'Mbit/s in / out'], rows)}

${MARK} Extrapolated: more devices or cores than were measured${remark(constants)}. Try it with \`npm run capacity\` on a machine of that size before you buy ten.

“2 cores × 3” is a machine of two cores for each of three processes behind a balancer: one gateway thread cannot use more than one core.

${FORMULA}

## Constants

${table(['name', 'value', 'what it is', 'where it comes from'], constantNames.map(name => {
  const { value, unit, meaning, source } = constants[name]
  return [`\`${name}\``, `${count(value)} ${unit}`.trim(), meaning, source]
}))}
`
}

const HEAD = `# How large a machine for how many devices?

<!-- Made by \`npm run capacity -- --sizing …\` from bench/capacity/sizing-constants.json: do not edit. -->

What counts is how many devices are in a conversation at the same moment; one that is only connected costs a few KB. A conversation here is 5 s of speech, 8 s of answer and 7 s of pause, over and over: without a break, which no household does.
`

const FORMULA = `Not in it: language models and voices (they are services), the database, a proxy for TLS, and recordings on disk.

## Formula

\`\`\`
talking    = ⌈online × share⌉
cores      = ⌈(talking × talkCpuMs + (online − talking) × idleCpuMs) / 1000 / utilisation⌉, at least 1
             with local recognition: localCpuMs instead of talkCpuMs
processes  = ⌈talking × gatewayCpuMs / 1000 / utilisation⌉, at least 1
models     = with local recognition: ⌈cores / 2⌉ × inferenceMb, at least one for each process
memory     = processes × emptyMb + models + (online × (idleKb + socketKb) + talking × talkKb) / 1024
open files = online + spareFiles                        (ulimit -n, over all processes)
network    = talking × upKbit in, talking × downKbit out
\`\`\`

CPU goes by the processor's speed: on another one, take \`talkCpuMs\` from its own certificate.`

function cores ({ cores, processes, isExtrapolated }: Need): string {
  const each = Math.ceil(cores / processes)
  return `${processes === 1 ? count(cores) : `${count(each)} × ${count(processes)}`}${isExtrapolated ? MARK : ''}`
}

function memory ({ memoryMb, isExtrapolated }: Need): string {
  const size = memoryMb < 1000 ? `${Math.ceil(memoryMb / 10) * 10} MB` : `${(Math.ceil(memoryMb / 102.4) / 10).toFixed(1)} GB`
  return `${size}${isExtrapolated ? MARK : ''}`
}

/** What was measured at most, where it was. */
function remark ({ certifiedDevices, certifiedLocalDevices, idleDevices, measuredCores }: Constants): string {
  const certified = (value: number, how: string): string => value > 0 ? `${count(value)} talking ${how} are certified` : `no number talking ${how} is certified yet`
  return ` (${certified(certifiedDevices.value, 'with a service that recognises')}; ${certified(certifiedLocalDevices.value, 'with local recognition')}; ` +
    `${count(idleDevices.value)} online and ${measuredCores.value} cores were measured)`
}

function table (head: readonly string[], rows: ReadonlyArray<readonly string[]>): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(cell => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

function count (value: number): string { return value.toLocaleString('en-US', { maximumFractionDigits: 6 }) }
function rough (value: number): string { return count(Number(value.toPrecision(2))) }
