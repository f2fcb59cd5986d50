// npm run bench:talk -- [--devices 100] [--seconds 60] [--asr mock|local] [--scenario talk]
//   [--seed 1] [--generators 1] [--parts 3] [--set name=value,…] [--mock "--token-ms 5"] [--json]
//
// A fleet in conversation with a server on this machine. Prints what the devices saw; the last
// line is JSON. Exits with 1 when a bound is broken, 2 when it could not run, 3 when the load and
// not the server was the limit. docs/benchmarks.md
import { runLoadCommand } from './fleet/command.js'

await runLoadCommand({
  bench: 'talk',
  scenario: 'talk',
  devices: 100,
  seconds: 60,
  bounds: { errors: { most: 0 }, underruns: { most: 0 }, 'late frames': { most: 0.1 } }
})
