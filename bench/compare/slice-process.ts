// One side of a micro-benchmark that is compared: lives in the build that it measures, and runs a
// slice of work whenever it is told to, so that base and head can take turns within milliseconds.
//
//   node build/bench/compare/slice-process.js <case>
//   → { kind: 'ready' }
//   ← { sliceMs }   → { kind: 'slice', cpuUs, operations }
import { cases } from '../micro/cases.js'
import { consumed, type Variant } from '../micro/types.js'

/** Until the code is optimised; measured, the slowest case takes half of this. */
const WARM_UP_MS = 250

export interface SliceOrder { readonly sliceMs: number }
export type SliceReport =
  | { readonly kind: 'ready' }
  | { readonly kind: 'slice', readonly cpuUs: number, readonly operations: number }

const { ours, variants } = await cases[process.argv[2] ?? '']!()
const variant = await variants[ours]!()
await runSlice(variant, WARM_UP_MS)
process.on('message', message => {
  runSlice(variant, (message as SliceOrder).sliceMs).then(tell, fail)
})
process.once('disconnect', () => { process.exit(Number.isNaN(consumed()) ? 1 : 0) })
tell({ kind: 'ready' })

/** CPU time of the whole process: what work costs in other threads and in V8's counts, too. */
async function runSlice ({ run, prepare, operations }: Variant, sliceMs: number): Promise<SliceReport> {
  const until = performance.now() + sliceMs
  let cpuUs = 0
  let calls = 0
  do {
    prepare?.()
    const before = process.cpuUsage()
    // Long enough for the clock of the CPU, which counts whole microseconds.
    const pause = Math.min(until, performance.now() + 1)
    do {
      const pending = run()
      if (pending !== undefined) await pending
      calls++
    } while (prepare === undefined && performance.now() < pause)
    const { user, system } = process.cpuUsage(before)
    cpuUs += user + system
  } while (performance.now() < until)
  return { kind: 'slice', cpuUs, operations: calls * operations }
}

function tell (report: SliceReport): void { process.send!(report) }

function fail (error: unknown): void {
  process.stderr.write(`${String(error)}\n`)
  process.exit(1)
}
