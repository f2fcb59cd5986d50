import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Base64Field } from '../../../src/providers/tts/base64-field.js'

const bytes = Buffer.from(Array.from({ length: 257 }, (_, index) => index & 255))

function read (json: string, cut: number): { readonly field: Base64Field, readonly bytes: Buffer } {
  const field = new Base64Field('data')
  const pieces = Array.from({ length: Math.ceil(json.length / cut) }, (_, index) => field.push(json.slice(index * cut, (index + 1) * cut)))
  return { field, bytes: Buffer.concat(pieces) }
}

test('the field is the same however it is cut, also with its slashes escaped', () => {
  const json = JSON.stringify({ code: 3000, message: 'not "data":"', data: bytes.toString('base64'), addition: { data: 'AAAA' } })
  for (const text of [json, json.replaceAll('/', '\\/')]) {
    for (const cut of [1, 2, 3, 5, 64, 10_000]) {
      const { field, bytes: read1 } = read(text, cut)
      assert.deepEqual([read1, field.isComplete], [bytes, true])
      assert.equal(JSON.parse(`${field.head}"data":""}`).code, 3000)
    }
  }
})

test('bytes come before the field is complete', () => {
  assert.deepEqual(read('{ "data" : "AAEC', 100).bytes, Buffer.from([0, 1, 2]))
})

test('a field that is not there is not begun, and what was read is kept', () => {
  const { field } = read('{"code":3001}', 4)
  assert.deepEqual([field.hasBegun, field.head], [false, '{"code":3001}'])
})

test('what is not base64 is refused, and so is JSON without an end', () => {
  for (const json of ['{"data":"AA AA"}', '{"data":"AA\\nAA"}', '{"data":"ü"}']) {
    for (const cut of [1, 100]) assert.throws(() => read(json, cut), /not base64/, json)
  }
  assert.throws(() => read(`{"text":"${'a'.repeat(100_000)}"}`, 1000), /without sound/)
})
