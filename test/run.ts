import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

// npm test [-- words]         files whose path has one of the words, or all
// npm run test:all            also those in test/long

const SHORT_TIMEOUT_MS = 120000
const LONG_TIMEOUT_MS = 1200000
const CONCURRENCY = 2
const DEBIAN_PACKAGES = { 'espeak-ng': 'espeak-ng' } as const

const testDir = fileURLToPath(new URL('.', import.meta.url))
const args = process.argv.slice(2)
const includesLong = args.includes('--all')
const words = args.filter(argument => !argument.startsWith('--'))

const unknown = args.filter(argument => argument.startsWith('--') && argument !== '--all')
if (unknown.length > 0) stop(`unknown: ${unknown.join(' ')}; there are --all and words to look for in file names`)

const files = listTests(testDir)
  .filter(file => includesLong || !file.startsWith(join(testDir, 'long')))
  .filter(file => words.length === 0 || words.some(word => relative(testDir, file).includes(word)))
  .sort()
if (files.length === 0) stop('no test file has such a name')

if (includesLong) installDebianPackages()
process.stderr.write(`${files.length} test files, ${CONCURRENCY} at a time …\n`)
runTests()

function runTests (): void {
  const child = spawn(process.execPath, [
    '--test',
    `--test-concurrency=${CONCURRENCY}`,
    `--test-timeout=${includesLong ? LONG_TIMEOUT_MS : SHORT_TIMEOUT_MS}`,
    '--test-reporter=spec', '--test-reporter-destination=stdout',
    `--test-reporter=${new URL('./support/total-reporter.js', import.meta.url).href}`, '--test-reporter-destination=stdout',
    ...files
  ], { stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => { child.kill(signal) })
  child.on('error', error => { stop(error.message) })
  child.on('close', (code, signal) => { process.exitCode = code ?? (signal === 'SIGINT' ? 130 : 1) })
}

function listTests (directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap(entry => {
    const path = join(directory, entry.name)
    return entry.isDirectory() ? listTests(path) : entry.name.endsWith('.test.js') ? [path] : []
  })
}

// Tests that need one of these skip themselves where it cannot be had.
function installDebianPackages (): void {
  const missing = Object.entries(DEBIAN_PACKAGES).filter(([program]) => spawnSync(program, ['--version']).error !== undefined).map(([, name]) => name)
  if (missing.length === 0) return
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) {
    process.stderr.write(`without ${missing.join(', ')} some tests are skipped: apt-get install ${missing.join(' ')}\n`)
    return
  }
  process.stderr.write(`installing ${missing.join(', ')} …\n`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  spawnSync('apt-get', ['update', '-qq'], { env })
  const { status } = spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...missing], { env, encoding: 'utf8' })
  if (status !== 0) process.stderr.write(`apt-get could not install ${missing.join(', ')}; some tests are skipped\n`)
}

function stop (message: string): never {
  process.stderr.write(`${message}\n`)
  process.exit(1)
}
