import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { ChosenRecogniser } from '../../../src/bin/models/chosen-recogniser.js'
import { runModels } from '../../../src/bin/models/run-models.js'
import { chooseStreaming } from '../../../src/bin/models/streaming-choice.js'
import { makeConfig } from '../../../src/core/config.js'
import { ChorusError } from '../../../src/core/errors.js'
import { writeToneModel } from '../../support/streaming/tone-models.js'
import { makeFolder, makeModel, pack, sha256, writeManifest } from './make-model.js'

const hasCode = (code: string, text: RegExp) => (error: unknown): boolean => {
  return error instanceof ChorusError && error.code === code && text.test(error.message)
}

test('a streaming model is found in the data directory and by its full path', async t => {
  const data = makeFolder(t)
  const folder = join(data, 'models', 'tones')
  writeToneModel(folder, 'paraformer')
  for (const model of ['tones', folder]) {
    const chosen = await choose(data, model)
    assert.equal(chosen.paths, undefined)
    assert.equal(chosen.streaming?.kind, 'paraformer')
    assert.equal(chosen.streaming.tokens, join(folder, 'tokens.txt'))
    assert.deepEqual([...chosen.languages!], ['zh', 'en'])
    assert.match(chosen.title, /a streaming paraformer model \(zh, en\)/)
  }
})

test('a streaming recogniser without a model, or with one that is not there, is refused', async t => {
  const data = makeFolder(t)
  await assert.rejects(choose(data, ''), hasCode('CHORUS_CONFIG_INVALID', /--asr\.provider: .*asr\.streaming\.model/))
  await assert.rejects(choose(data, 'nothing'), hasCode('CHORUS_MODEL_UNSUITABLE', /models\/nothing .*there is no such folder/))
})

test('a streaming model is tried in a process of its own, once for the same files', async t => {
  const data = makeFolder(t)
  const folder = join(data, 'models', 'tones')
  writeToneModel(folder, 'zipformer2-ctc')
  await choose(data, 'tones')
  await choose(data, 'tones', AbortSignal.abort()) // nothing is started, which would be refused
  const path = join(folder, 'model.onnx')
  writeFileSync(path, readFileSync(path).subarray(0, 1000))
  await assert.rejects(choose(data, 'tones'), hasCode('CHORUS_MODEL_UNUSABLE', /the model tones does not work.*model\.onnx, tokens\.txt/))
})

test('of an installed streaming model exactly the files of the manifest are loaded, as it describes them, once they are verified', async t => {
  const contents = makeFolder(t)
  writeToneModel(contents, 'zipformer2-ctc')
  const read = (name: string): Buffer => readFileSync(join(contents, name))
  const archive = pack(t, { 'model.onnx': read('model.onnx'), 'tokens.txt': read('tokens.txt') })
  const { model } = makeModel(t, {
    name: 'tones',
    kind: 'streaming-zipformer2-ctc',
    languages: ['ja'],
    download: { file: 'tones.tar.bz2', tag: 'none', bytes: archive.length, sha256: sha256(archive) },
    files: { model: { path: 'model.onnx' }, tokens: { path: 'tokens.txt' } }
  })
  const manifest = writeManifest(t, [model])
  const data = makeFolder(t)
  const file = join(makeFolder(t), 'tones.tar.bz2')
  writeFileSync(file, archive)
  const quiet = { out: { write: () => {} }, error: { write: () => {} }, signal: new AbortController().signal }
  assert.equal(await runModels(['add', 'tones', file, '--data', data, '--models.manifest', manifest], quiet), 0)
  const settings = { 'models.manifest': manifest }
  const folder = join(data, 'models', 'tones')
  for (const name of ['other.int8.onnx', 'joiner.onnx']) writeFileSync(join(folder, name), 'by which its files would be guessed')
  const { streaming, languages } = await choose(data, 'tones', undefined, settings)
  assert.deepEqual(streaming, { kind: 'zipformer2-ctc', model: join(folder, 'model.onnx'), tokens: join(folder, 'tokens.txt') })
  assert.deepEqual([...languages!], ['ja'])
  const wrongKind = choose(data, 'tones', undefined, { ...settings, 'asr.streaming.kind': 'paraformer' })
  await assert.rejects(wrongKind, hasCode('CHORUS_CONFIG_INVALID', /--asr\.streaming\.kind: "paraformer" .*auto or zipformer2-ctc/))
  writeFileSync(join(data, 'models', 'tones', 'tokens.txt'), 'changed 0\n')
  await assert.rejects(choose(data, 'tones', undefined, settings), hasCode('CHORUS_MODEL_CORRUPT', /tokens\.txt.*download tones/))
})

test('a model of the manifest that does not stream is refused', async t => {
  await assert.rejects(choose(makeFolder(t), 'whisper-base'), hasCode('CHORUS_CONFIG_INVALID', /--asr\.streaming\.model: "whisper-base" .*this is whisper/))
})

function choose (data: string, model: string, signal = new AbortController().signal, settings: object = {}): Promise<ChosenRecogniser> {
  const config = makeConfig({ data, 'asr.provider': 'streaming', 'asr.streaming.model': model, ...settings })
  return chooseStreaming({ config, sourceOf: path => `--${path}`, signal })
}
