import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { runForJson } from '../../bench/support/child-json.js'

function writeScript (t: TestContext, text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'chorus-child-'))
  t.after(() => { rmSync(folder, { recursive: true }) })
  writeFileSync(join(folder, 'script.cjs'), text)
  return join(folder, 'script.cjs')
}

test('the result of a script is its last line', async t => {
  const script = writeScript(t, 'console.log("first"); console.log(JSON.stringify(process.argv.slice(2))); console.log(\'{"a":1}\'); process.exitCode = 1')
  assert.deepEqual(await runForJson({ name: 'it', script, codes: [0, 1] }), { a: 1 })
})

test('a script that fails or has no result is told with its exit code and last words', async t => {
  const failing = writeScript(t, 'console.log(\'{"a":1}\'); process.stderr.write("one\\nno such thing\\n"); process.exitCode = 3')
  await assert.rejects(runForJson({ name: 'it', script: failing }), /^Error: it: its process ended with 3: no such thing$/)
  await assert.rejects(runForJson({ name: 'it', script: writeScript(t, '') }), /^Error: it: its process ended with 0: it said nothing$/)
})
