import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { chooseStreaming } from '../../../src/bin/models/streaming-choice.js'
import { makeConfig } from '../../../src/core/config.js'
import { ChorusError } from '../../../src/core/errors.js'
import { writeToneModel } from '../../support/streaming/tone-models.js'
import { makeFolder } from './make-model.js'

const hasCode = (code: string, text: RegExp) => (error: unknown): boolean => {
  return error instanceof ChorusError && error.code === code && text.test(error.message)
}

test('a streaming model is found in the data directory and by its full path', async t => {
  const data = makeFolder(t)
  const folder = join(data, 'models', 'tones')
  writeToneModel(folder, 'paraformer')
  for (const model of ['tones', folder]) {
    const chosen = await chooseStreaming(makeConfig({ data, 'asr.provider': 'streaming', 'asr.streaming.model': model }), '--asr.provider')
    assert.equal(chosen.paths, undefined)
    assert.equal(chosen.streaming?.kind, 'paraformer')
    assert.equal(chosen.streaming.tokens, join(folder, 'tokens.txt'))
    assert.deepEqual([...chosen.languages!], ['zh', 'en'])
    assert.match(chosen.title, /a streaming paraformer model \(zh, en\)/)
  }
})

test('a streaming recogniser without a model, or with one that is not there, is refused', async t => {
  const data = makeFolder(t)
  const choose = (model: string) => chooseStreaming(makeConfig({ data, 'asr.provider': 'streaming', 'asr.streaming.model': model }), '--asr.provider')
  await assert.rejects(choose(''), hasCode('CHORUS_CONFIG_INVALID', /--asr\.provider: .*asr\.streaming\.model/))
  await assert.rejects(choose('nothing'), hasCode('CHORUS_MODEL_UNSUITABLE', /models\/nothing .*there is no such folder/))
})
