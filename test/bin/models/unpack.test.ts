import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { readTar } from '../../../src/bin/models/tar-reader.js'
import { unpack, type UnpackOptions } from '../../../src/bin/models/unpack.js'
import { ChorusError } from '../../../src/core/errors.js'
import { makeFolder, pack, sha256 } from './make-model.js'

const wanted: UnpackOptions['model'] = { name: 'some-model', files: { tokens: { path: 'tokens.txt' } }, folders: ['data'] }
const tokens = Buffer.from('<unk> 0\n')

test('the files and folders that a model names are written, and nothing else', async t => {
  const archive = pack(t, { 'tokens.txt': tokens, 'data/a/b': Buffer.from('b'), 'data/c': Buffer.alloc(0), 'database/d': tokens, 'README.md': tokens })
  const { folder, facts } = await unpackInto(t, archive)
  assert.deepEqual(readdirSync(folder).sort(), ['data', 'tokens.txt'])
  assert.deepEqual(readFileSync(join(folder, 'tokens.txt')), tokens)
  assert.deepEqual(Object.fromEntries(facts), {
    'tokens.txt': { bytes: 8, sha256: sha256(tokens) },
    'data/a/b': { bytes: 1, sha256: sha256(Buffer.from('b')) },
    'data/c': { bytes: 0, sha256: sha256(Buffer.alloc(0)) }
  })
})

test('long names are read in both ways in which tar writes them', t => {
  const folder = makeFolder(t)
  const name = `${'long/'.repeat(40)}name.txt`
  mkdirSync(join(folder, 'x', name, '..'), { recursive: true })
  writeFileSync(join(folder, 'x', name), 'here')
  for (const format of ['gnu', 'pax', 'ustar']) {
    const tar = execFileSync('tar', ['-c', `--format=${format}`, '-C', folder, 'x'])
    const found = [...readTar([tar.subarray(0, 700), tar.subarray(700)])].map(({ kind, path }) => kind === 'file' ? path : '')
    assert.ok(found.includes(`x/${name}`), format)
  }
})

for (const path of ['../../evil.txt', '/etc/evil.txt', 'x/../../tokens.txt', 'x\\..\\evil.txt']) {
  test(`an archive with the path ${path} is refused as a whole`, async t => {
    const archive = packed(t, tar([{ path: 'x/tokens.txt', content: tokens }, { path, content: tokens }]))
    const outside = makeFolder(t)
    await refuses(unpackInto(t, archive, outside), /it has the path/)
    assert.deepEqual(readdirSync(outside), ['inside'])
  })
}

test('a link in place of a file is refused', async t => {
  const folder = makeFolder(t)
  mkdirSync(join(folder, 'x'))
  symlinkSync('/etc/passwd', join(folder, 'x', 'tokens.txt'))
  const archive = packed(t, execFileSync('tar', ['-c', '-C', folder, 'x']))
  await refuses(unpackInto(t, archive), /its tokens\.txt is a link or a device/)
})

test('a link beside the files does not let them out of their folder', async t => {
  const outside = makeFolder(t)
  const archive = packed(t, tar([{ path: 'x/data', content: Buffer.alloc(0), type: '2', target: outside }, { path: 'x/data/evil.txt', content: tokens }, { path: 'x/tokens.txt', content: tokens }]))
  await unpackInto(t, archive)
  assert.equal(existsSync(join(outside, 'evil.txt')), false)
})

test('an archive without a file of the model, with one twice, or cut short is refused', async t => {
  await refuses(unpackInto(t, pack(t, { 'README.md': tokens })), /there is no tokens\.txt in it/)
  const twice = tar([{ path: 'x/tokens.txt', content: tokens }, { path: 'y/tokens.txt', content: tokens }])
  await refuses(unpackInto(t, packed(t, twice)), /it has tokens\.txt twice/)
  await refuses(unpackInto(t, packed(t, twice.subarray(0, 515))), /it ends too early/)
  await refuses(unpackInto(t, packed(t, Buffer.alloc(1024, 7))), /a header is damaged/)
  await refuses(unpackInto(t, Buffer.from('<html>')), /it is no bzip2 file/)
})

test('an archive that unpacks to more than is allowed is stopped', async t => {
  const bomb = pack(t, { 'tokens.txt': Buffer.alloc(3_000_000) })
  assert.ok(bomb.length < 1000)
  await refuses(unpackInto(t, bomb, undefined, 1e6), /more than the 1 MB of models\.maxUnpackedMb/)
})

test('a stop ends the unpacking', async t => {
  const archive = pack(t, { 'tokens.txt': Buffer.alloc(9_000_000) })
  await assert.rejects(unpackInto(t, archive, undefined, 1e9, AbortSignal.abort(new Error('it was stopped'))), /it was stopped/)
})

test('a stop is seen while entries are skipped that nobody wants', async t => {
  const archive = pack(t, { 'tokens.txt': tokens, 'README.md': Buffer.alloc(9_000_000) })
  const controller = new AbortController()
  setImmediate(() => { controller.abort(new Error('it was stopped')) })
  await assert.rejects(unpackInto(t, archive, undefined, 1e9, controller.signal), /it was stopped/)
})

interface Unpacked { readonly folder: string, readonly facts: Awaited<ReturnType<typeof unpack>> }

async function unpackInto (
  t: TestContext, archive: Buffer, parent = makeFolder(t), maxBytes = 1e9, signal = new AbortController().signal
): Promise<Unpacked> {
  const path = join(makeFolder(t), 'archive')
  writeFileSync(path, archive)
  const folder = join(parent, 'inside')
  mkdirSync(folder)
  return { folder, facts: await unpack({ model: wanted, archive: path, folder, maxBytes, signal }) }
}

async function refuses (unpacking: Promise<unknown>, message: RegExp): Promise<void> {
  await assert.rejects(unpacking, (error: unknown) => {
    assert.ok(error instanceof ChorusError && error.code === 'CHORUS_MODEL_ARCHIVE_REFUSED', String(error))
    assert.match(error.message, message)
    return true
  })
}

function packed (t: TestContext, tar: Buffer): Buffer {
  const path = join(makeFolder(t), 'tar')
  writeFileSync(path, tar)
  return execFileSync('bzip2', ['-c', path])
}

interface Entry { readonly path: string, readonly content: Buffer, readonly type?: string, readonly target?: string }

/** A tar as no well-meaning program would write it. */
function tar (entries: readonly Entry[]): Buffer {
  return Buffer.concat([...entries.flatMap(({ path, content, type = '0', target = '' }) => {
    const header = Buffer.alloc(512)
    header.write(path, 0)
    header.write('0000644\0', 100)
    header.write(`${content.length.toString(8).padStart(11, '0')}\0`, 124)
    header.write('        ', 148)
    header.write(type, 156)
    header.write(target, 157)
    header.write('ustar\x0000', 257)
    header.write(`${header.reduce((sum, byte) => sum + byte, 0).toString(8).padStart(6, '0')}\0 `, 148)
    return [header, content, Buffer.alloc((512 - content.length % 512) % 512)]
  }), Buffer.alloc(1024)])
}
