import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readEndpoint, readEndpointTimes, writeEndpoint } from '../../src/ring/endpoint.js'
import { MAX_PAYLOAD_BYTES } from '../../src/ring/layout.js'

const u32 = fc.nat(0xffff_ffff)
const i32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })
const endpoints = fc.record({
  utterance: u32,
  startSample: u32,
  endSample: u32,
  speechEndSample: u32,
  reason: fc.nat(4),
  pages: fc.array(fc.nat(65_535), { maxLength: 40 })
}, { noNullPrototype: true })

const times = fc.record({ arrivalAt: i32, verdictAt: i32 }, { noNullPrototype: true })

test('an endpoint survives its record, whatever lay in the buffer before', () => {
  const payload = new Int32Array(MAX_PAYLOAD_BYTES / 4)
  const bytes = new Uint8Array(payload.buffer)
  fc.assert(fc.property(endpoints, times, (endpoint, times) => {
    bytes.fill(0xa5)
    const length = writeEndpoint(endpoint, times, bytes)
    assert.equal(length, 32 + endpoint.pages.length * 4)
    assert.equal(bytes[length], 0xa5)
    assert.deepEqual(readEndpoint(payload), endpoint)
    assert.deepEqual(readEndpointTimes(payload), times)
  }), { seed: 4 })
})
