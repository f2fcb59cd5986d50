import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { cases } from '../../bench/micro/cases.js'
import { hotFiles } from '../../bench/micro/hot-files.js'
import type { MicroLine } from '../../bench/micro/types.js'
import { projectDir } from '../../src/core/config.js'

const runner = fileURLToPath(new URL('../../bench/micro/run-variant.js', import.meta.url))

function findHotFiles (): string[] {
  return ['src', 'workers', 'native-bindings'].flatMap(root => {
    return readdirSync(join(projectDir, root), { recursive: true, encoding: 'utf8' })
      .filter(path => path.endsWith('.ts'))
      .map(path => `${root}/${path}`)
      .filter(path => readFileSync(join(projectDir, path), 'utf8').startsWith('// hot path'))
  }).sort()
}

test('every hot file has a benchmark, or a reason why it has none', () => {
  assert.deepEqual(Object.keys(hotFiles).sort(), findHotFiles())
  for (const [file, coverage] of Object.entries(hotFiles)) {
    if ('without' in coverage) assert.ok(coverage.without.length > 20, file)
    else assert.deepEqual(coverage.cases.filter(name => !Object.hasOwn(cases, name)), [], file)
  }
})

test('every case has the variant that the server uses, and the alternative that it names', async () => {
  for (const [name, load] of Object.entries(cases)) {
    const { ours, alternative, variants } = await load()
    assert.ok(Object.hasOwn(variants, ours), `${name}: ${ours}`)
    assert.ok(alternative === undefined || (alternative !== ours && Object.hasOwn(variants, alternative)), `${name}: ${alternative}`)
  }
})

test('every case that stands alone runs in a process of its own', async () => {
  for (const [name, load] of Object.entries(cases)) {
    if ((await load()).alternative !== undefined) continue
    const { stdout } = await promisify(execFile)(process.execPath, [runner, name, 'ours', '0', '5'])
    const { p50 } = JSON.parse(stdout) as MicroLine
    assert.ok(p50 > 0 && p50 < 10_000, `${name}: ${p50} µs`)
  }
})
