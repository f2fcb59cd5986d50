import { loadConfig, type LoadedConfig } from '../core/config.js'
import { ChorusError, describeError } from '../core/errors.js'
import { createLog, type Log } from '../core/log.js'
import { Server } from './serve/server.js'
import { onSignals } from './serve/signals.js'

/** How long a stop may take before the process gives up on order. */
const STOP_DEADLINE_MS = 4500

let { log, events, server } = create(load())
let restarting = Promise.resolve()
const stopping = onSignals(signal => { void stop(signal, 0) })
await start()

interface Running {
  readonly log: Log
  /** Whoever started this process waits for these lines, whatever else it wants to read. */
  readonly events: Log
  readonly server: Server
}

function create (loaded: LoadedConfig): Running {
  const { json, log: { level } } = loaded.config
  const log = createLog({ json, level })
  const events = createLog({ json, level: level === 'warn' || level === 'error' ? 'info' : level })
  const server = new Server(loaded, log, events, error => { void stop(error.message, 1) }, () => { restarting = restart() })
  return { log, events, server }
}

async function start (): Promise<void> {
  try {
    await server.start()
  } catch (error) {
    if (stopping.isAsked) return
    log.error(describeError(error), { event: 'failed', ...(error instanceof ChorusError ? { code: error.code } : {}) })
    await stop('the start failed', 1)
  }
}

/** Reads the settings anew; where they are wrong everything stays as it is. */
async function restart (): Promise<void> {
  if (stopping.hasBegun) return
  let loaded: LoadedConfig
  try {
    loaded = loadConfig()
  } catch (error) {
    log.error(`no restart: ${describeError(error)}`)
    return
  }
  events.info('restarting', { event: 'restarting' })
  const old = server
  ;({ log, events, server } = create(loaded))
  await old.stop()
  if (!stopping.hasBegun) await start()
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
  await Promise.all([server.stop(), restarting])
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
