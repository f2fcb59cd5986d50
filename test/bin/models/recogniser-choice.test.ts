import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { sherpaConfig } from '../../../native-bindings/recogniser.js'
import type { ChosenRecogniser } from '../../../src/bin/models/chosen-recogniser.js'
import { chooseRecogniser } from '../../../src/bin/models/recogniser-choice.js'
import { runModels } from '../../../src/bin/models/run-models.js'
import type { Model } from '../../../src/bin/models/manifest.js'
import { makeConfig } from '../../../src/core/config.js'
import { ChorusError, type ErrorCode } from '../../../src/core/errors.js'
import { senseVoiceFiles } from '../../support/sense-voice-model.js'
import { makeFolder, makeModel, writeManifest } from './make-model.js'

test('without an installed model the one that comes with Chorus hears English', async t => {
  const { title, languages, paths, trouble } = await choose({ data: makeFolder(t) })
  assert.equal(title, 'Moonshine base (English)')
  assert.deepEqual([...languages!], ['en'])
  assert.equal(paths?.kind, 'moonshine')
  assert.equal(trouble, undefined)
})

test('an installed model that works is taken by itself, with its languages, and tried once', async t => {
  const { 'model.int8.onnx': network, 'tokens.txt': tokens } = senseVoiceFiles()
  const settings = await installed(t, {}, network, tokens)
  const folder = join(settings.data, 'models', 'some-model')
  const expected: ChosenRecogniser = {
    paths: { kind: 'sense-voice', model: join(folder, 'model.int8.onnx'), tokens: join(folder, 'tokens.txt') },
    title: 'Some model (Chinese, English)',
    languages: new Set(['zh', 'en'])
  }
  assert.deepEqual(await choose(settings), expected)
  assert.deepEqual(await choose({ ...settings, 'asr.provider': 'sense-voice' }, AbortSignal.abort()), expected)
})

test('an installed model is left alone where the settings say so', async t => {
  const settings = await installed(t)
  assert.equal((await choose({ ...settings, 'asr.provider': 'moonshine', 'asr.moonshine.size': 'tiny' })).title, 'Moonshine tiny (English)')
})

test('a damaged model is passed over with a reason and the command that mends it', async t => {
  const settings = await installed(t)
  writeFileSync(join(settings.data, 'models', 'some-model', 'tokens.txt'), 'cut')
  const { paths, trouble } = await choose(settings)
  assert.equal(paths?.kind, 'moonshine')
  assert.match(trouble ?? '', /tokens\.txt.* has sha256 .*run "npm run models -- download some-model"/)
  assert.doesNotMatch(trouble ?? '', /npm ci/)
  await refuses({ ...settings, 'asr.provider': 'sense-voice' }, 'CHORUS_MODEL_CORRUPT', /tokens\.txt/)
})

test('a model that no recogniser can load is passed over, or stops the start where it is asked for', async t => {
  const settings = await installed(t) // its "model" is noise
  const { paths, trouble } = await choose(settings)
  assert.equal(paths?.kind, 'moonshine')
  assert.match(trouble ?? '', /the model some-model does not work on this machine.*model\.int8\.onnx/)
  await refuses({ ...settings, 'asr.provider': 'sense-voice' }, 'CHORUS_MODEL_UNUSABLE', /model\.int8\.onnx, tokens\.txt.*Protobuf parsing failed/)
})

