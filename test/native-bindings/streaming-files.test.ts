import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { test, type TestContext } from 'node:test'
import type { StreamingKind } from '../../src/core/model-paths.js'
import { findStreamingFiles } from '../../native-bindings/streaming-files.js'
import { ChorusError } from '../../src/core/errors.js'

test('the bilingual zipformer as it is released: int8 where that is as good', async t => {
  const names = ['encoder', 'decoder', 'joiner'].flatMap(part => [`${part}-epoch-99-avg-1.onnx`, `${part}-epoch-99-avg-1.int8.onnx`])
  assert.deepEqual(await find(t, [...names, 'tokens.txt', 'bpe.model', 'README.md']), {
    kind: 'transducer',
    encoder: 'encoder-epoch-99-avg-1.int8.onnx',
    decoder: 'decoder-epoch-99-avg-1.onnx',
    joiner: 'joiner-epoch-99-avg-1.int8.onnx',
    tokens: 'tokens.txt'
  })
})

test('the newer zipformer, whose files have short names', async t => {
  assert.deepEqual(await find(t, ['encoder.int8.onnx', 'decoder.onnx', 'joiner.int8.onnx', 'tokens.txt']), {
    kind: 'transducer', encoder: 'encoder.int8.onnx', decoder: 'decoder.onnx', joiner: 'joiner.int8.onnx', tokens: 'tokens.txt'
  })
})

test('the bilingual paraformer as it is released', async t => {
  assert.deepEqual(await find(t, ['encoder.onnx', 'encoder.int8.onnx', 'decoder.onnx', 'decoder.int8.onnx', 'tokens.txt']), {
    kind: 'paraformer', encoder: 'encoder.int8.onnx', decoder: 'decoder.int8.onnx', tokens: 'tokens.txt'
  })
})

test('a model of one file is told by the name of its folder, or by the setting', async t => {
  const names = ['model.onnx', 'tokens.txt']
  assert.equal((await find(t, names)).kind, 'zipformer2-ctc')
  assert.equal((await find(t, names, 'auto', 'sherpa-onnx-nemo-streaming-fast-conformer-ctc-en-80ms')).kind, 'nemo-ctc')
  assert.equal((await find(t, names, 'nemo-ctc')).kind, 'nemo-ctc')
  assert.equal((await find(t, ['ctc-epoch-20-avg-1-chunk-16-left-128.int8.onnx', 'tokens.txt'])).kind, 'zipformer2-ctc')
})

test('what is missing or there twice is named', async t => {
  await refused(find(t, ['model.onnx']), /tokens\.txt is missing/)
  await refused(find(t, ['tokens.txt']), /it has no model \(model\*\.onnx\)/)
  await refused(find(t, ['joiner.onnx', 'decoder.onnx', 'tokens.txt']), /it has no encoder/)
  await refused(find(t, ['model-a.onnx', 'model-b.onnx', 'tokens.txt']), /more than one model: model-a\.onnx, model-b\.onnx/)
  await refused(findStreamingFiles('/nowhere/model'), /there is no such folder/)
})

type Found = Readonly<Record<string, string>>

async function find (t: TestContext, names: readonly string[], kind: StreamingKind | 'auto' = 'auto', name = 'some-model'): Promise<Found> {
  const root = mkdtempSync(join(tmpdir(), 'chorus-streaming-'))
  t.after(() => { rmSync(root, { recursive: true }) })
  const folder = join(root, name)
  mkdirSync(folder)
  for (const file of names) writeFileSync(join(folder, file), '')
  const found = await findStreamingFiles(folder, kind)
  return Object.fromEntries(Object.entries(found).map(([part, path]) => [part, basename(String(path))]))
}

async function refused (found: Promise<unknown>, why: RegExp): Promise<void> {
  await assert.rejects(found, (error: unknown) => error instanceof ChorusError && error.code === 'CHORUS_MODEL_UNSUITABLE' && why.test(error.message))
}
