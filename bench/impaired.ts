// npm run bench:impaired -- [--devices 100] [--seconds 120] [--seed 1] [--json] …
//
// Conversations over a bad mobile network: delay, jitter, and stalls in which nothing passes.
// Prints how much silence that made in the loudspeakers, and whether anybody was lost. What UDP
// loses, and how that is heard, is `npm run bench:mqtt`. Exits as bench:talk. docs/benchmarks.md
import { figureOf } from './fleet/figure.js'
import { runLoadCommand } from './fleet/command.js'
import { STEP_MS, type FleetTally } from './fleet/tally.js'

const FRAMES_PER_MINUTE = 1000

await runLoadCommand({
  bench: 'impaired',
  scenario: 'impaired',
  devices: 100,
  seconds: 120,
  bounds: { errors: { most: 0 } },
  figures: ({ all, parts }) => [
    figureOf('silence', 's per minute of answers', silence(all), parts.map(({ tally }) => silence(tally))),
    figureOf('longest silence p99', 'ms', all.percentile('gap', 99), parts.map(({ tally }) => tally.percentile('gap', 99)))
  ]
})

function silence ({ counts, histograms: { gap } }: FleetTally): number {
  return gap.totalCount * gap.mean * STEP_MS / 1000 / (counts.frames / FRAMES_PER_MINUTE)
}
