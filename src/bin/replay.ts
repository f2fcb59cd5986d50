import { runReplay } from './replay/run-replay.js'

process.exitCode = runReplay(process.argv.slice(2), { out: process.stdout, error: process.stderr })
