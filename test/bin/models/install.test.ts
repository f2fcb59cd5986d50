import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { InstallError } from '../../../src/bin/models/install-error.js'
import { installModel, type InstallOptions } from '../../../src/bin/models/install.js'
import { requireTools, runProgram } from '../../../src/bin/models/unpack.js'
import { FileServer, type FileServerOptions } from './file-server.js'
import { makeFolder, makeModel, type MadeModel } from './make-model.js'

interface Setup extends MadeModel {
  readonly server: FileServer
  readonly data: string
  readonly options: InstallOptions
  readonly progress: number[]
}

test('a model is installed as its files alone, in a folder of its own', async t => {
  const { model, options, data, progress, server } = await setUp(t)
  const folder = await installModel(model, options)
  assert.equal(folder, join(data, 'models', 'sense-voice'))
  assert.deepEqual(readdirSync(folder).sort(), ['model.int8.onnx', 'tokens.txt'])
  assert.deepEqual(readdirSync(join(data, 'models')), ['sense-voice'])
  assert.equal(progress.at(-1), model.bytes)
  assert.deepEqual(server.ranges, [''])
})

test('a model that is installed is not downloaded again', async t => {
  const { model, options, server } = await setUp(t)
  await installModel(model, options)
  await installModel(model, options)
  assert.equal(server.ranges.length, 1)
})

test('a download that is cut is gone on with at the next run', async t => {
  const { model, options, data, server, progress } = await setUp(t)
  server.faults.push({ kind: 'cut', after: 70_000 })
  await refuses(installModel(model, options), /the download broke: .*\d+ of \d+ bytes are kept: run the same command again/)
  assert.equal(existsSync(join(data, 'models', 'sense-voice')), false)
  const { size } = statSync(join(data, 'models', 'sense-voice.tar.bz2.partial'))
  assert.ok(size > 0 && size <= 70_000)
  progress.length = 0
  await installModel(model, options)
  assert.deepEqual(server.ranges, ['', `bytes=${size}-`])
  assert.ok(progress[0]! > size)
  assert.deepEqual(readdirSync(join(data, 'models')), ['sense-voice'])
})

test('a download that was complete before it could be unpacked is not asked for again', async t => {
  const { model, archive, options, data, server } = await setUp(t)
  mkdirSync(join(data, 'models'), { recursive: true })
  writeFileSync(join(data, 'models', 'sense-voice.tar.bz2.partial'), archive)
  await installModel(model, options)
  assert.deepEqual(server.ranges, [])
})

test('a server that knows no ranges is asked for the whole again', async t => {
  const { model, options, server } = await setUp(t, { knowsRanges: false })
  server.faults.push({ kind: 'cut', after: 70_000 })
  await refuses(installModel(model, options), /broke/)
  await installModel(model, options)
  assert.match(server.ranges.join(), /^,bytes=[1-9]\d*-$/)
})

test('a server that answers with another range than the one asked for is refused', async t => {
  const { model, options, server } = await setUp(t)
  server.faults.push({ kind: 'cut', after: 70_000 }, { kind: 'wrong-range' })
  await refuses(installModel(model, options), /broke/)
  await refuses(installModel(model, options), /answered with status 206/)
  await installModel(model, options)
})

test('wrong bytes are noticed, removed, and loaded anew', async t => {
  const { model, archive, options, data, server } = await setUp(t)
  server.body = Buffer.from(archive)
  server.body[1000]! ^= 1
  await refuses(installModel(model, options), /has sha256 .* It was removed/)
  assert.deepEqual(readdirSync(join(data, 'models')), [])
  server.body = archive
  await installModel(model, options)
})

test('wrong bytes in the middle of a resumed download are noticed', async t => {
  const { model, archive, options, data } = await setUp(t)
  mkdirSync(join(data, 'models'), { recursive: true })
  writeFileSync(join(data, 'models', 'sense-voice.tar.bz2.partial'), Buffer.alloc(5000))
  await refuses(installModel(model, options), /has sha256/)
  await installModel(model, options)
  assert.equal(archive.length, model.bytes)
})

test('a file of another size is refused before it is loaded', async t => {
  const { model, archive, options, data, server, progress } = await setUp(t)
  server.body = archive.subarray(0, archive.length - 1)
  await refuses(installModel(model, options), /has \d+ bytes, not \d+: it is another file/)
  server.body = Buffer.concat([archive, Buffer.alloc(1)])
  await refuses(installModel(model, options), /has \d+ bytes, not \d+: it is another file/)
  assert.deepEqual(progress, [])
  assert.deepEqual(readdirSync(join(data, 'models')), [])
})

