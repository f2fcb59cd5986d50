import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { parseVolcanoFrame, SERVER_AUDIO, SERVER_ERROR, SERVER_RESPONSE, volcanoEvent } from '../../../src/providers/wire/volcano-frames.js'

/** Bytes of the documents' tables, in hexadecimal digits and texts. */
function bytes (...parts: ReadonlyArray<string | Buffer>): Buffer {
  return Buffer.concat(parts.map(part => Buffer.isBuffer(part) ? part : Buffer.from(part.replaceAll(' ', ''), 'hex')))
}

test('an event of the connection has no id, one of a session has', () => {
  assert.deepEqual(volcanoEvent(1, undefined, {}), bytes('11 14 10 00  00 00 00 01  00 00 00 02', Buffer.from('{}')))
  assert.deepEqual(volcanoEvent(100, 'abc', { a: 1 }),
    bytes('11 14 10 00  00 00 00 64  00 00 00 03', Buffer.from('abc'), '00 00 00 07', Buffer.from('{"a":1}')))
})

test('answers are read, with an event, with a sequence, and packed', () => {
  assert.deepEqual(parseVolcanoFrame(bytes('11 94 10 00  00 00 00 32  00 00 00 02', Buffer.from('id'), '00 00 00 02', Buffer.from('{}'))),
    { kind: SERVER_RESPONSE, event: 50, id: 'id', payload: Buffer.from('{}') })
  assert.deepEqual(parseVolcanoFrame(bytes('11 b4 00 00  00 00 01 60  00 00 00 01 41  00 00 00 03  01 02 03')),
    { kind: SERVER_AUDIO, event: 352, id: 'A', payload: Buffer.from([1, 2, 3]) })
  const packed = gzipSync('{"text":"hi"}')
  assert.deepEqual(parseVolcanoFrame(bytes('11 93 11 00  ff ff ff fe', Buffer.from([0, 0, 0, packed.length]), packed)),
    { kind: SERVER_RESPONSE, sequence: -2, payload: Buffer.from('{"text":"hi"}') })
})

test('an error has a code', () => {
  assert.deepEqual(parseVolcanoFrame(bytes('11 f0 10 00  02 ae a5 44  00 00 00 02', Buffer.from('no'))),
    { kind: SERVER_ERROR, code: 45_000_004, payload: Buffer.from('no') })
})

test('a header that is longer than four bytes is skipped', () => {
  assert.deepEqual(parseVolcanoFrame(bytes('12 90 10 00  de ad be ef  00 00 00 01 41')), { kind: SERVER_RESPONSE, payload: Buffer.from('A') })
})

test('a message that ends anywhere too early is refused', () => {
  const whole = bytes('11 94 10 00  00 00 00 32  00 00 00 02', Buffer.from('id'), '00 00 00 02', Buffer.from('{}'))
  for (let length = 0; length < whole.length; length++) assert.throws(() => parseVolcanoFrame(whole.subarray(0, length)), /too short/)
  assert.throws(() => parseVolcanoFrame(bytes('21 94 10 00  00 00 00 32')), /version/)
})

test('no bytes break it', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), tail => {
    try { parseVolcanoFrame(Buffer.concat([Buffer.from([0x11]), tail])) } catch (error) { assert.ok(error instanceof Error) }
  }), { seed: 6 })
})
