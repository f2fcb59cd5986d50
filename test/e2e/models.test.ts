import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { moonshineFiles } from '../../native-bindings/model-files.js'
import { runModels } from '../../src/bin/models/run-models.js'
import { makeFolder, makeModel, pack, sha256, writeManifest } from '../bin/models/make-model.js'
import { ChorusServer, type LogLine } from '../support/chorus-server.js'

test('a model that aborts native code stops the start with its name, its files and the last words', async t => {
  const { data, args } = await installBroken(t)
  const failed = await failToStart(t, data, [...args, '--asr.provider', 'sense-voice'])
  assert.equal(failed['code'], 'CHORUS_MODEL_UNUSABLE')
  assert.match(failed.msg, /the model broken does not work on this machine: .* was ended by SIGABRT\. Files: model\.int8\.onnx, tokens\.txt\. Its last words: .*Protobuf parsing failed/)
})

test('the same model is passed over where another one may serve', async t => {
  const { data, args } = await installBroken(t)
  const server = await ChorusServer.start(t, { data, args })
  const warning = server.lines.find(line => line.level === 'warn' && line.msg.includes('is installed and not used'))
  assert.match(warning?.msg ?? '', /the model broken does not work/)
  assert.ok(server.lines.some(line => line.msg.startsWith('speech recognition: Moonshine base')))
})

test('a device that is not there stops the start', async t => {
  const failed = await failToStart(t, makeFolder(t), ['--inference.device', 'cuda'])
  assert.equal(failed['code'], 'CHORUS_DEVICE_MISSING')
  assert.match(failed.msg, /^inference\.device is "cuda", and onnxruntime-node cannot use that here: .*Set it to cpu, or see docs\/models\.md/)
})

async function failToStart (t: TestContext, data: string, args: readonly string[]): Promise<LogLine> {
  const server = new ChorusServer(data, { args })
  t.after(async () => { await server.stop() })
  assert.deepEqual(await server.exited, { code: 1, signal: null })
  assert.equal(server.lines.some(line => line.event === 'ready'), false)
  const failed = server.lines.find(line => line.event === 'failed')
  assert.ok(failed !== undefined, server.errorOutput)
  return failed
}

/** A model of the operator, byte for byte what it says, and of no use: its network was cut. */
async function installBroken (t: TestContext): Promise<{ readonly data: string, readonly args: readonly string[] }> {
  const network = readFileSync(moonshineFiles('tiny').encoder.path).subarray(0, 100_000)
  const archive = pack(t, { 'model.int8.onnx': network, 'tokens.txt': Buffer.from('<unk> 0\n') })
  const { model } = makeModel(t, {
    name: 'broken',
    download: { file: 'broken.tar.bz2', tag: 'none', bytes: archive.length, sha256: sha256(archive) },
    files: { model: { path: 'model.int8.onnx' }, tokens: { path: 'tokens.txt' } }
  })
  const manifest = writeManifest(t, [model])
  const data = makeFolder(t)
  const file = join(makeFolder(t), 'broken.tar.bz2')
  writeFileSync(file, archive)
  const quiet = { out: { write: () => {} }, error: { write: () => {} }, signal: new AbortController().signal }
  assert.equal(await runModels(['add', 'broken', file, '--data', data, '--models.manifest', manifest], quiet), 0)
  assert.ok(existsSync(join(data, 'models', 'broken', 'tokens.txt')))
  return { data, args: ['--models.manifest', manifest, '--asr.senseVoice.model', 'broken'] }
}
