// npm run bench:latency -- [--devices 280] [--seconds 60] [--asr mock|local] [--seed 1] [--json] …
// npm run bench:latency -- --asr local --curve 5,10,20,30,40
//
// Where the time of an answer goes: a waterfall of its stages, the server's share and the
// providers' apart, at 70 % of capacity; with --curve for several numbers of devices. Exits as
// bench:talk. docs/latency.md, docs/benchmarks.md
import { runLoadCommand } from './fleet/command.js'
import { TurnLatency } from './fleet/turn-latency.js'
import type { Figure } from './report/result.js'

await runLoadCommand({
  bench: 'latency',
  scenario: 'talk',
  devices: 280,
  seconds: 60,
  bounds: { errors: { most: 0 }, 'added latency p50': { most: 20 }, 'added latency p99': { most: 50 }, 'p99 above p50': { most: 35 } },
  figures: ({ parts }): Figure[] => {
    const turns = new TurnLatency(parts[0]!.before, parts.at(-1)!.after)
    const { p50Ms, p99Ms } = turns.of('added')
    return [{ name: 'p99 above p50', value: p99Ms - p50Ms, unit: 'ms' }, { name: 'turns measured', value: turns.count, unit: '' }]
  }
})
