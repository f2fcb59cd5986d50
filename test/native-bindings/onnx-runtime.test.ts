import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { sileroFile } from '../../native-bindings/model-files.js'

const binding = new URL('../../native-bindings/silero-vad.js', import.meta.url).href
const load = `import('${binding}').then(({ SileroVad }) => { new SileroVad('${sileroFile().path}', 1) })`

const folder = mkdtempSync(join(tmpdir(), 'chorus-ort-'))
after(() => { rmSync(folder, { recursive: true }) })

// Without CI in the environment, where the library is quiet by itself.
/** What the script leaves in its home and in the temporary folder. */
function tracesOf (script: string): string[] {
  const home = mkdtempSync(join(folder, 'home-'))
  const before = new Set(readdirSync(tmpdir()))
  const env = { PATH: process.env['PATH'], HOME: home }
  const { status, stderr, pid } = spawnSync(process.execPath, ['-e', script], { env, encoding: 'utf8' })
  assert.equal(status, 0, stderr)
  const inTmp = readdirSync(tmpdir()).filter(name => !before.has(name) && name.includes(String(pid)))
  for (const name of inTmp) rmSync(join(tmpdir(), name))
  return [...readdirSync(home), ...inTmp]
}

test('voice detection does not report the process to the maker of its library', () => {
  assert.deepEqual(tracesOf(load), [])
})

test('a thread that could not keep it from reporting does not load it', async () => {
  const worker = new Worker(load, { eval: true, env: {} })
  const [error] = await once(worker, 'error') as [Error]
  assert.match(error.message, /forbidTelemetry/)
})
