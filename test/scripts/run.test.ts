import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { projectDir } from '../../src/core/config.js'

// A project with an npm and a compiler that only note that they were called.
const NPM = `
  const { appendFileSync, mkdirSync, writeFileSync, existsSync } = require('node:fs')
  appendFileSync('calls', 'npm ' + process.argv[2] + '\\n')
  if (existsSync('npm-fails')) { console.error('npm error code ENOTFOUND\\nnpm error network'); process.exit(1) }
  mkdirSync('node_modules/typescript/bin', { recursive: true })
  writeFileSync('node_modules/typescript/bin/tsc', require('node:fs').readFileSync('tsc-stub.js'))`
const TSC = `
  const { appendFileSync, mkdirSync, writeFileSync, existsSync, readdirSync } = require('node:fs')
  appendFileSync('calls', 'tsc\\n')
  if (existsSync('tsc-fails')) { console.log('src/bin/hello.ts(1,1): error TS1: no'); process.exit(2) }
  mkdirSync('build/src/bin', { recursive: true })
  for (const name of readdirSync('src/bin')) writeFileSync('build/src/bin/' + name.replace('.ts', '.js'),
    'console.log(JSON.stringify({ pid: process.pid, args: process.argv.slice(2) }))')`

test('the first run installs and builds, the second only runs', async t => {
  const root = makeProject(t)
  const first = await run(root, ['src/bin/hello', '--x', '1'])
  assert.equal(first.code, 0, first.stderr)
  assert.deepEqual(JSON.parse(first.stdout), { pid: first.pid, args: ['--x', '1'] }, 'the entry runs in the same process')
  assert.match(first.stderr, /installing packages \(first time.*building \(first time/s)
  const second = await run(root, ['src/bin/hello'])
  assert.equal(second.stderr, '')
  assert.deepEqual(calls(root), ['npm ci', 'tsc'])
})

test('a changed source is built again, a changed lockfile installed again', async t => {
  const root = makeProject(t)
  await run(root, ['--build-only'])
  utimesSync(join(root, 'src/bin/hello.ts'), 1, 1)
  await run(root, ['--build-only'])
  assert.deepEqual(calls(root), ['npm ci', 'tsc', 'tsc'])
  writeFileSync(join(root, 'package-lock.json'), '{ "packages": { "": {}, "node_modules/new": { "version": "1.0.0" } } }')
  await run(root, ['--build-only'])
  assert.deepEqual(calls(root).slice(3), ['npm ci', 'tsc'])
})

test('packages that somebody installed by hand are taken as they are', async t => {
  const root = makeProject(t)
  writeFileSync(join(root, 'package-lock.json'), '{ "packages": { "": {}, "node_modules/a": { "version": "1.0.0" }, "node_modules/b": { "version": "2.0.0", "optional": true } } }')
  write(root, 'node_modules/.package-lock.json', '{ "packages": { "node_modules/a": { "version": "1.0.0" } } }')
  write(root, 'node_modules/typescript/bin/tsc', TSC)
  await run(root, ['--build-only'])
  assert.deepEqual(calls(root), ['tsc'])
})

test('native parts of another Node.js are installed again', async t => {
  const root = makeProject(t)
  await run(root, ['--build-only'])
  const stamp = join(root, 'node_modules/.chorus-install')
  writeFileSync(stamp, readFileSync(stamp, 'utf8').replace(/\d+\n$/, '1\n'))
  await run(root, ['--build-only'])
  assert.deepEqual(calls(root), ['npm ci', 'tsc', 'npm ci'])
})

test('without a compiler the installation goes on and says what serves', async t => {
  const root = makeProject(t)
  const { code, stderr } = await run(root, ['src/bin/hello'], { PATH: '' })
  assert.equal(code, 0)
  assert.match(stderr, /^no C\+\+ compiler, no make, no Python 3 found: .*prebuilt parts and fallbacks serve$/m)
})

test('two runs at once install once', async t => {
  const root = makeProject(t)
  const results = await Promise.all([run(root, ['src/bin/hello']), run(root, ['src/bin/hello']), run(root, ['src/bin/hello'])])
  assert.deepEqual(results.map(result => result.code), [0, 0, 0])
  assert.deepEqual(calls(root), ['npm ci', 'tsc'])
})

test('the lock of a process that is gone is taken over', async t => {
  const root = makeProject(t)
  write(root, 'build/.run.lock', '4194304 1 some-boot')
  // A number that lives again belongs to somebody else if it was started at another time.
  assert.equal((await run(root, ['--build-only'])).code, 0)
  write(root, 'build/.run.lock', `${process.pid} 1 some-boot`)
  rmSync(join(root, 'build/.stamp'))
  assert.equal((await run(root, ['--build-only'])).code, 0)
  assert.ok(!existsSync(join(root, 'build/.run.lock')))
})

test('a failed installation shows the last lines of npm and what to do', async t => {
  const root = makeProject(t)
  write(root, 'npm-fails', '')
  const { code, stderr } = await run(root, ['src/bin/hello'])
  assert.equal(code, 1)
  assert.match(stderr, /npm ci failed.*npm error code ENOTFOUND.*check the network/s)
  assert.doesNotMatch(stderr, / at .*mjs:/)
})

test('type errors stop the run with their list, and the next run tries again', async t => {
  const root = makeProject(t)
  write(root, 'tsc-fails', '')
  const { code, stdout, stderr } = await run(root, ['src/bin/hello'])
  assert.equal(code, 1)
  assert.equal(stdout, '')
  assert.match(stderr, /hello\.ts\(1,1\): error TS1/)
  rmSync(join(root, 'tsc-fails'))
  assert.equal((await run(root, ['src/bin/hello'])).code, 0)
})

test('what was built from a removed source is removed', async t => {
  const root = makeProject(t)
  write(root, 'src/bin/old.ts', '')
  await run(root, ['--build-only'])
  assert.ok(existsSync(join(root, 'build/src/bin/old.js')))
  rmSync(join(root, 'src/bin/old.ts'))
  await run(root, ['--build-only'])
  assert.ok(!existsSync(join(root, 'build/src/bin/old.js')))
  assert.ok(existsSync(join(root, 'build/src/bin/hello.js')))
})

test('an entry that does not exist is named', async t => {
  const root = makeProject(t)
  const { code, stderr } = await run(root, ['src/bin/nothing'])
  assert.equal(code, 1)
  assert.match(stderr, /there is no src\/bin\/nothing\.ts/)
})

function makeProject (t: TestContext): string {
  const root = mkdtempSync(join(tmpdir(), 'chorus-run-'))
  t.after(() => { rmSync(root, { recursive: true, force: true }) })
  cpSync(join(projectDir, 'scripts'), join(root, 'scripts'), { recursive: true })
  write(root, 'package.json', '{}')
  write(root, 'package-lock.json', '{ "packages": { "": {}, "node_modules/a": { "version": "1.0.0" } } }')
  write(root, 'tsconfig.json', '{}')
  write(root, 'npm-stub.js', NPM)
  write(root, 'tsc-stub.js', TSC)
  write(root, 'src/bin/hello.ts', '')
  return root
}

function write (root: string, path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), text)
}

function calls (root: string): string[] {
  return readFileSync(join(root, 'calls'), 'utf8').trim().split('\n')
}

interface Outcome { readonly code: number | null, readonly pid: number | undefined, readonly stdout: string, readonly stderr: string }

function run (root: string, args: readonly string[], extraEnv: Readonly<Record<string, string>> = {}): Promise<Outcome> {
  return new Promise(resolve => {
    const env = { ...process.env, npm_execpath: join(root, 'npm-stub.js'), ...extraEnv }
    const child = spawn(process.execPath, [join(root, 'scripts/run.mjs'), ...args], { cwd: tmpdir(), env })
    let stdout = ''
    let stderr = ''
    child.stdout.on('data', chunk => { stdout += String(chunk) })
    child.stderr.on('data', chunk => { stderr += String(chunk) })
    child.on('close', code => { resolve({ code, pid: child.pid, stdout, stderr }) })
  })
}
