import { html, type Content, type Markup } from './html.js'
import { linearScale, type Scale } from './scales.js'

export interface Line {
  readonly title: string
  /** Of the palette: equal numbers are equal colours all over a page. */
  readonly colour: number
  readonly points: readonly Point[]
}

export interface Point {
  readonly x: number
  readonly y: number
  /** Drawn as a mark of its own: a filled circle, an open one, a cross. */
  readonly mark?: 'holds' | 'invalid' | 'broken'
  /** Shown when it is pointed at. */
  readonly note?: string
}

export interface PlotOptions {
  readonly title: string
  readonly xTitle: string
  readonly unit: string
  readonly lines: readonly Line[]
  readonly x: Scale
  /** Horizontal lines that the values should keep below or above. */
  readonly limits?: readonly number[]
  /** Only the marks, where no line leads from one to the next. */
  readonly isScatter?: boolean
  /** Below the plot. */
  readonly note?: Content
}

// Narrow, so that the text is still readable where a phone shows the plot 330 px wide.
const WIDTH = 420
const HEIGHT = 230
const LEFT = 46
const RIGHT = 12
const TOP = 10
const BOTTOM = 36
const INNER_WIDTH = WIDTH - LEFT - RIGHT
const INNER_HEIGHT = HEIGHT - TOP - BOTTOM
const MARK = 4

/** Values over a scale, in SVG, with a legend where there are several lines. */
export function renderPlot (options: PlotOptions): Markup {
  const { title, unit, xTitle, lines, x, limits = [], note } = options
  const values = [...lines.flatMap(({ points }) => points.map(({ y }) => y)), ...limits].filter(Number.isFinite)
  const y = linearScale(Math.min(0, ...values), Math.max(0, ...values))
  const label = `${title}: ${unit} over ${xTitle}`
  return html`<figure><figcaption>${title}${unit === '' ? '' : html` <span class="unit">${unit}</span>`}</figcaption>${renderLegend(lines)}
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${label}">${renderGrid(x, y)}
<text class="tick" x="${LEFT + INNER_WIDTH / 2}" y="${HEIGHT - 4}" text-anchor="middle">${xTitle}</text>
${limits.map(limit => renderLimit(limit, y))}${lines.map(line => renderLine(line, options, y))}</svg>${note}</figure>`
}

function renderLegend (lines: readonly Line[]): Content {
  if (lines.length < 2) return undefined
  return html`<div class="legend">${lines.map(({ title, colour }) => html`<span><i class="bg${colour}"></i>${title}</span>`)}</div>`
}

function renderGrid (x: Scale, y: Scale): Content {
  return [
    y.ticks.map(({ value, label }) => html`<line class="grid" x1="${LEFT}" x2="${LEFT + INNER_WIDTH}" y1="${down(y, value)}" y2="${down(y, value)}"/>
<text class="tick" x="${LEFT - 5}" y="${down(y, value) + 3.5}" text-anchor="end">${label}</text>`),
    x.ticks.map(({ value, label }) => html`<line class="grid" x1="${right(x, value)}" x2="${right(x, value)}" y1="${TOP}" y2="${TOP + INNER_HEIGHT}"/>
<text class="tick" x="${right(x, value)}" y="${TOP + INNER_HEIGHT + 14}" text-anchor="middle">${label}</text>`)
  ]
}

function renderLimit (limit: number, y: Scale): Markup {
  return html`<line class="limit" x1="${LEFT}" x2="${LEFT + INNER_WIDTH}" y1="${down(y, limit)}" y2="${down(y, limit)}"><title>bound: ${limit}</title></line>`
}

function renderLine ({ points, colour, title }: Line, { x, unit, isScatter = false }: PlotOptions, y: Scale): Content {
  const drawn = points.filter(point => Number.isFinite(point.x) && Number.isFinite(point.y))
  const path = drawn.map((point, index) => `${index === 0 ? 'M' : 'L'}${right(x, point.x)} ${down(y, point.y)}`).join('')
  const marks = drawn.filter(point => point.mark !== undefined || drawn.length === 1)
    .map(point => renderMark(point, colour, right(x, point.x), down(y, point.y), unit))
  return [isScatter || drawn.length < 2 ? undefined : html`<path class="line s${colour}" d="${path}"><title>${title}</title></path>`, marks]
}

function renderMark ({ mark, note, x, y: value }: Point, colour: number, left: number, top: number, unit: string): Markup {
  const title = html`<title>${note ?? `${x}: ${value} ${unit}`}</title>`
  if (mark === 'broken') {
    return html`<path class="line bad" d="M${left - MARK} ${top - MARK}L${left + MARK} ${top + MARK}M${left - MARK} ${top + MARK}L${left + MARK} ${top - MARK}">${title}</path>`
  }
  return html`<circle class="${mark === 'invalid' ? 'open' : 'dot'} s${colour}" cx="${left}" cy="${top}" r="${MARK}">${title}</circle>`
}

function right (scale: Scale, value: number): number { return tenth(LEFT + scale.place(value) * INNER_WIDTH) }
function down (scale: Scale, value: number): number { return tenth(TOP + (1 - scale.place(value)) * INNER_HEIGHT) }
function tenth (value: number): number { return Number(value.toFixed(1)) }
