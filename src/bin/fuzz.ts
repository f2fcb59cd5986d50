import { runFuzz } from './fuzz/run-fuzz.js'

const controller = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => controller.abort())
}
process.exitCode = await runFuzz(process.argv.slice(2), { out: process.stdout, error: process.stderr, signal: controller.signal })
