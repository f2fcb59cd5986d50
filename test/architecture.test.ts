import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { projectDir } from '../src/core/config.js'
import { findCycle, findWrongArrows, layerOf, parseModule, readArrows, readModules } from './architecture-graph.js'

const SOURCE_LINES = 300
const TEST_LINES = 500

const modules = readModules(projectDir)
const arrows = readArrows(readFileSync(join(projectDir, 'docs', 'architecture.md'), 'utf8'))

test('every import follows an arrow of docs/architecture.md', () => {
  assert.ok(modules.length > 20 && arrows.size > 10, 'nothing was read')
  assert.deepEqual(findWrongArrows(modules, arrows), [])
})

test('every folder of the sources has a row in docs/architecture.md', () => {
  const known = new Set([...arrows.keys(), 'test', 'bench', 'plugins', 'apps', 'plugin-api'])
  assert.deepEqual([...new Set(modules.map(module => layerOf(module.path)))].filter(layer => !known.has(layer)), [])
})

test('no file imports itself by a detour, types included', () => {
  assert.equal(findCycle(modules)?.join(' → '), undefined)
})

test('every imported file exists', () => {
  const paths = new Set(modules.map(module => module.path))
  const missing = modules.flatMap(({ path, imports }) => imports
    .filter(target => target.endsWith('.ts') && !isThere(target, paths))
    .map(target => `${path} → ${target}`))
  assert.deepEqual(missing, [])
})

test('no file is longer than its limit', () => {
  const limitOf = (path: string): number => /^(test|bench)\//.test(path) ? TEST_LINES : SOURCE_LINES
  assert.deepEqual(modules.filter(({ path, lineCount }) => lineCount > limitOf(path)).map(({ path, lineCount }) => `${path}: ${lineCount}`), [])
})

test('imports are found in every form', () => {
  const text = `
    import { a } from './a.js'
    import type { B } from '../b.js'
    export * from './c.js'
    const d = await import('./d.js')
    type E = import('./e.js').E
    new Worker(new URL('./f-worker.js', import.meta.url))
    const text = "import './not.js'"
    import fs from 'node:fs'`
  const { imports, urls } = parseModule('src/core/x.ts', text)
  assert.deepEqual([...imports].sort(), ['src/b.ts', 'src/core/a.ts', 'src/core/c.ts', 'src/core/d.ts', 'src/core/e.ts'])
  assert.deepEqual(urls, ['src/core/f-worker.ts'])
})

test('wrong arrows are found', () => {
  const wrong = (path: string, target: string): boolean => {
    return findWrongArrows([{ path, lineCount: 1, imports: [target], urls: [] }], arrows).length > 0
  }
  const bad = [
    ['src/core/a.ts', 'src/ring/b.ts'],
    ['src/ring/a.ts', 'native-bindings/opus.ts'],
    ['native-bindings/opus.ts', 'src/ring/b.ts'],
    ['src/threads/a.ts', 'workers/voice-worker.ts'],
    ['src/dialogue/a.ts', 'src/providers/tts/flite.ts'],
    ['src/dialogue/a.ts', 'src/providers/openai-connection.ts'],
    ['src/bin/serve.ts', 'src/providers/tts/flite.ts'],
    ['src/providers/tts/flite.ts', 'src/providers/llm/openai.ts'],
    ['workers/voice/a.ts', 'workers/inference/b.ts'],
    ['workers/inference/a.ts', 'src/providers/registry.ts'],
    ['workers/shared.ts', 'src/dialogue/b.ts'],
    ['tools/simulator/a.ts', 'src/core/errors.ts'],
    ['tools/simulator/a.ts', 'native-bindings/opus.ts'],
    ['apps/console/a.ts', 'src/core/errors.ts'],
    ['src/core/a.ts', 'test/b.ts'],
    ['src/gateway/a.ts', 'src/bin/serve.ts']
  ] as const
  assert.deepEqual(bad.filter(([path, target]) => !wrong(path, target)), [])
  const good = [
    ['src/dialogue/a.ts', 'src/providers/registry.ts'],
    ['src/providers/registry.ts', 'src/providers/tts/flite.ts'],
    ['src/providers/llm/offline.ts', 'src/providers/llm/offline/replies.ts'],
    ['workers/inference-worker.ts', 'src/providers/tts/flite.ts'],
    ['workers/voice/a.ts', 'workers/thread-setup.ts'],
    ['src/bin/serve.ts', 'workers/voice-worker.ts'],
    ['src/bin/demo.ts', 'tools/simulator/a.ts'],
    ['src/gateway/a.ts', 'native-bindings/uws.ts'],
    ['plugins/music/a.ts', 'src/plugin-api/index.ts'],
    ['test/a.test.ts', 'src/providers/tts/flite.ts']
  ] as const
  assert.deepEqual(good.filter(([path, target]) => wrong(path, target)), [])
})

test('a thread is started from a URL by those who may', () => {
  const starts = (path: string, url: string): boolean => {
    return findWrongArrows([{ path, lineCount: 1, imports: [], urls: [url] }], arrows).length === 0
  }
  assert.ok(starts('src/threads/a.ts', 'workers/voice-worker.ts'))
  assert.ok(starts('src/bin/serve.ts', 'workers/voice-worker.ts'))
  assert.ok(starts('native-bindings/a.ts', 'package.json'))
  assert.ok(!starts('src/gateway/a.ts', 'workers/voice-worker.ts'))
  assert.ok(!starts('src/threads/a.ts', 'src/dialogue/a.ts'))
})

test('cycles are found', () => {
  const make = (path: string, imports: string[]) => ({ path, lineCount: 1, imports, urls: [] })
  assert.deepEqual(findCycle([make('a', ['b']), make('b', ['c']), make('c', ['b'])]), ['b', 'c', 'b'])
  assert.equal(findCycle([make('a', ['b', 'c']), make('b', ['c']), make('c', [])]), undefined)
})

function isThere (target: string, paths: ReadonlySet<string>): boolean {
  return paths.has(target) || paths.has(target.replace(/\.ts$/, '.d.ts')) || paths.has(target.replace(/\.ts$/, '.tsx'))
}
