import { runDevices } from './devices/run-devices.js'

process.exitCode = await runDevices(process.argv.slice(2), { out: process.stdout, error: process.stderr })
