import { runSimulate } from './simulate/run-simulate.js'

// The first Ctrl-C ends the load and tells what was measured; a second one is for the impatient.
const controller = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => controller.abort())
}
process.exitCode = await runSimulate(process.argv.slice(2), { out: process.stdout, error: process.stderr, signal: controller.signal })
