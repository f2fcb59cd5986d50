import { runModels } from './models/run-models.js'

// The first Ctrl-C ends the download and keeps what came; a second one is for the impatient.
const controller = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => controller.abort(new Error('it was stopped')))
}
process.exitCode = await runModels(process.argv.slice(2), { out: process.stdout, error: process.stderr, signal: controller.signal })
