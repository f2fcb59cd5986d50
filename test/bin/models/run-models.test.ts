import assert from 'node:assert/strict'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import type { Model } from '../../../src/bin/models/manifest.js'
import { Progress } from '../../../src/bin/models/progress.js'
import { runModels } from '../../../src/bin/models/run-models.js'
import { FileServer } from './file-server.js'
import { makeFolder, makeModel, sha256, writeManifest } from './make-model.js'

test('the list tells what is installed, what can be, under which licence, and what makes use of it', async t => {
  const { code, out } = await run(['--data', makeFolder(t)])
  assert.equal(code, 0)
  assert.match(out, /^moonshine-base +recognition +English +63 MB +MIT +asr\.provider moonshine +installed$/m)
  assert.match(out, /^sense-voice +recognition +5 languages +163 MB +FunASR Model License +asr\.provider sense-voice +not installed$/m)
  assert.match(out, /^kokoro-zh-en +voice +Chinese, English +147 MB +Apache-2\.0.* not yet +not installed$/m)
})

test('a model is downloaded by its name, listed and verified', async t => {
  const { args, server } = await setUp(t)
  const done = await run(['download', 'some-model', ...args, '--from', server.url])
  assert.equal(done.code, 0, done.error)
  assert.match(done.out, /^some-model: Some model\nlicence: Some licence, http:.*\n.* to download from http.*\ndownloaded 0\.2 MB of 0\.2 MB\nunpacking …\ninstalled and verified: /s)
  const list = await run(['list', ...args])
  assert.match(list.out, /^some-model .* installed$/m)
  const again = await run(['download', 'some-model', ...args, '--from', server.url])
  assert.equal(again.code, 0)
  assert.match(again.out, /^some-model: .*\nlicence: .*\ninstalled already, and verified: .*some-model\n$/)
  const verified = await run(['verify', 'some-model', ...args])
  assert.deepEqual([verified.code, verified.out.match(/^ok /gm)?.length], [0, 2])
  const all = await run(['verify', ...args])
  assert.deepEqual([all.code, all.out.match(/^ok /gm)?.length], [0, 7])
})

test('"install" is another word for it', async t => {
  const { args, server } = await setUp(t)
  assert.equal((await run(['install', 'some-model', ...args, '--from', server.url])).code, 0)
})

test('the list as JSON is for programs', async t => {
  const { args } = await setUp(t)
  const { out } = await run(['--json', ...args])
  const entries = JSON.parse(out) as Array<{ name: string, state: string, file?: string }>
  const { state, file } = entries.find(({ name }) => name === 'some-model')!
  assert.deepEqual([state, file], ['not installed', 'some-model.tar.bz2'])
})

test('a mirror of the operator is asked first, below its tag', async t => {
  const { args, archive, model } = await setUp(t, { download: { file: 'some-model.tar.bz2', tag: 'asr-models' } })
  const mirror = await FileServer.start(t, {})
  mirror.files.set('/base/asr-models/some-model.tar.bz2', archive)
  const done = await run(['download', model.name, ...args, '--models.mirrors', `${mirror.base}/base/`, '--sha256', sha256(archive)])
  assert.equal(done.code, 0, done.error)
  assert.deepEqual(mirror.paths, ['/base/asr-models/some-model.tar.bz2'])
})

test('where no mirror has the archive, its files come one by one, if all their sums are known', async t => {
  const mirror = await FileServer.start(t, {})
  const { args, files } = await setUp(t, { huggingFace: 'some/repository', download: { file: 'some-model.tar.bz2', url: `${mirror.base}/x`, sha256: '0'.repeat(64) } })
  const hub = await FileServer.start(t, {})
  for (const [path, bytes] of files) hub.files.set(`/some/repository/resolve/main/${path}`, bytes)
  hub.faults.push({ kind: 'cut', after: 90_000 })
  const done = await run(['download', 'some-model', ...args, '--models.huggingFace', hub.base])
  assert.equal(done.code, 0, done.error)
  assert.match(done.out, /its files one by one/)
  assert.equal((await run(['verify', 'some-model', ...args])).code, 0)
  assert.equal(hub.paths.length, 3)
})

test('a damaged file is named with the command that helps, and fails the check', async t => {
  const { args, server, data } = await setUp(t)
  await run(['download', 'some-model', ...args, '--from', server.url])
  writeFileSync(join(data, 'models', 'some-model', 'tokens.txt'), '<unk> 1\n')
  const { code, out } = await run(['verify', 'some-model', ...args])
  assert.equal(code, 1)
  assert.match(out, /^wrong {2}.*tokens\.txt\n.*has sha256 .*\n +→ npm run models -- download some-model\n$/m)
  assert.equal((await run(['list', ...args])).code, 0)
  writeFileSync(join(data, 'models', 'some-model', 'tokens.txt'), 'cut')
  const list = await run(['list', ...args])
  assert.match(list.out, /^some-model .* does not match: tokens\.txt has 3 bytes, not 8$/m)
  assert.equal(list.code, 1)
  assert.equal((await run(['verify', 'sense-voice', ...args])).code, 1)
})

test('a part of a download is listed as such', async t => {
  const { args, server, archive } = await setUp(t)
  server.faults.push({ kind: 'cut', after: archive.length >> 1 }, { kind: 'status', status: 500 })
  await run(['download', 'some-model', ...args, '--from', server.url, '--models.resumes', '0'])
  assert.match((await run(['list', ...args])).out, /^some-model .* partial \(\d+ %\)$/m)
})

