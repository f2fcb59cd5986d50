// One variant of one case in a process of its own: prints a line of JSON.
//
//   node build/bench/micro/run-variant.js <case> <variant> <round> <time in ms>
import { PerformanceObserver } from 'node:perf_hooks'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { Bench, type TaskResultCompleted } from 'tinybench'
import { machineFacts } from '../support/machine-facts.js'
import { cases } from './cases.js'
import { consumed, type MicroLine, type Variant } from './types.js'

const WARM_UP_SHARE = 0.4
const LEAST_ITERATIONS = 12

const [bench = '', name = '', round = '0', timeMs = '500'] = process.argv.slice(2)
const { unit, variants } = await cases[bench]!()
const variant = await variants[name]!()
const { latency, gcs } = await measure(variant, Number(timeMs))
const perOperation = (ms: number): number => Number((ms * 1000 / variant.operations).toPrecision(4))
const { node, cpu, cores, commit } = machineFacts()
const line: MicroLine = {
  bench,
  case: name,
  unit,
  node,
  cpu,
  cores,
  commit,
  round: Number(round),
  samples: latency.samplesCount,
  operations: variant.operations,
  p50: perOperation(latency.p50),
  p99: perOperation(latency.p99),
  rme: Number(latency.rme.toFixed(2)),
  gcs
}
process.stdout.write(`${JSON.stringify(line)}\n`)
await variant.close?.()
// Some native part may hold the event loop; what was measured is told.
process.exit(Number.isNaN(consumed()) ? 1 : 0)

async function measure ({ run, prepare }: Variant, time: number): Promise<{ readonly latency: TaskResultCompleted['latency'], readonly gcs: number }> {
  const collections: number[] = []
  const observer = new PerformanceObserver(list => { for (const entry of list.getEntries()) collections.push(entry.startTime) })
  observer.observe({ entryTypes: ['gc'] })
  const runner = new Bench({ time, warmupTime: time * WARM_UP_SHARE, iterations: LEAST_ITERATIONS, throws: true })
  let from = 0
  runner.add(name, run, {
    beforeAll: () => { from = performance.now() }, // of the warm-up, then of the run
    ...(prepare === undefined ? {} : { beforeEach: prepare })
  })
  await runner.run()
  const to = performance.now()
  await nextTurn() // entries are handed over in a later turn of the event loop
  await nextTurn()
  const { result } = runner.tasks[0]!
  if (result.state !== 'completed') throw new Error(`${bench}, ${name}: the run is ${result.state}`)
  return { latency: result.latency, gcs: collections.filter(at => at >= from && at <= to).length }
}