test('a file of another size is refused where its length is not announced', async t => {
  const { model, archive, options, data, server } = await setUp(t, { isChunked: true })
  server.body = Buffer.concat([archive, Buffer.alloc(100_000)])
  await refuses(installModel(model, options), /sends more than/)
  rmSync(join(data, 'models'), { recursive: true })
  server.body = archive.subarray(0, 50_000)
  await refuses(installModel(model, options), /ended early\. 50000 of \d+ bytes are kept/)
  server.body = archive
  await installModel(model, options)
})

test('a partial file that is longer than the archive is thrown away', async t => {
  const { model, archive, options, data, server } = await setUp(t)
  mkdirSync(join(data, 'models'), { recursive: true })
  writeFileSync(join(data, 'models', 'sense-voice.tar.bz2.partial'), Buffer.alloc(archive.length + 1))
  await installModel(model, options)
  assert.deepEqual(server.ranges, [''])
})

test('a redirection is followed, and a status that is none of a file is told', async t => {
  const { model, options, server } = await setUp(t)
  server.faults.push({ kind: 'status', status: 404 }, { kind: 'redirect', to: server.url })
  await refuses(installModel(model, options), /answered with status 404/)
  await installModel(model, options)
})

test('an archive whose files are not the published ones leaves what was installed', async t => {
  const { model, options, data } = await setUp(t)
  const folder = await installModel(model, options)
  const before = readFileSync(join(folder, 'tokens.txt'))
  const newer = { ...model, files: model.files.map(file => ({ ...file, sha256: '0'.repeat(64) })) }
  await refuses(installModel(newer, options), /not the expected one: model\.int8\.onnx has sha256/)
  const other = { ...model, files: [{ name: 'other.onnx', bytes: 1, sha256: '' }] }
  await refuses(installModel(other, options), /there is no other\.onnx in the archive/)
  assert.deepEqual(readFileSync(join(folder, 'tokens.txt')), before)
  assert.deepEqual(readdirSync(join(data, 'models')).sort(), ['sense-voice', 'sense-voice.tar.bz2.partial'])
})

test('a damaged model is replaced', async t => {
  const { model, options } = await setUp(t)
  const folder = await installModel(model, options)
  writeFileSync(join(folder, 'model.int8.onnx'), 'cut')
  await installModel(model, options)
  assert.equal(statSync(join(folder, 'model.int8.onnx')).size, 200_000)
})

test('a stopped download keeps what came', async t => {
  const { model, options, data } = await setUp(t)
  const controller = new AbortController()
  const onProgress = (bytes: number): void => { if (bytes > 60_000) controller.abort(new Error('it was stopped')) }
  await refuses(installModel(model, { ...options, signal: controller.signal, onProgress }), /the download broke: .*(kept|Nothing)/)
  assert.equal(existsSync(join(data, 'models', 'sense-voice')), false)
  await installModel(model, options)
})

test('a missing tar or bzip2 is named before anything is loaded', async t => {
  const { model, options, server } = await setUp(t)
  const without = (missing: string) => async (command: string, args: readonly string[]): Promise<string> => {
    if (command === missing) throw new Error('spawn ENOENT')
    return await runProgram(command, args)
  }
  await refuses(installModel(model, { ...options, run: without('bzip2') }), /bzip2 is needed .*: apt-get install bzip2$/)
  await refuses(installModel(model, { ...options, run: without('tar') }), /apt-get install tar bzip2$/)
  assert.deepEqual(server.ranges, [])
  await requireTools((command, args) => command === 'tar' ? Promise.resolve('bsdtar 3.5') : without('bzip2')(command, args))
})

async function setUp (t: TestContext, serverOptions: Omit<FileServerOptions, 'body'> = {}): Promise<Setup> {
  const { model, archive } = makeModel(t)
  const server = await FileServer.start(t, { ...serverOptions, body: archive })
  const data = makeFolder(t)
  const progress: number[] = []
  const options: InstallOptions = {
    data,
    from: server.url,
    signal: new AbortController().signal,
    onStep: () => {},
    onProgress: bytes => { progress.push(bytes) }
  }
  return { model, archive, server, data, options, progress }
}

async function refuses (installing: Promise<unknown>, message: RegExp): Promise<void> {
  await assert.rejects(installing, (error: unknown) => {
    assert.ok(error instanceof InstallError, String(error))
    assert.match(error.message, message)
    return true
  })
}