test('what cannot be done is a line with a code, and the exit code tells', async t => {
  const { args, server } = await setUp(t, { licence: { name: 'Strict', url: 'http://127.0.0.1:9/', permissive: false } })
  const refused = await run(['download', 'some-model', ...args, '--from', server.url])
  assert.equal(refused.code, 1)
  assert.match(refused.error, /^CHORUS_MODEL_LICENCE: some-model is under the licence "Strict".*--accept-licence\n$/)
  server.faults.push({ kind: 'status', status: 503 })
  const unreachable = await run(['download', 'some-model', ...args, '--from', server.url, '--accept-licence'])
  assert.equal(unreachable.code, 1)
  assert.match(unreachable.error, /CHORUS_MODEL_UNREACHABLE: .*status 503/)
  assert.match(unreachable.out, /licence: Strict, http:\/\/127\.0\.0\.1:9\/\n/)
})

test('a file that was brought is installed, and what it needs is named', async t => {
  const body = Buffer.from('a network')
  const needed = makeModel(t, { name: 'needed' }).model
  const { args, data } = await setUp(t, {
    download: { file: 'one.onnx', tag: 'some', bytes: body.length, sha256: sha256(body) }, files: { model: { path: 'one.onnx' } }, with: ['needed']
  }, [needed])
  const file = join(makeFolder(t), 'any-name')
  writeFileSync(file, body)
  const { code, out, error } = await run(['add', 'some-model', file, ...args])
  assert.equal(code, 0, error)
  assert.match(out, /It needs needed too/)
  assert.deepEqual(readFileSync(join(data, 'models', 'some-model', 'one.onnx')), body)
})

test('Ctrl-C while a model is unpacked is one line, and nothing is left of it', async t => {
  const { model, archive } = makeModel(t, {}, Buffer.alloc(9_000_000))
  const data = makeFolder(t)
  const file = join(makeFolder(t), 'archive')
  writeFileSync(file, archive)
  const controller = new AbortController()
  const onText = (text: string): void => { if (text.startsWith('unpacking')) setImmediate(() => { controller.abort(new Error('it was stopped')) }) }
  const { code, error } = await run(['add', model.name, file, '--data', data, '--models.manifest', writeManifest(t, [model])], controller.signal, onText)
  assert.equal(code, 1)
  assert.match(error, /^it was stopped; .*\n$/)
  assert.deepEqual(readdirSync(join(data, 'models')), [])
})

test('a wrong call shows how it is meant', async () => {
  for (const words of [['instal'], ['download'], ['add', 'sense-voice'], ['list', 'x']]) {
    const { code, error } = await run(words)
    assert.equal(code, 2)
    assert.match(error, /usage: npm run models/)
  }
  for (const words of [['verify', 'x'], ['download', 'sense-voise'], ['download', 'matcha-zh-en', '--from', 'http://x']]) {
    const { code, error } = await run(words)
    assert.equal(code, 2)
    assert.match(error, /CHORUS_CONFIG_INVALID: models -- /)
  }
  assert.match((await run(['--fro', 'x'])).error, /did you mean "--from"/)
  assert.equal((await run(['--help'])).code, 0)
})

test('progress is a line for each tenth, and a repainted bar with rate and time left on a terminal', () => {
  const paint = (isTTY: boolean, total: number | undefined): string => {
    let text = ''
    let now = 0
    const progress = new Progress({ isTTY, write: (part: string) => { text += part } }, () => now)
    for (let bytes = 0; bytes <= 100e6; bytes += 1e6) {
      progress.show(bytes, total)
      now += 100
    }
    progress.end()
    return text
  }
  assert.equal(paint(false, 100e6).match(/\n/g)?.length, 11)
  assert.equal(paint(false, undefined).match(/\n/g)?.length, 6)
  const bar = paint(true, 100e6)
  assert.match(bar, /\[#{12}-{12}\] 5\d % {2}downloaded 5\d MB of 100 MB, 10\.0 MB\/s, \d s left/)
  assert.match(bar, /\[#{24}\] 100 % {2}downloaded 100 MB of 100 MB, [^\n]*\n$/)
  assert.equal(bar.match(/\n/g)?.length, 1)
})

interface Setup {
  readonly server: FileServer
  readonly data: string
  readonly archive: Buffer
  readonly model: Model
  readonly files: Array<[string, Buffer]>
  readonly args: readonly string[]
}

/** A manifest with a model, a mirror that has it, and a place to install it. */
async function setUp (t: TestContext, changes: Partial<Model> = {}, others: readonly Model[] = []): Promise<Setup> {
  const { model, archive, contents } = makeModel(t, changes)
  const server = await FileServer.start(t, { body: archive })
  const data = makeFolder(t)
  const args = ['--data', data, '--models.manifest', writeManifest(t, [model, ...others]), '--models.huggingFace', '']
  return { server, data, archive, model, files: Object.entries(contents), args }
}

async function run (
  argv: readonly string[], signal = new AbortController().signal, onText: (text: string) => void = () => {}
): Promise<{ code: number, out: string, error: string }> {
  let out = ''
  let error = ''
  const code = await runModels(argv, {
    out: { write: (text: string) => { out += text; onText(text) } },
    error: { write: (text: string) => { error += text } },
    signal
  })
  return { code, out, error }
}
