import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import type { InstallOptions } from '../../../src/bin/models/install-options.js'
import { installModel } from '../../../src/bin/models/install.js'
import type { Model } from '../../../src/bin/models/manifest.js'
import { RECORD } from '../../../src/bin/models/model-store.js'
import { makeConfig } from '../../../src/core/config.js'
import { ChorusError, type ErrorCode } from '../../../src/core/errors.js'
import { FileServer } from './file-server.js'
import { makeFolder, makeModel, sha256, type MadeModel } from './make-model.js'

test('a model is installed as its files alone, with a record, in a folder of its own', async t => {
  const { model, options, data, server } = await setUp(t)
  const folder = await installModel(model, options)
  assert.equal(folder, join(data, 'models', 'some-model'))
  assert.deepEqual(readdirSync(folder).sort(), [RECORD, 'model.int8.onnx', 'tokens.txt'])
  assert.deepEqual(readdirSync(join(data, 'models')), ['some-model'])
  const record = JSON.parse(readFileSync(join(folder, RECORD), 'utf8')) as Record<string, unknown>
  assert.deepEqual([record['trust'], record['sha256'], record['from']], ['published', model.download.sha256, server.url])
})

test('a model that is installed is not downloaded again', async t => {
  const { model, options, server } = await setUp(t)
  await installModel(model, options)
  await installModel(model, options)
  assert.equal(server.ranges.length, 1)
})

test('a damaged model is replaced', async t => {
  const { model, options } = await setUp(t)
  const folder = await installModel(model, options)
  writeFileSync(join(folder, 'model.int8.onnx'), 'cut')
  await installModel(model, options)
  assert.equal(statSync(join(folder, 'model.int8.onnx')).size, 200_000)
})

test('an archive whose files are not the published ones leaves what was installed', async t => {
  const { model, options, data } = await setUp(t)
  const folder = await installModel(model, options)
  const before = readFileSync(join(folder, 'tokens.txt'))
  const newer: Model = { ...model, files: { ...model.files, tokens: { path: 'tokens.txt', sha256: '0'.repeat(64) } } }
  await refuses(installModel(newer, options), 'CHORUS_MODEL_WRONG_BYTES', /tokens\.txt of the model some-model .* has sha256/)
  const other: Model = { ...model, files: { model: { path: 'other.onnx' } } }
  await refuses(installModel(other, options), 'CHORUS_MODEL_ARCHIVE_REFUSED', /there is no other\.onnx in it/)
  assert.deepEqual(readFileSync(join(folder, 'tokens.txt')), before)
  assert.deepEqual(readdirSync(join(data, 'models')).filter(name => name.startsWith('.')), [])
})

test('a licence with conditions is accepted first, and nothing is downloaded before', async t => {
  const { model, options, server } = await setUp(t)
  const strict: Model = { ...model, licence: { ...model.licence, permissive: false } }
  await refuses(installModel(strict, options), 'CHORUS_MODEL_LICENCE', /"Some licence".*http:\/\/127\.0\.0\.1:9\/licence, then add --accept-licence/)
  assert.deepEqual(server.ranges, [])
  await installModel(strict, { ...options, acceptLicence: true })
})

test('a file that nobody has published a sum of needs one, or trust', async t => {
  const { model, archive, options, server } = await setUp(t)
  const unpinned = unpin(model)
  await refuses(installModel(unpinned, options), 'CHORUS_MODEL_UNPINNED', /--sha256 HEX.*--trust-first/)
  assert.deepEqual(server.ranges, [])
  await refuses(installModel(unpinned, { ...options, sha256: 'beef' }), 'CHORUS_CONFIG_INVALID', /64 hexadecimal digits/)
  await refuses(installModel(unpinned, { ...options, sha256: '0'.repeat(64) }), 'CHORUS_MODEL_UNREACHABLE', /has sha256/)
  await installModel(unpinned, { ...options, sha256: sha256(archive) })
})

test('what was trusted once is what later copies are compared with', async t => {
  const { model, archive, options, server, data } = await setUp(t)
  const unpinned = unpin(model)
  const folder = await installModel(unpinned, { ...options, trustFirst: true })
  assert.deepEqual(JSON.parse(readFileSync(join(data, 'models', 'trusted.json'), 'utf8')), { 'some-model.tar.bz2': sha256(archive) })
  writeFileSync(join(folder, 'tokens.txt'), 'changed')
  server.body = Buffer.concat([archive.subarray(0, 5000), Buffer.alloc(archive.length - 5000)])
  await refuses(installModel(unpinned, { ...options, trustFirst: true }), 'CHORUS_MODEL_UNREACHABLE', /has sha256/)
  await refuses(installModel(unpinned, { ...options, sha256: '0'.repeat(64) }), 'CHORUS_CONFIG_INVALID', /trusted\.json has it/)
  server.body = archive
  await installModel(unpinned, options)
})

test('a sum that contradicts the published one is refused', async t => {
  const { model, options } = await setUp(t)
  await refuses(installModel(model, { ...options, sha256: '0'.repeat(64) }), 'CHORUS_CONFIG_INVALID', /as the manifest has it/)
})

