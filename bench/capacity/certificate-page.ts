import { compareRuns, scenarioDifferences } from '../report/agreement.js'
import { html, type Content, type Markup } from '../report/html.js'
import { renderBadge, renderMachines, renderPage, renderRuns, section } from '../report/page.js'
import { renderPlot, type Line, type Point } from '../report/plot.js'
import type { BenchResult } from '../report/result.js'
import { nameRuns } from '../report/run-names.js'
import { linearScale } from '../report/scales.js'
import { boundText, isWithin, numberText } from '../report/verdict.js'
import { machineShare, worstOf, type Certificate, type SearchPoint } from './certificate.js'
import { describeLimit, describeVerdict } from './progress.js'
import { ADDED_P99, figureOf, UNDERRUN_SHARE } from './service-level.js'
import type { Phase } from './types.js'

export const asrTexts = { mock: 'recognition by a service', local: 'recognition on this machine' } as const

const PHASES: readonly Phase[] = ['growing', 'narrowing', 'certifying']

/** A certificate as a page that needs nothing but itself. */
export function renderCertificate (certificate: Certificate): Markup {
  const { runs, title, asr, startedAt, elapsedSeconds, command } = certificate
  const heading = `Capacity: ${title}, ${asrTexts[asr]}`
  return renderPage(heading, html`<header><h1>${heading}</h1>
<p class="soft">${startedAt} · ${Math.round(elapsedSeconds / 60)} min · ${certificate.search.length} runs</p>
${renderHeadline(certificate)}${renderMachines([{ machine: certificate.machine, transport: certificate.transport } as BenchResult])}</header>
${section('Service level', renderServiceLevel(certificate))}
${section('Where the limit was', renderLimit(certificate))}
${section('What a device takes', renderShares(certificate))}
${section('The search', renderSearchPlots(certificate), true)}
${section('Its runs', renderAttempts(certificate))}
${section('Command', html`<pre>git checkout ${certificate.machine.commit.replace(/\+changes$/, '')}\n${command}</pre>`)}
${runs.length === 0 ? undefined : html`<h2>The runs of the certificate</h2>`}${renderCertifying(runs)}`)
}

function renderHeadline ({ devices, isHeld, limit }: Certificate): Markup {
  const badge = renderBadge(isHeld ? 'holds' : 'broken', isHeld ? 'held twice' : 'did not hold')
  const atLeast = isHeld && limit !== undefined && limit.kind !== 'server' ? 'at least ' : ''
  return html`<p class="headline">${atLeast}${numberText(devices)} <small>devices in conversation at once</small></p><p>${badge}</p>`
}

function renderServiceLevel ({ serviceLevel, runs }: Certificate): Markup {
  const rows = serviceLevel.map(({ figure, unit, most }) => html`<tr><td>${figure} <span class="unit">${unit}</span></td><td>${boundText({ most })}</td>${runs.map(run => {
    const value = figureOf(run, figure) ?? Number.NaN
    return html`<td class="${isWithin(value, { most }) ? 'holds' : 'broken'}">${numberText(value)}</td>`
  })}</tr>`)
  const head = runs.map((_, index) => html`<th>run ${index + 1}</th>`)
  return html`<div class="scroll"><table><thead><tr><th>figure</th><th>bound</th>${head}</tr></thead><tbody>${rows}</tbody></table></div>
<p class="soft">Underruns are counted in the device: its buffer was empty while it spoke. Added latency is from the arrival of the frame that completes the silence to the first audio handed to the socket, without the time of the providers.</p>`
}

function renderLimit ({ limit, search, machine, threadCounts }: Certificate): Content {
  const counts = Object.entries(threadCounts).map(([kind, count]) => `${count} × ${kind}`).join(', ')
  const threads = html`<p class="soft">Threads of the server: ${counts === '' ? 'not known' : counts}.</p>`
  if (limit === undefined) return [html`<p>Only this number was run; no limit was looked for.</p>`, threads]
  const point = search.findLast(({ devices, verdict }) => devices === limit.devices && (limit.kind === 'none' || verdict.kind !== 'holds'))
  const share = point === undefined ? undefined : machineShare(point.figures, machine.cores)
  return [
    html`<p>${describeLimit(limit)}</p>`,
    point?.busiest === undefined ? undefined : html`<p>There the busiest thread was <b>${point.busiest.kind}</b> with ${numberText(point.busiest.percent)} % of a core.${
      share === undefined ? '' : ` Server, generator and mock service together had ${numberText(share)} % of the machine.`}</p>`,
    threads
  ]
}

