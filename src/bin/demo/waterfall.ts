import type { Screen } from '../shared/screen.js'
import type { Step, TurnFigures } from './turn-figures.js'

const NAME_WIDTH = 26
const NUMBER_WIDTH = 8
const FULL = '█'
// Eighths of a cell, so that a few milliseconds are still seen.
const PARTS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉']

/** Draws where the time went: each bar begins where the one above it ended. */
export function drawWaterfall (screen: Screen, figures: TurnFigures): void {
  const width = Math.max(20, Math.min(48, screen.columns - NAME_WIDTH - 2 * NUMBER_WIDTH - 6))
  screen.line(`  ${screen.paint('bold', 'Latency')}${screen.paint('dim', ', in ms after the end of the question')}`)
  drawSteps(screen, figures.untilSound, 0, width, 'cyan')
  const soundAtMs = figures.untilSound.at(-1)?.atMs ?? 0
  if (figures.untilEnd.length === 0) return
  screen.line(screen.paint('dim', `  ${'the reply'.padEnd(NAME_WIDTH)}(another scale)`))
  drawSteps(screen, figures.untilEnd, soundAtMs, width, 'green')
}

export function drawCounts (screen: Screen, figures: TurnFigures): void {
  const kbits = figures.replyMs === 0 ? 0 : figures.bytes * 8 / figures.replyMs
  const item = (name: string, value: string, isBad: boolean): string => `${screen.paint('dim', name)} ${screen.paint(isBad ? 'red' : 'plain', value)}`
  const underruns = figures.underruns === 0 ? '0' : `${figures.underruns} (${Math.round(figures.underrunMs)} ms)`
  screen.line(`  ${screen.paint('bold', 'Audio')}   ${[
    item('frames up', String(figures.uplinkFrames), false),
    item('down', String(figures.frames), figures.frames === 0),
    item('reply', `${(figures.replyMs / 1000).toFixed(1)} s at ${kbits.toFixed(0)} kbit/s`, false),
    item('lead', `${Math.round(figures.leadMinMs)}–${Math.round(figures.leadMaxMs)} ms`, false)
  ].join('   ')}`)
  screen.line(`          ${[
    item('underruns', underruns, figures.underruns > 0),
    item('late', String(figures.lateFrames), figures.lateFrames > 0),
    item('lost', String(figures.lostFrames), figures.lostFrames > 0),
    item('dropped', String(figures.droppedFrames), figures.droppedFrames > 0)
  ].join('   ')}`)
}

function drawSteps (screen: Screen, steps: readonly Step[], fromMs: number, width: number, ink: 'cyan' | 'green'): void {
  // Streams may answer before the end of speech: the scale then begins earlier.
  const lowMs = Math.min(fromMs, ...steps.map(step => step.atMs))
  const highMs = Math.max(fromMs, ...steps.map(step => step.atMs))
  const cellMs = Math.max(1, highMs - lowMs) / width
  let beforeMs = fromMs
  for (const step of steps) {
    const bar = drawBar((Math.min(beforeMs, step.atMs) - lowMs) / cellMs, Math.abs(step.atMs - beforeMs) / cellMs)
    const name = step.name.padEnd(NAME_WIDTH)
    const total = String(Math.round(step.atMs)).padStart(NUMBER_WIDTH)
    const delta = screen.paint('dim', formatDelta(step.atMs - beforeMs).padStart(NUMBER_WIDTH))
    screen.line(`  ${name}${screen.paint(ink, bar.padEnd(width + 1))}${total}${delta}`)
    beforeMs = step.atMs
  }
}

function drawBar (from: number, length: number): string {
  const start = Math.floor(from)
  const eighths = Math.max(1, Math.round((from - start + length) * 8))
  return ' '.repeat(start) + FULL.repeat(eighths >> 3) + PARTS[eighths & 7]!
}

function formatDelta (ms: number): string {
  const rounded = Math.round(ms)
  return rounded < 0 ? String(rounded) : `+${rounded}`
}