test('a model that is asked for and not there stops the start, and the setting is named', async t => {
  await refuses({ data: makeFolder(t), 'asr.provider': 'sense-voice' }, 'CHORUS_CONFIG_INVALID',
    /^source of asr\.provider: "sense-voice" is not valid here: expected an installed model; run "npm run models -- download sense-voice"$/)
  await refuses({ data: makeFolder(t), 'asr.provider': 'whisper' }, 'CHORUS_CONFIG_INVALID', /download whisper-base"$/)
  await refuses({ data: makeFolder(t), 'asr.provider': 'whisper', 'asr.whisper.model': 'whisper-bse' }, 'CHORUS_CONFIG_INVALID',
    /^source of asr\.whisper\.model: "whisper-bse" .*perhaps "whisper-base"/)
})

test('a model of another kind is refused, and so is a language that whisper does not know', async t => {
  const settings = await installed(t, { kind: 'whisper', files: { encoder: { path: 'model.int8.onnx' }, decoder: { path: 'tokens.txt' }, tokens: { path: 'tokens.txt' } } })
  await refuses({ ...settings, 'asr.provider': 'sense-voice' }, 'CHORUS_CONFIG_INVALID', /a model of the kind sense-voice, and this is whisper/)
  const whisper = { ...settings, 'asr.provider': 'whisper', 'asr.whisper.model': 'some-model' }
  await refuses({ ...whisper, 'asr.whisper.language': 'xx' }, 'CHORUS_CONFIG_INVALID', /^source of asr\.whisper\.language: "xx" .* one of zh, en$/)
  await refuses({ ...whisper, 'asr.whisper.language': 'zh' }, 'CHORUS_MODEL_UNUSABLE', /some-model/)
})

test('a manifest that names no file for a part that the model needs is refused', async t => {
  const settings = await installed(t, { files: { model: { path: 'model.int8.onnx' } } })
  await refuses({ ...settings, 'asr.provider': 'sense-voice' }, 'CHORUS_CONFIG_INVALID', /a file for "tokens"/)
})

test('a service is chosen where one is configured, hears every language, and needs no model', async t => {
  const settings = { data: makeFolder(t), 'asr.openai.baseUrl': 'http://127.0.0.1:9/v1', 'asr.openai.model': 'large' }
  assert.deepEqual(await choose(settings), { paths: undefined, title: 'large at http://127.0.0.1:9/v1', languages: undefined })
})

test('the recogniser is told about each kind of files and the device in its own words', () => {
  const common = { tokens: '/t', numThreads: 1, provider: 'cpu', debug: 0 }
  assert.deepEqual(sherpaConfig({ kind: 'sense-voice', model: '/m', tokens: '/t' }).modelConfig, {
    senseVoice: { model: '/m', language: 'auto', useInverseTextNormalization: 1 }, ...common
  })
  assert.deepEqual(sherpaConfig({ kind: 'moonshine', encoder: '/e', decoder: '/d', tokens: '/t' }, 'cuda').modelConfig, {
    moonshine: { encoder: '/e', mergedDecoder: '/d' }, ...common, provider: 'cuda'
  })
  assert.deepEqual(sherpaConfig({ kind: 'whisper', encoder: '/e', decoder: '/d', tokens: '/t', language: 'de' }).modelConfig, {
    whisper: { encoder: '/e', decoder: '/d', language: 'de', task: 'transcribe', tailPaddings: -1 }, ...common
  })
})

type Settings = Readonly<Record<string, unknown>> & { readonly data: string }

function choose (settings: Settings, signal = new AbortController().signal): Promise<ChosenRecogniser> {
  return chooseRecogniser({ config: makeConfig(settings), sourceOf: path => `source of ${path}`, signal })
}

/** A model of the operator, complete; of no use unless a network is given. */
async function installed (t: TestContext, changes: Partial<Model> = {}, network?: Buffer, tokens?: Buffer): Promise<Settings> {
  const { model, archive } = makeModel(t, changes, network, tokens)
  const manifest = writeManifest(t, [model])
  const data = makeFolder(t)
  const file = join(makeFolder(t), 'archive')
  writeFileSync(file, archive)
  let errors = ''
  const quiet = { out: { write: () => {} }, error: { write: (text: string) => { errors += text } }, signal: new AbortController().signal }
  assert.equal(await runModels(['add', 'some-model', file, '--data', data, '--models.manifest', manifest], quiet), 0, errors)
  return { data, 'models.manifest': manifest, 'asr.senseVoice.model': 'some-model' }
}

async function refuses (settings: Settings, code: ErrorCode, message: RegExp): Promise<void> {
  await assert.rejects(choose(settings), (error: unknown) => {
    assert.ok(error instanceof ChorusError, String(error))
    assert.equal(error.code, code, error.message)
    assert.match(error.message, message)
    return true
  })
}
