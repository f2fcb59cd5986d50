import { html, type Markup } from '../report/html.js'
import type { Frame, ThreadProfile } from './cpu-profile.js'

const WIDTH = 1180
const ROW = 17
/** Narrower ones are left out, in parts of the whole. */
const LEAST_SHARE = 0.0008
const CHARACTER = 6.4

/** A flame graph of each thread, widest first; what a frame is stands in its title. */
export function renderFlames (threads: readonly ThreadProfile[]): Markup {
  return html`${threads.filter(({ root }) => root.totalUs > 0).map(renderThread)}`
}

function renderThread ({ kind, root, sampledUs }: ThreadProfile): Markup {
  const busy = (root.totalUs / sampledUs * 100).toFixed(1)
  const depth = depthOf(root, root.totalUs)
  const height = (depth + 1) * ROW
  return html`<h2>${kind}: awake for ${busy} % of ${(sampledUs / 1e6).toFixed(1)} s</h2>
<div class="scroll"><svg viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" style="font:11px monospace" role="img">
${renderFrame(root, 0, 0, root.totalUs)}</svg></div>
<table><tr><th>by itself</th><th class="long">function</th></tr>${heaviest(root).map(({ name, place, us }) => html`
<tr><td>${(us / root.totalUs * 100).toFixed(1)} %</td><td class="long">${name} <span class="soft">${place}</span></td></tr>`)}</table>`
}

function renderFrame (frame: Frame, fromUs: number, depth: number, allUs: number): Markup {
  const share = frame.totalUs / allUs
  if (share < LEAST_SHARE) return html``
  const x = (fromUs / allUs * WIDTH).toFixed(1)
  const width = share * WIDTH
  const y = depth * ROW
  const letters = Math.floor((width - 4) / CHARACTER)
  const label = letters < 3 ? '' : frame.name.length <= letters ? frame.name : `${frame.name.slice(0, letters - 1)}…`
  let at = fromUs
  const children = [...frame.children.values()].sort((a, b) => b.totalUs - a.totalUs).map(child => {
    const markup = renderFrame(child, at, depth + 1, allUs)
    at += child.totalUs
    return markup
  })
  return html`<g><title>${frame.name} ${frame.place}: ${(share * 100).toFixed(2)} %, by itself ${(frame.selfUs / allUs * 100).toFixed(2)} %</title>
<rect x="${x}" y="${y}" width="${width.toFixed(1)}" height="${ROW - 1}" rx="1" fill="${colourOf(frame)}"/>
<text x="${(Number(x) + 3).toFixed(1)}" y="${y + 12}" fill="#1b1f24">${label}</text></g>
${children}`
}

/** Ours, packages, Node's own, and what is no JavaScript. */
function colourOf ({ name, place }: Frame): string {
  if (place === '') return name === '(garbage collector)' ? '#f4a3a3' : '#d8dee4'
  if (place.startsWith('node:') || place.includes('internal/')) return '#c9dcf2'
  if (/^(voice|session|ring|gateway|threads|dialogue|workers|native-bindings|providers|core|tts|llm|asr|protocol|tools|web|mqtt|store)\//.test(place)) return '#ffc58a'
  return '#f2e3a0'
}

function depthOf (frame: Frame, allUs: number): number {
  const below = [...frame.children.values()].filter(({ totalUs }) => totalUs / allUs >= LEAST_SHARE).map(child => depthOf(child, allUs))
  return 1 + Math.max(0, ...below)
}

function heaviest (root: Frame): { readonly name: string, readonly place: string, readonly us: number }[] {
  const sums = new Map<string, { name: string, place: string, us: number }>()
  const visit = (frame: Frame): void => {
    const key = `${frame.name} ${frame.place}`
    const sum = sums.get(key) ?? { name: frame.name, place: frame.place, us: 0 }
    sum.us += frame.selfUs
    sums.set(key, sum)
    for (const child of frame.children.values()) visit(child)
  }
  visit(root)
  return [...sums.values()].sort((a, b) => b.us - a.us).slice(0, 15)
}
