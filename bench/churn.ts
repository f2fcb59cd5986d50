// npm run bench:churn -- [--devices 500] [--seconds 120] [--seed 1] [--json] …
//
// Devices that come and go: all connect within a second, half of the questions come after a new
// connection, some leave the old one half open, and every 40 s all are thrown off at once. Exits as
// bench:talk. docs/benchmarks.md
import { figureOf } from './fleet/figure.js'
import { runLoadCommand } from './fleet/command.js'

await runLoadCommand({
  bench: 'churn',
  scenario: 'churn',
  devices: 300,
  seconds: 120,
  bounds: { errors: { most: 0 }, 'connect p99': { most: 2000 } },
  figures: ({ all, parts }) => [
    figureOf('reconnects', '', all.counts.reconnects, parts.map(({ tally }) => tally.counts.reconnects)),
    figureOf('turns that a storm ended', '', all.counts.disrupted, parts.map(({ tally }) => tally.counts.disrupted)),
    figureOf('connect p50', 'ms', all.percentile('connect', 50), parts.map(({ tally }) => tally.percentile('connect', 50))),
    figureOf('connect p99', 'ms', all.percentile('connect', 99), parts.map(({ tally }) => tally.percentile('connect', 99)))
  ]
})
