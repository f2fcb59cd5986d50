import type { FigureAgreement } from './agreement.js'
import { commandOf } from './command-line.js'
import { html, type Content, type Markup } from './html.js'
import type { BenchResult, MachineDescription } from './result.js'
import { renderFigures } from './figure-table.js'
import { renderHistograms, renderSeries, renderStages, renderThreadsOf } from './plots.js'
import { nameRuns, type NamedRun } from './run-names.js'
import { style } from './style.js'
import { verdictOf, verdictTexts, type VerdictKind } from './verdict.js'

/** One or several runs as a page that needs nothing but itself. */
export function renderReport (results: readonly BenchResult[], agreement?: readonly FigureAgreement[]): Markup {
  const runs = nameRuns(results)
  const [{ result: first }] = runs
  const titles = [...new Set(results.map(({ title }) => title))]
  return renderPage(`${first.bench}: ${titles.join(' / ')}`, html`<header><h1>${titles.join(' / ')}</h1>
<p class="soft">bench:${first.bench} · ${first.startedAt} · ${first.elapsedSeconds} s${runs.length > 1 ? ` · ${runs.length} runs` : ''}</p>
${runs.map(({ name, result }) => renderVerdict(name, result))}${renderMachines(results)}</header>${renderRuns(runs, agreement)}`)
}

/** A whole document. */
export function renderPage (title: string, body: Content): Markup {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${style}</style>
</head>
<body>
${body}
</body>
</html>
`
}

/** All there is to say of runs, from their figures to how to do them again. */
export function renderRuns (runs: readonly NamedRun[], agreement?: readonly FigureAgreement[]): Content {
  return [
    section('Figures', renderFigures(runs, agreement)),
    section('Where the time of an answer goes', renderStages(runs), true),
    section('Distributions', renderHistograms(runs), true),
    section('Over time', renderSeries(runs), true),
    section('Processor time of the server’s threads', renderThreadsOf(runs), true),
    section('Settings', renderSettings(runs)),
    section('What the server complained about', renderComplaints(runs)),
    section('Again', renderCommands(runs))
  ]
}

export function renderBadge (kind: VerdictKind, text: string = verdictTexts[kind]): Markup {
  return html`<span class="badge ${kind}">${text}</span>`
}

/** The machines of some runs: one list where it was the same. */
export function renderMachines (results: readonly BenchResult[]): Content {
  const machines = new Map(results.map(({ machine, transport }) => [JSON.stringify([machine, transport]), { machine, transport }]))
  return [...machines.values()].map(({ machine, transport }) => html`<dl>${machineRows(machine, transport).map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`)
}

export function section (title: string, content: Content, isGrid = false): Content {
  if (content === undefined || (Array.isArray(content) && content.length === 0)) return undefined
  return html`<section><h2>${title}</h2>${isGrid ? html`<div class="plots">${content}</div>` : content}</section>`
}

function machineRows (machine: MachineDescription, transport: string): Array<[string, string]> {
  const { cpu, cores, memoryMb, os, kernel, node, commit } = machine
  return [
    ['processor', `${cpu}, ${cores} ${cores === 1 ? 'core' : 'cores'}`], ['memory', `${(memoryMb / 1024).toFixed(1)} GB`],
    ['system', os], ['kernel', kernel], ['node', node], ['commit', commit], ['transport', transport]
  ]
}

function renderVerdict (name: string, result: BenchResult): Content {
  const { invalid, failures } = result
  return html`<p>${name === '' ? '' : html`<b>${name}</b> `}${renderBadge(verdictOf(result))} ${name === '' ? '' : html`<span class="soft">${result.startedAt}</span>`}</p>
${invalid.length + failures.length === 0 ? undefined : html`<ul>${[...invalid, ...failures].map(text => html`<li>${text}</li>`)}</ul>`}`
}

function renderSettings (runs: readonly NamedRun[]): Content {
  const rows = (kind: 'options' | 'settings') => {
    const names = [...new Set(runs.flatMap(({ result }) => Object.keys(result[kind])))]
    return names.map(key => html`<tr><td>${key}</td><td class="long">${kind === 'options' ? 'benchmark' : 'server'}</td>${runs.map(({ result }) => html`<td>${String(result[kind][key] ?? '–')}</td>`)}</tr>`)
  }
  const head = runs.map(({ name }) => html`<th>${name === '' ? 'value' : name}</th>`)
  const note = runs.every(({ result }) => Object.keys(result.settings).length === 0) ? html`<p class="soft">The server ran with its defaults.</p>` : undefined
  return html`<div class="scroll"><table><thead><tr><th>name</th><th class="long">of</th>${head}</tr></thead><tbody>${rows('options')}${rows('settings')}</tbody></table></div>${note}`
}

function renderComplaints (runs: readonly NamedRun[]): Content {
  const all = runs.flatMap(({ name, result }) => result.complaints.map(text => html`<li>${name === '' ? '' : `${name}: `}${text}</li>`))
  return all.length === 0 ? html`<p class="soft">Nothing: no warning and no error in its log.</p>` : html`<ul>${all}</ul>`
}

function renderCommands (runs: readonly NamedRun[]): Content {
  const commands = [...new Set(runs.map(({ result }) => `git checkout ${result.machine.commit.replace(/\+changes$/, '')}\n${commandOf(result)}`))]
  const changed = runs.some(({ result }) => result.machine.commit.endsWith('+changes'))
  return html`${commands.map(command => html`<pre>${command}</pre>`)}${changed ? html`<p class="soft">+changes: there were changes that are in no commit, and this cannot be repeated exactly.</p>` : undefined}`
}
