import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { moonshineFiles, moonshineTokens, sileroFile, verifyModel } from '../../native-bindings/model-files.js'

async function makeFolder (t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'chorus-model-files-'))
  t.after(() => rm(folder, { recursive: true }))
  return folder
}

test('the installed models are the expected ones', async () => {
  const { encoder, decoder } = moonshineFiles('tiny')
  for (const file of [sileroFile(), encoder, decoder]) await verifyModel(file)
})

test('a model that is cut off or changed is corrupt, and says which file it is', async t => {
  const folder = await makeFolder(t)
  const real = sileroFile()
  const bytes = await readFile(real.path)
  const changed = Buffer.from(bytes)
  changed[bytes.length >> 1]! ^= 1
  const longer = Buffer.concat([bytes, Buffer.alloc(1)])
  for (const content of [bytes.subarray(0, -1), bytes.subarray(0, 100), changed, longer, Buffer.alloc(0)]) {
    const path = join(folder, 'silero.onnx')
    await writeFile(path, content)
    await assert.rejects(verifyModel({ ...real, path }), { code: 'CHORUS_MODEL_CORRUPT', message: new RegExp(path) })
  }
  const whole = join(folder, 'whole.onnx')
  await writeFile(whole, bytes)
  await verifyModel({ ...real, path: whole })
})

test('a model that is not there is missing', async t => {
  const path = join(await makeFolder(t), 'nothing.onnx')
  await assert.rejects(verifyModel({ ...sileroFile(), path }), { code: 'CHORUS_MODEL_MISSING', message: new RegExp(path) })
})

test('the tokens are made where they are missing, and left alone where they are right', async t => {
  const folder = join(await makeFolder(t), 'new', 'folder')
  const file = await moonshineTokens(folder)
  await verifyModel(file)
  const lines = (await readFile(file.path, 'latin1')).split('\n')
  assert.equal(lines.length, 32_769)
  assert.equal(lines[32_767], `${Buffer.from('<<ST_767>>').toString('base64')} 32767`)
  const before = await stat(file.path)
  await moonshineTokens(folder)
  assert.equal((await stat(file.path)).ino, before.ino)
})

test('tokens that are cut off or changed are made again', async t => {
  const folder = await makeFolder(t)
  const { path } = await moonshineTokens(folder)
  const right = await readFile(path)
  for (const wrong of [right.subarray(0, 1000), Buffer.alloc(0), Buffer.from('hello 1\n')]) {
    await writeFile(path, wrong)
    await moonshineTokens(folder)
    assert.ok(right.equals(await readFile(path)))
  }
})
