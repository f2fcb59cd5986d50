import { loadConfig, type LoadedConfig } from '../core/config.js'
import { describeError } from '../core/errors.js'
import { fail, ok, renderFindings, type Finding } from './doctor/finding.js'
import { checkClock, checkCores } from './doctor/machine.js'
import { checkAsrService, checkModels, checkNativeParts, checkPrograms } from './doctor/parts.js'
import { checkPorts } from './doctor/ports.js'
import { quickChecks } from './doctor/quick-checks.js'
import { checkStore } from './doctor/store.js'

// The flag counts even where the settings themselves are refused.
const isJson = process.argv.includes('--json')

const findings = await examine()
const hasFailed = findings.some(finding => finding.status === 'fail')
process.stdout.write(isJson ? `${JSON.stringify({ ok: !hasFailed, findings })}\n` : `${renderFindings(findings)}\n${summarise(findings)}\n`)
process.exitCode = hasFailed ? 1 : 0

async function examine (): Promise<Finding[]> {
  let loaded: LoadedConfig
  try {
    loaded = loadConfig()
  } catch (error) {
    return [fail('settings', describeError(error), 'docs/configuration.md lists all settings')]
  }
  const { config, files } = loaded
  const slow = await Promise.all([checkPorts(config), checkNativeParts(), checkModels(loaded), checkPrograms(config)])
  const quick = quickChecks(config).filter(finding => finding.name !== 'clock')
  return [ok('settings', files.join(', ')), ...quick, checkStore(config), checkCores(config), checkClock(new Date()), ...checkAsrService(config), ...slow.flat()]
}

function summarise (all: readonly Finding[]): string {
  const count = (status: Finding['status']): number => all.filter(finding => finding.status === status).length
  return count('fail') > 0
    ? `Chorus will not run: ${count('fail')} to mend, ${count('warn')} to look at.`
    : count('warn') > 0 ? `Chorus will run; ${count('warn')} to look at.` : 'Chorus will run.'
}
