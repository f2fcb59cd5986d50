import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { PacketMeter } from '../../src/mqtt/packet-meter.js'

const CONNECT = [0x10, 2, 0, 0]
const publish = (bytes: number): number[] => {
  const length = bytes < 128 ? [bytes] : [bytes & 127 | 128, bytes >> 7]
  return [0x30, ...length, ...new Array<number>(bytes).fill(0)]
}

test('packets within the limits pass, however they are cut', () => {
  const stream = Uint8Array.from([...CONNECT, ...publish(0), ...publish(100), ...publish(500), 0xc0, 0, ...publish(3)])
  fc.assert(fc.property(fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }), cuts => {
    const meter = new PacketMeter(500, 1000)
    for (let at = 0, turn = 0; at < stream.length; turn++) {
      const end = at + cuts[turn % cuts.length]!
      assert.equal(meter.take(stream.subarray(at, end)), undefined)
      at = end
    }
  }))
})

test('a longer packet is noticed by its length, before its bytes come', () => {
  const meter = new PacketMeter(500, 1000)
  assert.equal(meter.take(Uint8Array.from(CONNECT)), undefined)
  assert.equal(meter.take(Uint8Array.from(publish(501).slice(0, 3))), 'oversizePackets')
  assert.equal(new PacketMeter(1 << 20, 10).take(Uint8Array.of(0x10, 128, 128, 128, 128)), 'brokenConnections')
})

test('what does not begin with CONNECT is no MQTT, and QoS above 0 is not spoken here (T147)', () => {
  assert.equal(new PacketMeter(500, 10).take(Buffer.from('GET / HTTP/1.1\r\n')), 'brokenConnections')
  assert.equal(new PacketMeter(500, 10).take(Uint8Array.from([...CONNECT, 0x32, 4])), 'badQos')
})

test('a burst passes and a flood does not (T157)', () => {
  let now = 0
  const meter = new PacketMeter(500, 10, () => now)
  assert.equal(meter.take(Uint8Array.from(CONNECT)), undefined)
  for (let packet = 0; packet < 39; packet++) assert.equal(meter.take(Uint8Array.of(0xc0, 0)), undefined)
  now += 1000
  for (let packet = 0; packet < 10; packet++) assert.equal(meter.take(Uint8Array.of(0xc0, 0)), undefined)
  assert.equal(meter.take(Uint8Array.of(0xc0, 0)), 'floods')
})

test('rubbish never throws', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), bytes => { new PacketMeter(100, 10).take(bytes) }))
})
