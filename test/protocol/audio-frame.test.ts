import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { dialectOf, FrameWriter, packetOffset, type FrameDialect } from '../../src/protocol/audio-frame.js'

const dialects: readonly FrameDialect[] = [1, 2, 3, 'gateway']
const HEADERS = { 1: 0, 2: 16, 3: 4, gateway: 16 }

test('versions other than 2 and 3 mean raw packets', () => {
  assert.deepEqual([undefined, 0, 1, 2, 3, 4, 2.5, NaN].map(version => dialectOf(version)), [1, 1, 1, 2, 3, 1, 1, 1])
  assert.deepEqual([1, 2, 3].map(version => dialectOf(version, true)), ['gateway', 'gateway', 'gateway'])
})

test('what is written is read again, in every dialect', () => {
  fc.assert(fc.property(fc.constantFrom(...dialects), fc.uint8Array({ maxLength: 3000 }), fc.nat(), (dialect, packet, time) => {
    const message = new FrameWriter(dialect).write(packet, time)
    const offset = packetOffset(dialect, message)
    assert.equal(offset, HEADERS[dialect])
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

test('to a gateway each packet of a turn has its number, its time and its size', () => {
  const writer = new FrameWriter('gateway')
  const hexOf = (packet: Uint8Array, time: number): string => Buffer.from(writer.write(packet, time)).toString('hex')
  assert.equal(hexOf(Uint8Array.of(0xaa), 60), '01000001' + '00000000' + '0000003c' + '00000001' + 'aa')
  assert.equal(hexOf(Uint8Array.of(0xbb, 0xcc), 120), '01000002' + '00000001' + '00000078' + '00000002' + 'bbcc')
  writer.beginTurn()
  assert.equal(hexOf(Uint8Array.of(0xdd), 180), '01000001' + '00000000' + '000000b4' + '00000001' + 'dd')
})

test('of a gateway the header is skipped whatever it says, and what is too short for one is a packet', () => {
  const zeroed = Buffer.alloc(20)
  assert.equal(packetOffset('gateway', zeroed), 16)
  zeroed.writeUInt32BE(9999, 12)
  assert.equal(packetOffset('gateway', zeroed), 16)
  assert.equal(packetOffset('gateway', Buffer.of(0x58)), 0)
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

test('an empty message is an empty packet in version 1 and of a gateway only (T044)', () => {
  assert.deepEqual(dialects.map(dialect => packetOffset(dialect, new Uint8Array(0))), [0, -1, -1, 0])
  assert.equal(packetOffset(2, Buffer.alloc(16)), 16)
  assert.equal(packetOffset(3, Buffer.alloc(4)), 4)
})

test('any rubbish is read without an error', () => {
  fc.assert(fc.property(fc.constantFrom(...dialects), fc.uint8Array({ maxLength: 64 }), (dialect, message) => {
    const offset = packetOffset(dialect, message)
    assert.ok(offset === -1 || offset === HEADERS[dialect] || (dialect === 'gateway' && offset === 0 && message.length < HEADERS.gateway))
  }), { seed: 2, numRuns: 2000 })
})
