import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { ArchiveModel } from '../../../src/bin/models/catalogue.js'
import { senseVoice } from '../../../src/bin/models/catalogue.js'
import { Progress } from '../../../src/bin/models/progress.js'
import { runModels } from '../../../src/bin/models/run-models.js'
import { FileServer } from './file-server.js'
import { makeFolder, makeModel } from './make-model.js'

test('the list tells what is installed and what can be', async t => {
  const { code, out } = await run(['--data', makeFolder(t)])
  assert.equal(code, 0)
  assert.match(out, /installed:\n {2}verified {2}moonshine-base.*licence: MIT\n {2}verified {2}moonshine-tiny.*\n {2}verified {2}silero-vad/)
  assert.match(out, /can be installed:\n {2}sense-voice: .*Chinese.*\n.*FunASR Model License\n {4}npm run models -- install sense-voice\n/)
})

test('a model is installed by its name, listed and verified', async t => {
  const { model, archive } = makeModel(t)
  const server = await FileServer.start(t, { body: archive })
  const data = makeFolder(t)
  const installed = await run(['install', 'sense-voice', '--from', server.url, '--data', data], [model])
  assert.equal(installed.code, 0, installed.error)
  assert.match(installed.out, /licence: Some licence\n.*downloading: 0\.2 of 0\.2 MB\n.*installed and verified/s)
  const list = await run(['--data', data], [model])
  assert.match(list.out, /verified {2}sense-voice/)
  assert.doesNotMatch(list.out, /can be installed/)
  const verified = await run(['verify', '--data', data], [model])
  assert.deepEqual([verified.code, verified.out.match(/^ok /gm)?.length], [0, 7])
})

test('a damaged file is named and fails the check', async t => {
  const { model, archive } = makeModel(t)
  const server = await FileServer.start(t, { body: archive })
  const data = makeFolder(t)
  await run(['install', 'sense-voice', '--from', server.url, '--data', data], [model])
  writeFileSync(join(data, 'models', 'sense-voice', 'tokens.txt'), '<unk> 1\n')
  const { code, out } = await run(['verify', '--data', data], [model])
  assert.equal(code, 1)
  assert.match(out, /damaged {2}.*tokens\.txt\n.*tokens\.txt has sha256/)
  assert.equal((await run(['--data', data], [model])).code, 1)
})

test('a download that fails is one line and exit code 1', async t => {
  const { model, archive } = makeModel(t)
  const server = await FileServer.start(t, { body: archive })
  server.faults.push({ kind: 'status', status: 503 })
  const { code, error } = await run(['install', 'sense-voice', '--from', server.url, '--data', makeFolder(t)], [model])
  assert.equal(code, 1)
  assert.match(error, /^http:\S+ answered with status 503\n$/)
})

test('a wrong call shows how it is meant', async () => {
  for (const words of [['instal'], ['install'], ['install', 'whisper'], ['verify', 'x']]) {
    const { code, error } = await run(words)
    assert.equal(code, 2)
    assert.match(error, /usage: npm run models/)
  }
  assert.match((await run(['--fro', 'x'])).error, /did you mean "--from"/)
  assert.equal((await run(['--help'])).code, 0)
})

test('the model that is offered is the published one', () => {
  const { bytes, sha256, files } = senseVoice
  assert.deepEqual([bytes, sha256.slice(0, 8)], [163_002_883, '7d1efa21'])
  assert.deepEqual(files.map(file => [file.name, file.bytes, file.sha256.slice(0, 8)]), [
    ['model.int8.onnx', 239_233_841, 'c71f0ce0'],
    ['tokens.txt', 315_894, 'f449eb28']
  ])
})

test('progress is a line for each tenth, and one repainted line on a terminal', () => {
  const paint = (isTTY: boolean): string => {
    let text = ''
    const progress = new Progress({ isTTY, write: (part: string) => { text += part } }, 1e6)
    for (let bytes = 0; bytes <= 1e6; bytes += 1000) progress.show(bytes)
    progress.end()
    return text
  }
  assert.equal(paint(false).match(/\n/g)?.length, 11)
  assert.match(paint(true), /^\r[^\n]*\r[^\n]*1\.0 of 1\.0 MB\n$/)
})

async function run (argv: readonly string[], catalogue?: readonly ArchiveModel[]): Promise<{ code: number, out: string, error: string }> {
  let out = ''
  let error = ''
  const code = await runModels(argv, {
    out: { write: (text: string) => { out += text } },
    error: { write: (text: string) => { error += text } },
    signal: new AbortController().signal,
    ...(catalogue === undefined ? {} : { catalogue })
  })
  return { code, out, error }
}
