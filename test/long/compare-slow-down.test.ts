import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import type { BenchResult } from '../../bench/report/result.js'
import { projectDir } from '../../src/core/config.js'

const HOT_FILE = join('workers', 'voice', 'echo-detector.ts')
/** Every tenth answer is found twice. */
const SLOWER = `isEcho (): boolean {
    if (++this.#asked % 10 === 0) this.#judge()
    return this.#judge()
  }

  #asked = 0

  #judge (): boolean {
`

const isCheckout = existsSync(join(projectDir, '.git'))

/** A repository of its own, with the packages and the build of this one. */
function cloneProject (t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'chorus-test-'))
  t.after(() => { rmSync(folder, { recursive: true, force: true }) })
  const clone = join(folder, 'clone')
  execFileSync('git', ['clone', '--quiet', '--shared', projectDir, clone])
  symlinkSync(realpathSync(join(projectDir, 'node_modules')), join(clone, 'node_modules'))
  cpSync(join(projectDir, 'build'), join(clone, 'build'), { recursive: true })
  return clone
}

function commitSlowDown (clone: string): void {
  const path = join(clone, HOT_FILE)
  const source = readFileSync(path, 'utf8')
  const slower = source.replace('isEcho (): boolean {\n', SLOWER)
  assert.notEqual(slower, source)
  writeFileSync(path, slower)
  execFileSync('git', ['-c', 'user.name=test', '-c', 'user.email=test@localhost', 'commit', '--quiet', '--all', '--message', 'slower'], { cwd: clone })
}

interface Comparison { readonly code: number, readonly table: string, readonly result: BenchResult }

async function compare (t: TestContext, clone: string, base: string, head: string): Promise<Comparison> {
  const args = ['--base', base, '--head', head, '--only', 'echo,endpointer', '--max-minutes', '1.5', '--json']
  const child = spawn(process.execPath, [join(clone, 'build', 'bench', 'compare.js'), ...args], { cwd: clone, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  let table = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => { output += text })
  child.stderr.setEncoding('utf8').on('data', (text: string) => { table += text })
  const [code] = await once(child, 'close') as [number]
  t.diagnostic(table)
  return { code, table, result: JSON.parse(output.trim()) as BenchResult }
}

test('a commit against itself makes no difference; one in which a hot function takes 10 % longer is found', {
  skip: isCheckout ? false : 'this is no git checkout'
}, async t => {
  const clone = cloneProject(t)
  const same = await compare(t, clone, 'HEAD', 'HEAD')
  assert.equal(same.code, 0)
  assert.match(same.table, /^echo .* no difference$/m)
  assert.match(same.table, /^endpointer .* no difference$/m)

  commitSlowDown(clone)
  const slower = await compare(t, clone, 'HEAD~1', 'HEAD')
  assert.equal(slower.code, 1)
  assert.match(slower.table, /^echo .* slower$/m)
  assert.match(slower.table, /^endpointer .* no difference$/m)
  const [echo] = slower.result.figures
  assert.ok(echo!.value > 1.06 && echo!.value < 1.15, `${echo!.value}`)
  assert.equal(slower.result.failures.length, 1)
})
