import type { Config } from '../../core/config-schema.js'
import type { Finding } from './finding.js'
import { checkClock, checkDataDir, checkDisk, checkMemory, checkNode, checkOpenFiles, isYearSane } from './machine.js'

/**
 * What a start can afford to check: no model is read and no program started. Creates the data
 * directory. Ports are not tried, because listening tells better.
 */
export function quickChecks (config: Config): Finding[] {
  const now = new Date()
  const dataDir = checkDataDir(config.data)
  return [
    checkNode(process.version),
    dataDir,
    ...(dataDir.status === 'ok' ? [checkDisk(config.data)] : []),
    checkOpenFiles(config.gateway.maxConnections),
    checkMemory(config),
    // Whether a sane clock is synchronised is a question for the doctor, not for each start.
    ...(isYearSane(now) ? [] : [checkClock(now)])
  ]
}
