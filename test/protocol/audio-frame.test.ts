import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { FrameWriter, frameVersionOf, packetOffset, type FrameVersion } from '../../src/protocol/audio-frame.js'

const versions: readonly FrameVersion[] = [1, 2, 3]
const HEADERS = { 1: 0, 2: 16, 3: 4 }

test('versions other than 2 and 3 mean raw packets', () => {
  assert.deepEqual([undefined, 0, 1, 2, 3, 4, 2.5, NaN].map(frameVersionOf), [1, 1, 1, 2, 3, 1, 1, 1])
})

test('what is written is read again, in every version', () => {
  fc.assert(fc.property(fc.constantFrom(...versions), fc.uint8Array({ maxLength: 3000 }), fc.nat(), (version, packet, time) => {
    const message = new FrameWriter(version).write(packet, time)
    const offset = packetOffset(version, message)
    assert.equal(offset, HEADERS[version])
    assert.deepEqual(Uint8Array.from(message.subarray(offset)), packet)
  }), { seed: 1 })
})

test('version 2 has 16 bytes before the packet (T030)', () => {
  const message = Buffer.from(new FrameWriter(2).write(Uint8Array.of(0xaa, 0xbb, 0xcc), 0x0001e240))
  assert.equal(message.toString('hex'), '00020000' + '00000000' + '0001e240' + '00000003' + 'aabbcc')
})

test('version 3 has 4 bytes before the packet (T031)', () => {
  const message = Buffer.from(new FrameWriter(3).write(new Uint8Array(300).fill(7), 5))
  assert.equal(message.subarray(0, 4).toString('hex'), '0000012c')
  assert.equal(message.length, 304)
})

test('nothing of a long packet shows in a short one after it', () => {
  for (const version of [2, 3] as const) {
    const writer = new FrameWriter(version)
    writer.write(new Uint8Array(5000).fill(255), 0xffffffff)
    const message = Buffer.from(writer.write(Uint8Array.of(1), 0))
    assert.deepEqual(message, Buffer.from(new FrameWriter(version).write(Uint8Array.of(1), 0)))
  }
})

test('a message that is shorter or longer than its header says is refused', () => {
  for (const version of [2, 3] as const) {
    const message = new FrameWriter(version).write(new Uint8Array(20), 0)
    for (let length = 0; length < message.length; length++) assert.equal(packetOffset(version, message.subarray(0, length)), -1)
    assert.equal(packetOffset(version, Buffer.concat([message, Buffer.of(0)])), -1)
  }
})

test('a size with the highest bit set is no negative number', () => {
  const message = Buffer.alloc(20)
  message.writeUInt32BE(0xfffffff4, 12)
  assert.equal(packetOffset(2, message), -1)
  message.writeUInt32BE(4, 12)
  assert.equal(packetOffset(2, message), 16)
})

test('the device\'s timestamp, reserved and type bytes do not matter (T053)', () => {
  const message = Buffer.alloc(18, 0xff)
  message.writeUInt32BE(2, 12)
  assert.equal(packetOffset(2, message), 16)
  assert.equal(packetOffset(3, Buffer.of(9, 9, 0, 2, 1, 1)), 4)
})

test('an empty message is an empty packet in version 1 only (T044)', () => {
  assert.deepEqual(versions.map(version => packetOffset(version, new Uint8Array(0))), [0, -1, -1])
  assert.equal(packetOffset(2, Buffer.alloc(16)), 16)
  assert.equal(packetOffset(3, Buffer.alloc(4)), 4)
})

test('any rubbish is read without an error', () => {
  fc.assert(fc.property(fc.constantFrom(...versions), fc.uint8Array({ maxLength: 64 }), (version, message) => {
    const offset = packetOffset(version, message)
    assert.ok(offset === -1 || offset === HEADERS[version])
  }), { seed: 2, numRuns: 2000 })
})