function renderShares ({ runs, devices }: Certificate): Content {
  if (runs.length === 0 || devices === 0) return undefined
  const cpu = worstOf(runs, 'CPU per device-second')
  const memory = worstOf(runs, 'RSS per device')
  const kinds = new Map<string, number>()
  for (const { kind, percent } of runs.flatMap(({ threads }) => threads)) {
    kinds.set(kind, (kinds.get(kind) ?? 0) + percent * 10 / devices / runs.length)
  }
  const row = (name: string, unit: string, value: number | undefined): Content => value === undefined ? undefined : html`<tr><td>${name} <span class="unit">${unit}</span></td><td>${numberText(value)}</td></tr>`
  return html`<div class="scroll"><table><tbody>${row('CPU per device-second, the worse run', 'ms', cpu)}${row('memory per device, the worse run', 'KB', memory)}
${[...kinds].filter(([, value]) => value >= 0.001).map(([kind, value]) => row(`of which ${kind}, mean of the runs`, 'ms', value))}</tbody></table></div>`
}

function renderSearchPlots ({ search, serviceLevel }: Certificate): Content {
  const most = Math.max(1, ...search.map(({ devices }) => devices))
  const plot = (title: string, unit: string, limit?: number): Content => renderPlot({
    title, unit, xTitle: 'devices', x: linearScale(0, most), isScatter: true,
    lines: PHASES.map((phase, colour): Line => {
      return { title: phase, colour, points: search.filter(point => point.phase === phase).flatMap(point => markOf(point, title, unit)) }
    }),
    ...limit === undefined ? {} : { limits: [limit] }
  })
  const limitOf = (figure: string): number | undefined => serviceLevel.find(bound => bound.figure === figure)?.most
  const legend = html`<figure><figcaption>Marks</figcaption><p>● it held · ○ the load was the limit · × a bound broke. The dashed line is the service level.</p></figure>`
  return [
    plot(ADDED_P99, 'ms', limitOf(ADDED_P99)), plot(UNDERRUN_SHARE, '% of frames', limitOf(UNDERRUN_SHARE)),
    plot('CPU per device-second', 'ms'), plot('server CPU', '% of a core'), legend
  ]
}

function markOf ({ devices, verdict, figures }: SearchPoint, figure: string, unit: string): Point[] {
  const value = figures[figure]
  if (value === undefined) return []
  return [{ x: devices, y: value, mark: verdict.kind, note: `${devices} devices: ${numberText(value)} ${unit}, ${describeVerdict(verdict)}` }]
}

function renderAttempts ({ search }: Certificate): Markup {
  const figures = [ADDED_P99, UNDERRUN_SHARE, 'CPU per device-second', 'RSS per device', 'generator lateness p99']
  const rows = search.map((point, index) => html`<tr><td>${index + 1}</td><td class="long">${point.phase}</td><td>${point.devices}</td>
${figures.map(name => html`<td>${numberText(point.figures[name] ?? Number.NaN)}</td>`)}<td>${point.busiest === undefined ? '' : `${point.busiest.kind} ${numberText(point.busiest.percent)} %`}</td>
<td class="long ${point.verdict.kind}">${describeVerdict(point.verdict)}</td></tr>`)
  return html`<div class="scroll"><table><thead><tr><th>run</th><th class="long">phase</th><th>devices</th>${figures.map(name => html`<th>${name}</th>`)}<th>busiest thread</th><th class="long">verdict</th></tr></thead>
<tbody>${rows}</tbody></table></div>`
}

function renderCertifying (runs: readonly BenchResult[]): Content {
  const [first, second] = runs
  if (first === undefined) return undefined
  const isPair = second !== undefined && scenarioDifferences(first, second).length === 0
  return renderRuns(nameRuns(runs), isPair ? compareRuns(first, second) : undefined)
}
