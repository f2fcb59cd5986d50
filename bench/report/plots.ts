import { renderThreads, renderWaterfall } from './bars.js'
import { percentilePoints, readHistogram } from './histograms.js'
import { html, type Content } from './html.js'
import { renderPlot, type Line } from './plot.js'
import type { RecordedHistogram, Series } from './result.js'
import type { NamedRun } from './run-names.js'
import { linearScale, percentileScale } from './scales.js'
import { COLOURS } from './style.js'
import { numberText } from './verdict.js'

/** Each distribution over percentiles, the runs in one plot. */
export function renderHistograms (runs: readonly NamedRun[]): Content[] {
  return byTitle(runs, ({ result }) => result.histograms).map(([title, found]) => {
    const lines = found.map(({ run, index, item }): Line => ({ title: run.name, colour: index % COLOURS, points: pointsOf(item) }))
    const most = Math.max(90, ...lines.flatMap(({ points }) => points.map(({ x }) => x)))
    const note = found.map(({ run, item }) => html`<p class="note">${named(run.name, quantiles(item))}</p>`)
    return renderPlot({ title, unit: found[0]!.item.unit, xTitle: 'percentile', lines, x: percentileScale(most), note })
  })
}

/** Each series over time, the runs in one plot. */
export function renderSeries (runs: readonly NamedRun[]): Content[] {
  return byTitle<Series>(runs, ({ result }) => result.series).map(([title, found]) => {
    const lines = found.map(({ run, index, item }): Line => {
      return { title: run.name, colour: index % COLOURS, points: item.points.map(([x, y]) => ({ x, y })) }
    })
    const most = Math.max(1, ...lines.flatMap(({ points }) => points.map(({ x }) => x)))
    return renderPlot({ title, unit: found[0]!.item.unit, xTitle: 'seconds', lines, x: linearScale(0, most, { isRound: false }) })
  })
}

export function renderStages (runs: readonly NamedRun[]): Content[] {
  return runs.filter(({ result }) => result.stages.length > 0)
    .map(({ name, result }) => renderWaterfall(named(name, 'a typical turn'), result.stages))
}

export function renderThreadsOf (runs: readonly NamedRun[]): Content[] {
  return runs.filter(({ result }) => result.threads.length > 0).map(({ name, result }) => renderThreads(named(name, 'threads'), result.threads))
}

function pointsOf (histogram: RecordedHistogram): Line['points'] {
  return percentilePoints(histogram).map(({ percentile, value }) => ({ x: percentile, y: value }))
}

function quantiles (recorded: RecordedHistogram): string {
  const histogram = readHistogram(recorded)
  const at = (percentile: number): string => numberText(histogram.getValueAtPercentile(percentile) * recorded.step)
  const largest = numberText(histogram.maxValue * recorded.step)
  return `p50 ${at(50)} · p90 ${at(90)} · p99 ${at(99)} · p99.9 ${at(99.9)} · most ${largest} · of ${numberText(histogram.totalCount)}`
}

interface Found<T> { readonly run: NamedRun, readonly index: number, readonly item: T }

function byTitle<T extends { readonly title: string }> (
  runs: readonly NamedRun[], read: (run: NamedRun) => readonly T[]
): Array<[string, Array<Found<T>>]> {
  const groups = new Map<string, Array<Found<T>>>()
  runs.forEach((run, index) => {
    for (const item of read(run)) groups.set(item.title, [...groups.get(item.title) ?? [], { run, index, item }])
  })
  return [...groups]
}

function named (name: string, title: string): string { return name === '' ? title : `${name}: ${title}` }
