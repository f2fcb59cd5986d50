import { agreementTexts, type FigureAgreement } from './agreement.js'
import { html, type Content } from './html.js'
import type { Figure } from './result.js'
import type { NamedRun } from './run-names.js'
import { boundText, isWithin, numberText, spreadText } from './verdict.js'

/** Figures of runs beside each other, with what they must keep to. */
export function renderFigures (runs: readonly NamedRun[], agreement?: readonly FigureAgreement[]): Content {
  const names = [...new Set(runs.flatMap(({ result }) => result.figures.map(({ name }) => name)))]
  const head = runs.map(({ name }) => html`<th>${name === '' ? 'value' : name}</th><th>least – most</th>`)
  const rows = names.map(name => {
    const figures = runs.map(({ result }) => result.figures.find(figure => figure.name === name))
    const known = figures.find(figure => figure !== undefined)!
    const judged = agreement?.find(figure => figure.name === name)
    return html`<tr><td>${name} <span class="unit">${known.unit}</span></td>${figures.map(renderCells)}<td>${boundText(known.bound)}</td>${
      agreement === undefined ? undefined : html`<td class="${judged?.kind ?? ''}">${judged === undefined ? '' : agreementTexts[judged.kind]}</td>`}</tr>`
  })
  return html`<div class="scroll"><table><thead><tr><th>figure</th>${head}<th>bound</th>${agreement === undefined ? undefined : html`<th>runs</th>`}</tr></thead>
<tbody>${rows}</tbody></table></div>
<p class="soft">least – most: over the parts into which the measured time is divided.</p>`
}

function renderCells (figure: Figure | undefined): Content {
  if (figure === undefined) return html`<td>–</td><td></td>`
  const { bound, value } = figure
  const verdict = bound === undefined ? '' : isWithin(value, bound) ? 'holds' : 'broken'
  return html`<td class="${verdict}">${numberText(value)}</td><td class="soft">${spreadText(figure)}</td>`
}
