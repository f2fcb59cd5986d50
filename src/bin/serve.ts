import { loadConfig, type LoadedConfig } from '../core/config.js'
import { ChorusError, describeError } from '../core/errors.js'
import { createLog } from '../core/log.js'
import { Server } from './serve/server.js'
import { onSignals } from './serve/signals.js'

/** How long a stop may take before the process gives up on order. */
const STOP_DEADLINE_MS = 4500

const loaded = load()
const { json, log: { level } } = loaded.config
const log = createLog({ json, level })
// Whoever started this process waits for these lines, whatever else it wants to read.
const events = createLog({ json, level: level === 'warn' || level === 'error' ? 'info' : level })
const server = new Server(loaded, log, events, error => { void stop(error.message, 1) })
const stopping = onSignals(signal => { void stop(signal, 0) })

try {
  await server.start()
} catch (error) {
  if (!stopping.isAsked) {
    log.error(describeError(error), { event: 'failed', ...(error instanceof ChorusError ? { code: error.code } : {}) })
    await stop('the start failed', 1)
  }
}

/** Stops once, however often it is asked to; a forced end comes only after the ports are closed. */
async function stop (why: string, code: number): Promise<void> {
  if (stopping.hasBegun) return
  stopping.hasBegun = true
  events.info(`stopping: ${why}`, { event: 'stopping' })
  const deadline = setTimeout(() => {
    log.error('a worker did not return in time', { event: 'forced' })
    process.kill(process.pid, 'SIGKILL') // exit() would abort inside native code all the same
  }, STOP_DEADLINE_MS)
  await server.stop()
  clearTimeout(deadline)
  events.info('stopped', { event: 'stopped' })
  process.exitCode = code
  process.exit()
}

function load (): LoadedConfig {
  try {
    return loadConfig()
  } catch (error) {
    process.stderr.write(`${error instanceof ChorusError ? error.message : describeError(error)}\n`)
    process.exit(2)
  }
}
