import { runDemo } from './demo/run-demo.js'

// The first Ctrl-C hangs up and stops the server; a second one is for the impatient.
const controller = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => controller.abort())
}
process.exitCode = await runDemo(process.argv.slice(2), { out: process.stdout, error: process.stderr, signal: controller.signal })
