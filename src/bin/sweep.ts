import { runSweep } from './sweep/run-sweep.js'

process.exitCode = runSweep(process.argv.slice(2), { out: process.stdout, error: process.stderr })
