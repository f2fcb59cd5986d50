import { numberText } from '../report/verdict.js'
import { formatTable } from '../support/figures.js'
import type { HistoryEntry, StoredFigure } from './history-entry.js'

/** Options that a title has; the others tell runs apart all the same. */
const NAMED = ['devices', 'asr', 'scenario', 'speech', 'pause', 'seconds']

/** Figures that tell how good a run was; a table has those that its runs have. */
const SHOWN = [
  'added latency p50 [ms]', 'added latency p99 [ms]', 'arrival → verdict p99 [ms]', 'underruns', 'underrun share [%]', 'late frames [%]', 'errors',
  'CPU per device-second [ms]', 'RSS per device [KB]', 'RSS slope [MB/min]', 'server CPU [% of a core]', 'CPU [% of a core]'
]

/** A table for each question that was asked, the newest run last. */
export function renderHistory (entries: readonly HistoryEntry[]): string {
  const groups = new Map<string, [HistoryEntry, ...HistoryEntry[]]>()
  for (const entry of entries) {
    const key = JSON.stringify([entry.bench, entry.asked, entry.machine])
    groups.set(key, [...groups.get(key) ?? [], entry] as [HistoryEntry, ...HistoryEntry[]])
  }
  return [...groups.values()].map(group => `${titleOf(group[0])}\n${renderGroup(group).trimEnd()}`).join('\n\n')
}

function titleOf ({ bench, asked, machine }: HistoryEntry): string {
  const named = NAMED.filter(name => asked[name] !== undefined).map(name => `${name} ${String(asked[name])}`)
  return `${[bench, ...named].join(', ')} · ${machine}`
}

function renderGroup (entries: readonly HistoryEntry[]): string {
  const names = SHOWN.filter(name => entries.some(({ figures }) => figures[name] !== undefined))
  const rows = [...entries].sort((a, b) => a.at.localeCompare(b.at)).map(({ at, commit, holds, figures }) => [
    at.slice(0, 16).replace('T', ' '), commit, ...names.map(name => figureText(figures[name])), holds ? 'holds' : 'does not hold'
  ])
  return formatTable([['at (UTC)', 'commit', ...names, ''], ...rows])
}

function figureText (figure: StoredFigure | undefined): string {
  if (figure === undefined) return '–'
  const [value, least, most] = figure
  return least === undefined ? numberText(value) : `${numberText(value)} (${numberText(least)} – ${numberText(most!)})`
}
