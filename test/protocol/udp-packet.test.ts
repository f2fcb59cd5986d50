import assert from 'node:assert/strict'
import { createCipheriv } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { monoPacketMs } from '../../src/protocol/opus-toc.js'
import { connectionIdOf, datagramFault, makeNonce, openDatagram, sealDatagram, sequenceOf } from '../../src/protocol/udp-packet.js'

const uint32 = fc.integer({ min: 0, max: 0xffffffff })
const key = fc.uint8Array({ minLength: 16, maxLength: 16 })
const packet = fc.uint8Array({ minLength: 1, maxLength: 1484 })

test('a packet comes back as it was sealed, whatever the numbers', () => {
  fc.assert(fc.property(key, packet, uint32, uint32, uint32, (secret, opus, connectionId, timestamp, sequence) => {
    const datagram = sealDatagram(secret, { connectionId, timestamp, sequence }, opus)
    assert.equal(datagramFault(datagram, 1484), undefined)
    assert.deepEqual([connectionIdOf(datagram), sequenceOf(datagram), datagram.readUInt32BE(8)], [connectionId, sequence, timestamp])
    assert.deepEqual(new Uint8Array(openDatagram(secret, datagram).subarray(16)), opus)
  }))
})

test('the keystream begins with the header, encrypted as one block, and counts on from it', () => {
  const secret = Buffer.from('2b7e151628aed2a6abf7158809cf4f3c', 'hex')
  const opus = Buffer.alloc(40)
  const datagram = sealDatagram(secret, { connectionId: 0xf4f5f6f7, timestamp: 0xf8f9fafb, sequence: 0xffffffff }, opus)
  const counter = Buffer.from(datagram.subarray(0, 16))
  const blocks = [0, 1, 2].map(step => {
    const block = Buffer.from(counter)
    let value = BigInt(`0x${block.toString('hex')}`) + BigInt(step) // the carry leaves the sequence
    for (let at = 15; at >= 0; at--) { block[at] = Number(value & 255n); value >>= 8n }
    return createCipheriv('aes-128-ecb', secret, null).setAutoPadding(false).update(block)
  })
  assert.deepEqual(datagram.subarray(16), Buffer.concat(blocks).subarray(0, 40))
})

test('a known datagram: what firmware with this key and nonce would send', () => {
  const secret = Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex')
  const datagram = sealDatagram(secret, { connectionId: 0x01020304, timestamp: 0, sequence: 1 }, Buffer.from('aabbcc', 'hex'))
  assert.equal(datagram.subarray(0, 16).toString('hex'), '01000003010203040000000000000001')
  assert.equal(createCipheriv('aes-128-ctr', secret, datagram.subarray(0, 16)).update(datagram.subarray(16)).toString('hex'), 'aabbcc')
  assert.equal(makeNonce(0x01020304).toString('hex'), '01000000010203040000000000000000')
})

test('every change of type, flags, length or size is noticed before anything is decrypted (T137)', () => {
  fc.assert(fc.property(packet, fc.integer({ min: 0, max: 3 }), fc.integer({ min: 1, max: 255 }), (opus, at, flip) => {
    const datagram = sealDatagram(Buffer.alloc(16), { connectionId: 1, timestamp: 2, sequence: 3 }, opus)
    datagram[at] = datagram[at]! ^ flip
    assert.notEqual(datagramFault(datagram, 1484), undefined)
  }))
  fc.assert(fc.property(packet, fc.nat(), (opus, cut) => {
    const datagram = sealDatagram(Buffer.alloc(16), { connectionId: 1, timestamp: 2, sequence: 3 }, opus)
    assert.notEqual(datagramFault(datagram.subarray(0, cut % datagram.length), 1484), undefined)
    assert.equal(datagramFault(Buffer.concat([datagram, Buffer.alloc(1)]), 1484), 'length')
    assert.equal(datagramFault(datagram, opus.length - 1), 'length')
  }))
})

test('of Opus packets the duration is known, and rubbish is none', () => {
  const cases: readonly (readonly [string, number])[] = [
    ['58', 60], // SILK wideband, 60 ms, nothing in it: silence
    ['4801020304', 20], ['5901020304', 120], ['4b03010203', 60], ['4b07010203', 0], // of 7 frames it would have 140 ms
    ['5c01', 0], // two channels
    ['59010203', 0], // two frames of the same size in three bytes
    ['4a', 0], ['4a05010203', 0], ['4a0101', 40], ['f8ff', 20], ['e0', 2.5], ['4b00', 0]
  ]
  assert.deepEqual(cases.map(([hex]) => monoPacketMs(Buffer.from(hex, 'hex'), 0)), cases.map(([, ms]) => ms))
  fc.assert(fc.property(fc.uint8Array({ maxLength: 1500 }), bytes => {
    const ms = monoPacketMs(bytes, 0)
    assert.ok(ms >= 0 && ms <= 120)
  }))
})
