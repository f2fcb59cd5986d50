import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import type { RecogniserPaths } from '../../../src/core/model-paths.js'
import { moonshineFiles, moonshineTokens, sileroFile } from '../../../native-bindings/model-files.js'
import type { TrialModel } from '../../../src/bin/models/trial-child.js'
import { tryModel, tryVoiceDetection } from '../../../src/bin/models/trials.js'
import { makeConfig } from '../../../src/core/config.js'
import type { Config } from '../../../src/core/config-schema.js'
import { ChorusError, type ErrorCode } from '../../../src/core/errors.js'
import { makeFolder } from './make-model.js'

const never = new AbortController().signal
/** Shows that nothing was started: whatever would be is refused. */
const aborted = AbortSignal.abort()
/** A device of another system. */
const absent = process.platform === 'win32' ? 'coreml' : 'directml'

test('a model that works is tried once for the same files', async t => {
  const { config, model, data } = await setUp(t)
  const trial = { name: 'tiny', model, sha256s: ['a', 'b'] }
  await tryModel(config, trial, never)
  await tryModel(config, trial, aborted)
  await refuses(tryModel(config, { ...trial, sha256s: ['a', 'c'] }, aborted), 'CHORUS_STOPPING')
  const passed = Object.values(JSON.parse(readFileSync(join(data, 'models', 'trials.json'), 'utf8')) as object) as Array<{ name: string }>
  assert.deepEqual(passed.map(({ name }) => name), ['tiny'])
})

test('a list of trials that was damaged only costs another trial', async t => {
  const { config, model, data } = await setUp(t)
  mkdirSync(join(data, 'models'), { recursive: true })
  writeFileSync(join(data, 'models', 'trials.json'), '{"cut')
  await tryModel(config, { name: 'tiny', model, sha256s: ['a'] }, never)
})

test('what comes with the packages is not tried on the processor', async t => {
  const { config, model } = await setUp(t)
  await tryModel(config, { name: 'moonshine-tiny', model, sha256s: undefined }, aborted)
  await tryVoiceDetection(config, sileroFile().path, aborted)
})

test('tokens that sherpa-onnx cannot read end the child and not this process', async t => {
  const { config, files, folder } = await setUp(t)
  const tokens = join(folder, 'tokens.txt')
  writeFileSync(tokens, 'a 1\n')
  const error = await refuses(tryModel(config, { name: 'broken', model: recogniser({ ...files, tokens }), sha256s: ['a'] }, never), 'CHORUS_MODEL_UNUSABLE')
  assert.match(error.message, /the model broken does not work.*process of its own (ended with code|was ended by).*tokens\.txt.*base64-decode/)
})

test('a model that was cut aborts the child and not this process', async t => {
  const { config, files, folder } = await setUp(t)
  const model = join(folder, 'cut.onnx')
  writeFileSync(model, readFileSync(moonshineFiles('tiny').encoder.path).subarray(0, 100_000))
  const trial = { name: 'cut', model: recogniser({ kind: 'sense-voice', model, tokens: files.tokens }), sha256s: ['a'] }
  for (let turn = 0; turn < 2; turn++) { // a failure is not remembered: it may have been a lack of memory
    const error = await refuses(tryModel(config, trial, never), 'CHORUS_MODEL_UNUSABLE')
    assert.match(error.message, /cut\.onnx.*Protobuf parsing failed/)
  }
})

test('a trial without an end is ended', async t => {
  const { config, model } = await setUp(t, { 'inference.trialTimeoutMs': 100 })
  const error = await refuses(tryModel(config, { name: 'slow', model, sha256s: ['a'] }, never), 'CHORUS_MODEL_UNUSABLE')
  assert.match(error.message, /gave no answer in 100 ms/)
})

test('a stop ends a trial', async t => {
  const { config, model } = await setUp(t)
  const controller = new AbortController()
  const trying = refuses(tryModel(config, { name: 'tiny', model, sha256s: ['a'] }, controller.signal), 'CHORUS_STOPPING')
  controller.abort()
  await trying
})

test('a device that is not there is told by each library, although sherpa-onnx would run without it', async t => {
  const { config, model } = await setUp(t, { 'inference.device': absent })
  const recognition = await refuses(tryModel(config, { name: 'moonshine-tiny', model, sha256s: undefined }, never), 'CHORUS_DEVICE_MISSING')
  assert.match(recognition.message, new RegExp(`inference\\.device is "${absent}", and sherpa-onnx-node cannot use that here: .*Fallback to cpu`))
  const detection = await refuses(tryVoiceDetection(config, sileroFile().path, never), 'CHORUS_DEVICE_MISSING')
  assert.match(detection.message, /onnxruntime-node cannot use that here: .*unsupported/)
})

test('a broken model is not blamed on the device', async t => {
  const { config, files, folder } = await setUp(t, { 'inference.device': absent })
  const model = join(folder, 'noise.onnx')
  writeFileSync(model, 'noise')
  await refuses(tryModel(config, { name: 'noise', model: recogniser({ kind: 'sense-voice', model, tokens: files.tokens }), sha256s: ['a'] }, never), 'CHORUS_MODEL_UNUSABLE')
})

interface Setup {
  readonly config: Config
  readonly data: string
  readonly folder: string
  readonly files: RecogniserPaths
  readonly model: TrialModel
}

async function setUp (t: TestContext, settings: Readonly<Record<string, unknown>> = {}): Promise<Setup> {
  const data = makeFolder(t)
  const folder = makeFolder(t)
  const { encoder, decoder } = moonshineFiles('tiny')
  const tokens = await moonshineTokens(folder)
  const files = { kind: 'moonshine', encoder: encoder.path, decoder: decoder.path, tokens: tokens.path } as const
  return { config: makeConfig({ data, ...settings }), data, folder, files, model: recogniser(files) }
}

function recogniser (files: RecogniserPaths): TrialModel { return { kind: 'recogniser', files } }

async function refuses (trying: Promise<unknown>, code: ErrorCode): Promise<ChorusError> {
  const error = await trying.then(() => undefined, (error: unknown) => error)
  assert.ok(error instanceof ChorusError, String(error))
  assert.equal(error.code, code, error.message)
  return error
}
