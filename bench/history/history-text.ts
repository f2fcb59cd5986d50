import { numberText } from '../report/verdict.js'
import { formatTable } from '../support/figures.js'
import type { HistoryEntry, StoredFigure } from './history-entry.js'

/** Figures that tell how good a run was; a table has those that its runs have. */
const SHOWN = [
  'added latency p50 [ms]', 'added latency p99 [ms]', 'arrival → verdict p99 [ms]', 'underruns', 'underrun share [%]', 'late frames [%]', 'errors',
  'CPU per device-second [ms]', 'RSS per device [KB]', 'RSS slope [MB/min]', 'server CPU [% of a core]'
]

/** A table for each question that was asked, the newest run last. */
export function renderHistory (entries: readonly HistoryEntry[]): string {
  const groups = new Map<string, HistoryEntry[]>()
  for (const entry of entries) {
    const key = `${entry.bench} ${askedText(entry)} · ${entry.machine}`
    groups.set(key, [...groups.get(key) ?? [], entry])
  }
  return [...groups].map(([title, group]) => `${title}\n${renderGroup(group)}`).join('\n\n')
}

function askedText ({ asked }: HistoryEntry): string {
  return Object.entries(asked).map(([name, value]) => `${name}=${String(value)}`).join(' ')
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
