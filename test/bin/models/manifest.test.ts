import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { stringify } from 'yaml'
import { addressesOf } from '../../../src/bin/models/fetch-model.js'
import { describeLanguages, findModel, loadManifest, withNeeded } from '../../../src/bin/models/manifest.js'
import { renderModelsPage } from '../../../src/bin/docs/models.js'
import { makeConfig, projectDir } from '../../../src/core/config.js'
import { ChorusError } from '../../../src/core/errors.js'
import { makeFolder, makeModel, writeManifest } from './make-model.js'

const manifest = loadManifest(makeConfig())

test('the models that are offered are the published ones', () => {
  const sums = manifest.map(({ name, download: { bytes, sha256 } }) => [name, bytes ?? 0, sha256?.slice(0, 8) ?? 'unknown'].join(' '))
  assert.ok(sums.includes('sense-voice 163002883 7d1efa21'))
  assert.ok(sums.includes('whisper-base 207557382 911b2083'))
  assert.ok(sums.includes('streaming-zipformer-zh-en 511274346 27ffbd9e'))
  assert.ok(sums.includes('streaming-paraformer-zh-en 1047319737 5462a1fc'))
  assert.ok(sums.includes('campplus-zh-en 28281164 aa3cfc16'))
  assert.ok(sums.includes('kokoro-zh-en 147031220 a1e94694'))
  assert.ok(sums.includes('matcha-zh-en 79033838 271b804a'))
  assert.ok(sums.includes('melo-zh-en 167006755 e58351ed'))
  assert.ok(sums.includes('punctuation-zh-en 64717756 c0d5aa5f'))
  assert.deepEqual(sums.filter(line => line.endsWith('unknown')), ['campplus-zh 0 unknown'])
})

test('names are unique, and so are the files that downloads are kept in', () => {
  for (const key of ['name', 'file'] as const) {
    const values = manifest.map(model => key === 'name' ? model.name : model.download.file)
    assert.equal(new Set(values).size, values.length)
  }
})

test('docs/models.md is what the manifest says', async () => {
  const text = readFileSync(join(projectDir, 'docs', 'models.md'), 'utf8')
  assert.equal(text, await renderModelsPage(), 'run: node scripts/run.mjs src/bin/docs')
})

test('a voice brings its vocoder along', () => {
  assert.deepEqual(withNeeded(manifest, findModel(manifest, 'matcha-zh-en', 'test')).map(({ name }) => name), ['vocos-16khz', 'matcha-zh-en'])
})

test('mirrors come first, then GitHub, then Hugging Face for what is a file there', () => {
  const config = makeConfig({ 'models.mirrors': ['http://one.example/m/', 'http://two.example/https://github.com/x'], 'models.huggingFace': 'http://hf.example' })
  assert.deepEqual(addressesOf(findModel(manifest, 'campplus-zh-en', 'test'), config), [
    'http://one.example/m/speaker-recongition-models/3dspeaker_speech_campplus_sv_zh_en_16k-common_advanced.onnx',
    'http://two.example/https://github.com/x/speaker-recongition-models/3dspeaker_speech_campplus_sv_zh_en_16k-common_advanced.onnx',
    'https://github.com/k2-fsa/sherpa-onnx/releases/download/speaker-recongition-models/3dspeaker_speech_campplus_sv_zh_en_16k-common_advanced.onnx',
    'http://hf.example/csukuangfj/speaker-embedding-models/resolve/main/3dspeaker_speech_campplus_sv_zh_en_16k-common_advanced.onnx'
  ])
  assert.equal(addressesOf(findModel(manifest, 'sense-voice', 'test'), makeConfig()).length, 1)
})

test('a model of the operator is offered beside ours, or in place of one', t => {
  const { model } = makeModel(t)
  const path = writeManifest(t, [model, { ...model, name: 'sense-voice', title: 'Ours, tuned' }])
  const both = loadManifest(makeConfig({ 'models.manifest': path }))
  assert.equal(both.length, manifest.length + 1)
  assert.equal(findModel(both, 'sense-voice', 'test').title, 'Ours, tuned')
})

test('a wrong manifest is refused with its file, the model and the place', t => {
  const { model } = makeModel(t)
  const refused = (changes: object, message: RegExp): void => {
    const path = join(makeFolder(t), 'models.yaml')
    writeFileSync(path, stringify([{ ...model, ...changes }]))
    assert.throws(() => loadManifest(makeConfig({ 'models.manifest': path })), (error: unknown) => {
      assert.ok(error instanceof ChorusError && error.code === 'CHORUS_CONFIG_INVALID', String(error))
      assert.match(error.message, message)
      return true
    })
  }
  refused({ licens: 'MIT' }, /models\.yaml \(some-model\): it "licens" is not valid/)
  refused({ name: '../up' }, /\(\.\.\/up, name\)/)
  refused({ download: { ...model.download, file: '../../etc/passwd' } }, /\(some-model, download, file\)/)
  refused({ files: { model: { path: '../x' } } }, /\(some-model, files, model, path\)/)
  refused({ files: { model: { path: 'a/../../x' } } }, /\(some-model, files, model, path\)/)
  refused({ download: { file: 'x.tar.bz2' } }, /a tag or a url/)
  refused({ download: { file: 'x.onnx', tag: 'a' } }, /nothing but x\.onnx, which is no \.tar\.bz2/)
  refused({ download: { ...model.download, sha256: 'beef' } }, /download, sha256/)
  refused({ with: ['nobody'] }, /"nobody" is not valid here: expected the name of a model/)
})

test('a manifest that is not there or no YAML is told as such', t => {
  const path = join(makeFolder(t), 'models.yaml')
  assert.throws(() => loadManifest(makeConfig({ 'models.manifest': path })), /cannot read .*ENOENT/)
  writeFileSync(path, 'a: [')
  assert.throws(() => loadManifest(makeConfig({ 'models.manifest': path })), /cannot read .*models\.yaml/)
})

test('an unknown name meets the nearest known one', () => {
  assert.throws(() => findModel(manifest, 'sense-voise', 'models -- download'), /perhaps "sense-voice"/)
})

test('languages are named as long as they are few', () => {
  assert.equal(describeLanguages(['zh', 'yue'], 2), 'Chinese, Cantonese')
  assert.equal(describeLanguages(['zh', 'yue', 'en'], 2), '3 languages')
  assert.equal(describeLanguages([]), 'any')
})