test('a file that was brought by hand goes through the same checks, without any network', async t => {
  const { model, archive, options, server } = await setUp(t)
  const file = join(makeFolder(t), 'from-a-stick.tar.bz2')
  writeFileSync(file, archive.subarray(1))
  await refuses(installModel(model, { ...options, file }), 'CHORUS_MODEL_WRONG_BYTES', /it has \d+ bytes, not \d+; some-model\.tar\.bz2 is wanted/)
  const changed = Buffer.from(archive)
  changed[999]! ^= 1
  writeFileSync(file, changed)
  await refuses(installModel(model, { ...options, file }), 'CHORUS_MODEL_WRONG_BYTES', /it has sha256/)
  await refuses(installModel(model, { ...options, file: `${file}.not` }), 'CHORUS_CONFIG_INVALID', /ENOENT/)
  writeFileSync(file, archive)
  await installModel(model, { ...options, file })
  assert.deepEqual(readFileSync(file), archive)
  assert.deepEqual(server.ranges, [])
})

test('a model of a single file is installed without unpacking', async t => {
  const { options, server } = await setUp(t)
  const body = Buffer.from('one network')
  server.body = body
  const { model } = makeModel(t, {
    name: 'voiceprint',
    download: { file: 'voiceprint.onnx', tag: 'some-tag', bytes: body.length, sha256: sha256(body) },
    files: { model: { path: 'voiceprint.onnx' } }
  })
  const folder = await installModel(model, options)
  assert.deepEqual(readFileSync(join(folder, 'voiceprint.onnx')), body)
})

test('two processes do not install the same model at once, and a dead one is no hindrance', async t => {
  const { model, options, data, server } = await setUp(t)
  mkdirSync(join(data, 'models'))
  const lock = join(data, 'models', '.some-model.lock')
  writeFileSync(lock, JSON.stringify({ pid: process.ppid, host: hostname() }))
  await refuses(installModel(model, options), 'CHORUS_MODEL_BUSY', new RegExp(`being installed by process ${process.ppid}.*remove ${lock}`))
  writeFileSync(lock, JSON.stringify({ pid: 1, host: 'elsewhere' }))
  await refuses(installModel(model, options), 'CHORUS_MODEL_BUSY', /of elsewhere/)
  writeFileSync(lock, JSON.stringify({ pid: 2 ** 30, host: hostname() }))
  server.faults.push({ kind: 'silent' })
  const controller = new AbortController()
  const asked = server.nextRequest()
  const installing = refuses(installModel(model, { ...options, signal: controller.signal }), 'CHORUS_MODEL_UNREACHABLE', /it was stopped/)
  await asked
  await refuses(installModel(model, options), 'CHORUS_MODEL_BUSY', new RegExp(`process ${process.pid}`))
  controller.abort(new Error('it was stopped'))
  await installing
  assert.equal(existsSync(lock), false)
  await installModel(model, options)
})

test('what a process left that ended in the middle is cleaned up', async t => {
  const { model, options, data } = await setUp(t)
  mkdirSync(join(data, 'models', '.some-model-a1B2c3'), { recursive: true })
  mkdirSync(join(data, 'models', '.some-model-2-a1B2c3'))
  await installModel(model, options)
  assert.deepEqual(readdirSync(join(data, 'models')).sort(), ['.some-model-2-a1B2c3', 'some-model'])
})

test('a lack of space is noticed before the download', async t => {
  const { model, options, server } = await setUp(t)
  const huge: Model = { ...model, download: { ...model.download, bytes: 1e18 } }
  await refuses(installModel(huge, options), 'CHORUS_MODEL_DISK_FULL', /about \d+ MB are needed and \d+ MB are free/)
  assert.deepEqual(server.ranges, [])
})

test('a disk that runs full is told as such', { skip: existsSync('/dev/full') ? false : 'there is no /dev/full' }, async t => {
  const { model, options, data } = await setUp(t)
  mkdirSync(join(data, 'models'))
  symlinkSync('/dev/full', join(data, 'models', 'some-model.tar.bz2.part'))
  await refuses(installModel(model, options), 'CHORUS_MODEL_DISK_FULL', /the disk is full/)
  assert.equal(existsSync(join(data, 'models', 'some-model')), false)
})

interface Setup extends Omit<MadeModel, 'contents'> {
  readonly server: FileServer
  readonly data: string
  readonly options: InstallOptions
}

async function setUp (t: TestContext): Promise<Setup> {
  const { model, archive } = makeModel(t)
  const server = await FileServer.start(t, { body: archive })
  const data = makeFolder(t)
  const options: InstallOptions = {
    config: makeConfig({ data, 'models.huggingFace': '' }),
    from: server.url,
    signal: new AbortController().signal,
    onStep: () => {},
    onTrouble: () => {},
    onProgress: () => {}
  }
  return { model, archive, server, data, options }
}

function unpin (model: Model): Model {
  const { sha256: _, ...download } = model.download
  return { ...model, download, files: { model: { path: 'model.int8.onnx' }, tokens: { path: 'tokens.txt' } } }
}

async function refuses (installing: Promise<unknown>, code: ErrorCode, message: RegExp): Promise<void> {
  await assert.rejects(installing, (error: unknown) => {
    assert.ok(error instanceof ChorusError, String(error))
    assert.equal(error.code, code, error.message)
    assert.match(error.message, message)
    return true
  })
}
