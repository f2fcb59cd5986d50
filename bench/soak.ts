// npm run bench:soak -- [--devices 100] [--seconds 1800] [--seed 1] [--json] …
//
// Conversations with churn, for half an hour: does memory grow, is a file left open? The slope is
// that of the straight line through the samples of resident memory, one a second, from the end of
// the warm-up on (least squares). Exits as bench:talk. docs/benchmarks.md
import { runLoadCommand } from './fleet/command.js'
import { figureOf } from './fleet/figure.js'
import type { LoadOutcome } from './fleet/run-load.js'

/** Caches fill and code is compiled in the first minutes. */
const SETTLE_SECONDS = 240

await runLoadCommand({
  bench: 'soak',
  scenario: 'soak',
  devices: 100,
  seconds: 1800,
  settleSeconds: SETTLE_SECONDS,
  bounds: { errors: { most: 0 }, 'RSS slope': { most: 0.5, least: -0.5 }, 'open files gained': { most: 0 } },
  figures: outcome => {
    const { parts } = outcome
    const first = parts[0]!
    const last = parts.at(-1)!
    return [
      { name: 'RSS slope', value: Number(slope(outcome).toFixed(3)), unit: 'MB/min' },
      figureOf('RSS', 'MB', last.after.residentBytes / 2 ** 20, parts.map(({ after }) => after.residentBytes / 2 ** 20)),
      { name: 'open files gained', value: surplus(last.after) - surplus(first.before), unit: '' },
      figureOf('open files', '', last.after.openFiles, parts.map(({ after }) => after.openFiles))
    ]
  }
})

// Devices that are between two connections at that moment would look like closed files.
function surplus ({ openFiles, health }: LoadOutcome['parts'][number]['after']): number { return openFiles - Number(health['sessions']) }

function slope ({ series, options: { warmUpSeconds } }: LoadOutcome): number {
  const points = series.find(({ unit }) => unit === 'MB')!.points.filter(([seconds]) => seconds >= warmUpSeconds)
  const mean = (read: (point: readonly [number, number]) => number): number => {
    return points.reduce((sum, point) => sum + read(point), 0) / points.length
  }
  const meanMinutes = mean(([seconds]) => seconds / 60)
  const meanMb = mean(([, mb]) => mb)
  const covariance = mean(([seconds, mb]) => (seconds / 60 - meanMinutes) * (mb - meanMb))
  return covariance / mean(([seconds]) => (seconds / 60 - meanMinutes) ** 2)
}
