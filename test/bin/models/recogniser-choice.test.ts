import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { sherpaConfig } from '../../../native-bindings/recogniser.js'
import { installModel } from '../../../src/bin/models/install.js'
import { chooseRecogniser } from '../../../src/bin/models/recogniser-choice.js'
import { makeConfig } from '../../../src/core/config.js'
import { ChorusError } from '../../../src/core/errors.js'
import { FileServer } from './file-server.js'
import { makeFolder, makeModel, type MadeModel } from './make-model.js'

test('without an installed model the one that comes with Chorus hears English', async t => {
  const { title, languages, paths, trouble } = await chooseRecogniser(makeConfig({ data: makeFolder(t) }), 'default')
  assert.equal(title, 'Moonshine base (English)')
  assert.deepEqual([...languages!], ['en'])
  assert.equal(paths?.kind, 'moonshine')
  assert.equal(trouble, undefined)
})

test('an installed model is taken by itself, with its languages', async t => {
  const { data, model } = await installed(t)
  const chosen = await chooseRecogniser(makeConfig({ data }), 'default', model)
  const folder = join(data, 'models', 'sense-voice')
  assert.deepEqual(chosen.paths, { kind: 'sense-voice', model: join(folder, 'model.int8.onnx'), tokens: join(folder, 'tokens.txt') })
  assert.deepEqual([...chosen.languages!], ['zh', 'en'])
  assert.equal(chosen.title, 'Some model (Chinese, English)')
})

test('an installed model is left alone where the settings say so', async t => {
  const { data, model } = await installed(t)
  const config = makeConfig({ data, 'asr.provider': 'moonshine', 'asr.moonshine.size': 'tiny' })
  assert.equal((await chooseRecogniser(config, '--asr.provider', model)).title, 'Moonshine tiny (English)')
})

test('a damaged model is passed over with a reason and the command that mends it', async t => {
  const { data, model } = await installed(t)
  writeFileSync(join(data, 'models', 'sense-voice', 'tokens.txt'), 'cut')
  const { paths, trouble } = await chooseRecogniser(makeConfig({ data }), 'default', model)
  assert.equal(paths?.kind, 'moonshine')
  assert.match(trouble ?? '', /tokens\.txt.* has sha256 .*run "npm run models -- install sense-voice"/)
  assert.doesNotMatch(trouble ?? '', /npm ci/)
})

test('a model that is asked for and not there stops the start, and the setting is named', async t => {
  const config = makeConfig({ data: makeFolder(t), 'asr.provider': 'sense-voice' })
  await assert.rejects(chooseRecogniser(config, 'CHORUS_ASR_PROVIDER'), (error: unknown) => {
    assert.ok(error instanceof ChorusError)
    assert.equal(error.code, 'CHORUS_CONFIG_INVALID')
    assert.match(error.message, /^CHORUS_ASR_PROVIDER: "sense-voice" is not valid here: expected an installed model; run "npm run models -- install sense-voice"/)
    return true
  })
})

test('a service is chosen where one is configured, hears every language, and needs no model', async t => {
  const config = makeConfig({ data: makeFolder(t), 'asr.openai.baseUrl': 'http://127.0.0.1:9/v1', 'asr.openai.model': 'large' })
  assert.deepEqual(await chooseRecogniser(config, 'default'), { paths: undefined, title: 'large at http://127.0.0.1:9/v1', languages: undefined })
})

test('the recogniser is told about each kind of files in its own words', () => {
  assert.deepEqual(sherpaConfig({ kind: 'sense-voice', model: '/m', tokens: '/t' }).modelConfig, {
    senseVoice: { model: '/m', language: 'auto', useInverseTextNormalization: 1 },
    tokens: '/t',
    numThreads: 1,
    provider: 'cpu',
    debug: 0
  })
  assert.deepEqual(sherpaConfig({ encoder: '/e', decoder: '/d', tokens: '/t' }).modelConfig, {
    moonshine: { encoder: '/e', mergedDecoder: '/d' },
    tokens: '/t',
    numThreads: 1,
    provider: 'cpu',
    debug: 0
  })
})

async function installed (t: TestContext): Promise<MadeModel & { readonly data: string }> {
  const made = makeModel(t)
  const server = await FileServer.start(t, { body: made.archive })
  const data = makeFolder(t)
  const quiet = { onStep: () => {}, onProgress: () => {} }
  await installModel(made.model, { data, from: server.url, signal: new AbortController().signal, ...quiet })
  return { ...made, data }
}
