import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeConfig } from '../../src/core/config.js'
import { findAsrService } from '../../src/providers/asr-service.js'
import { findOpenAiAsr } from '../../src/providers/openai-asr-address.js'

const OWN = 'http://127.0.0.1:9/v1'
const find = (settings: Readonly<Record<string, string>>) => findOpenAiAsr(makeConfig(settings))
const describe = (settings: Readonly<Record<string, string>>) => findAsrService(makeConfig(settings))?.description

test('address and key are those of the language model where none are given', () => {
  const service = find({ 'asr.provider': 'openai', 'llm.openai.baseUrl': OWN, 'llm.openai.apiKey': 'k' })
  assert.deepEqual(service, { baseUrl: OWN, apiKey: 'k' })
  assert.deepEqual(find({ 'asr.provider': 'openai', 'llm.openai.apiKey': 'k' }), { baseUrl: 'https://api.openai.com/v1', apiKey: 'k' })
})

test('a key goes to its own service only', () => {
  assert.deepEqual(find({ 'asr.openai.baseUrl': OWN, 'llm.openai.apiKey': 'k' }), { baseUrl: OWN, apiKey: '' })
  assert.deepEqual(find({ 'asr.openai.baseUrl': OWN, 'asr.openai.apiKey': 'a', 'llm.openai.apiKey': 'k' }), { baseUrl: OWN, apiKey: 'a' })
})

test('OpenAI itself without a key is refused, and the message says what to set', () => {
  for (const settings of [{ 'asr.provider': 'openai' }, { 'asr.openai.baseUrl': 'https://api.openai.com/v1/' }]) {
    assert.throws(() => describe(settings), {
      code: 'CHORUS_CONFIG_INVALID',
      message: /^asr\.openai\.apiKey: nothing is not valid here: expected a key for https:\/\/api\.openai\.com\/v1 .*OPENAI_API_KEY.*asr\.openai\.baseUrl$/
    })
  }
})

test('a service that is asked for is described', () => {
  assert.equal(describe({}), undefined)
  assert.equal(describe({ 'asr.openai.baseUrl': OWN, 'asr.openai.model': 'm' }), `m at ${OWN}`)
})
