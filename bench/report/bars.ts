import { short } from '../support/figures.js'
import type { ThreadUse } from '../support/threads.js'
import { html, type Markup } from './html.js'
import type { Stage } from './result.js'

const WIDTH = 420
const ROW = 22
const NAME_WIDTH = 138
const VALUE_WIDTH = 74
const INNER_WIDTH = WIDTH - NAME_WIDTH - VALUE_WIDTH
/** Below this a bar is not seen. */
const LEAST_BAR = 1.5
const BAR_HEIGHT = 12
/** A thread that used less is not worth a row. */
const LEAST_PERCENT = 0.5

interface Bar {
  readonly name: string
  readonly value: string
  readonly colour: string
  readonly from: number
  readonly to: number
  /** How far it may go: a thin line. */
  readonly reach?: number
}

/** Where the time of a typical turn goes; thin lines reach to the 99th percentile of each stage. */
export function renderWaterfall (title: string, stages: readonly Stage[]): Markup {
  let at = 0
  const bars = stages.map(({ name, owner, p50Ms, p99Ms }): Bar => {
    const from = at
    at += p50Ms
    return { name, value: `${short(p50Ms)} / ${short(p99Ms)}`, colour: `owner-${owner}`, from, to: at, reach: from + p99Ms }
  })
  // Without a cap one stage with a long tail would press all others into a line.
  const end = Math.max(at, Math.min(2 * at, ...bars.map(({ reach }) => reach ?? 0)))
  const owners = (['device', 'server', 'provider'] as const).filter(owner => stages.some(stage => stage.owner === owner))
  return html`<figure><figcaption>${title} <span class="unit">ms, p50 / p99</span></figcaption>
<div class="legend">${owners.map(owner => html`<span><i class="owner-${owner}"></i>${owner}</span>`)}</div>${renderBars(title, bars, end)}</figure>`
}

/** What each thread had of one core. */
export function renderThreads (title: string, threads: readonly ThreadUse[]): Markup {
  const busy = threads.filter(({ percent }) => percent >= LEAST_PERCENT)
  const bars = busy.map(({ kind, tid, percent }): Bar => {
    return { name: `${kind} (${tid})`, value: `${short(percent)} %`, colour: percent >= 90 ? 'full' : 'bg0', from: 0, to: percent }
  })
  const total = threads.reduce((sum, { percent }) => sum + percent, 0)
  return html`<figure><figcaption>${title} <span class="unit">% of one core, ${short(total)} % in all</span></figcaption>${renderBars(title, bars, 100)}</figure>`
}

function renderBars (label: string, bars: readonly Bar[], end: number): Markup {
  const scale = (value: number): number => Number((Math.min(1, value / (end || 1)) * INNER_WIDTH).toFixed(1))
  const rows = bars.map(({ name, value, colour, from, to, reach = to }, index) => {
    const y = index * ROW
    const left = NAME_WIDTH + scale(from)
    const middle = y + ROW / 2
    return html`<text class="name" x="${NAME_WIDTH - 6}" y="${middle + 4}" text-anchor="end">${clip(name)}<title>${name}</title></text>
<line class="reach" x1="${left}" x2="${NAME_WIDTH + scale(reach)}" y1="${middle}" y2="${middle}"/>
<rect class="${colour}" x="${left}" y="${middle - BAR_HEIGHT / 2}" width="${Math.max(LEAST_BAR, Number((scale(to) - scale(from)).toFixed(1)))}" height="${BAR_HEIGHT}" rx="2"/>
<text class="name" x="${WIDTH}" y="${middle + 4}" text-anchor="end">${value}</text>`
  })
  return html`<svg viewBox="0 0 ${WIDTH} ${Math.max(1, bars.length) * ROW}" role="img" aria-label="${label}">${rows}</svg>`
}

function clip (name: string): string { return name.length <= 22 ? name : `${name.slice(0, 21)}…` }
