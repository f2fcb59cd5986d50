import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { MAX_PACKET_BYTES, opusPacketMs } from '../../native-bindings/opus-packet.js'

// RFC 6716, table 2: configuration → frame length in ms.
const FRAME_MS = [
  10, 20, 40, 60, 10, 20, 40, 60, 10, 20, 40, 60, // SILK: narrow, medium, wide
  10, 20, 10, 20, // hybrid: super-wide, full
  2.5, 5, 10, 20, 2.5, 5, 10, 20, 2.5, 5, 10, 20, 2.5, 5, 10, 20 // CELT
]
const packetOf = (bytes: readonly number[], length: number): Uint8Array => {
  const packet = new Uint8Array(length)
  packet.set(bytes)
  return packet
}

test('one frame lasts as the table of the RFC says, mono and stereo', () => {
  FRAME_MS.forEach((ms, config) => {
    for (const stereo of [0, 4]) assert.equal(opusPacketMs(packetOf([config << 3 | stereo], 50), 50), ms)
  })
})

test('two frames of one size or of two last twice as long', () => {
  FRAME_MS.forEach((ms, config) => {
    assert.equal(opusPacketMs(packetOf([config << 3 | 1], 51), 51), ms * 2)
    assert.equal(opusPacketMs(packetOf([config << 3 | 2, 20], 50), 50), ms * 2)
  })
})

test('any number of frames lasts so many times as long, up to 120 ms', () => {
  FRAME_MS.forEach((ms, config) => {
    for (let frames = 0; frames < 64; frames++) {
      const isAllowed = frames > 0 && frames * ms <= 120
      for (const flags of [0, 0x40, 0x80, 0xc0]) {
        assert.equal(opusPacketMs(packetOf([config << 3 | 3, frames | flags], 300), 300), isAllowed ? frames * ms : -1)
      }
    }
  })
})

test('what the first bytes show to be malformed is refused', () => {
  assert.equal(opusPacketMs(new Uint8Array(0), 0), -1, 'R1: at least one byte')
  assert.equal(opusPacketMs(packetOf([0x59], 50), 50), -1, 'R3: two frames of one size are of even length')
  assert.equal(opusPacketMs(packetOf([0x5a], 1), 1), -1, 'R4: the length of the first frame is missing')
  assert.equal(opusPacketMs(packetOf([0x5b], 1), 1), -1, 'R6: the number of frames is missing')
  assert.equal(opusPacketMs(packetOf([0x5b, 0], 2), 2), -1, 'R5: no frame at all')
  assert.equal(opusPacketMs(new Uint8Array(MAX_PACKET_BYTES + 1), MAX_PACKET_BYTES + 1), -1)
  assert.equal(opusPacketMs(new Uint8Array(MAX_PACKET_BYTES), MAX_PACKET_BYTES), 10)
})

test('a packet of one byte is a frame of silence', () => {
  assert.equal(opusPacketMs(Uint8Array.of(0x58), 1), 60)
})

test('the length counts and not what lies behind it in the buffer', () => {
  assert.equal(opusPacketMs(Uint8Array.of(0x5b, 2, 1), 1), -1)
})

test('no packet lasts longer than 120 ms or less than 2.5', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), packet => {
    const ms = opusPacketMs(packet, packet.length)
    assert.ok(ms === -1 || (ms >= 2.5 && ms <= 120))
  }), { seed: 9, numRuns: 500 })
})
