import assert from 'node:assert/strict'
import test from 'node:test'

import { packFrame, unpackFrame } from '../../../tools/simulator/frame-codec.js'
import { OP_BINARY, OP_CLOSE, OP_TEXT, WsFrameReader, writeFrame } from '../../../tools/simulator/ws-frames.js'

function read (bytes: Buffer, chunkBytes: number): unknown[] {
  const seen: unknown[] = []
  const reader = new WsFrameReader({
    onText: text => seen.push(text),
    onBinary: data => seen.push(data.length),
    onPing: data => seen.push(['ping', data.toString()]),
    onClose: code => seen.push(['close', code])
  })
  for (let at = 0; at < bytes.length; at += chunkBytes) reader.push(bytes.subarray(at, at + chunkBytes))
  return seen
}

test('messages arrive whole, whatever the segments', () => {
  const close = Buffer.from([0x03, 0xe8])
  const stream = Buffer.concat([
    writeFrame(OP_TEXT, Buffer.from('héllo')),
    writeFrame(OP_BINARY, Buffer.alloc(125)),
    writeFrame(OP_BINARY, Buffer.alloc(126)),
    writeFrame(OP_BINARY, Buffer.alloc(65535)),
    Buffer.from([0x82, 127, 0, 0, 0, 0, 0, 0, 0, 3, 1, 2, 3]),
    // A text in two fragments with a ping between them.
    Buffer.from([0x01, 2, 0x61, 0x62, 0x89, 1, 0x70, 0x80, 1, 0x63]),
    writeFrame(OP_CLOSE, close)
  ])
  const expected = ['héllo', 125, 126, 65535, 3, ['ping', 'p'], 'abc', ['close', 1000]]
  for (const chunkBytes of [1, 2, 7, 1500, stream.length]) assert.deepEqual(read(stream, chunkBytes), expected)
})

test('a device refuses to send more than 65535 bytes', () => {
  assert.throws(() => writeFrame(OP_TEXT, Buffer.alloc(65536)), RangeError)
})

test('frames keep their payload and timestamp in each version', () => {
  const payload = Buffer.from([1, 2, 3])
  assert.deepEqual(unpackFrame(1, packFrame(1, payload, 9)), { payload, timestamp: 0 })
  assert.deepEqual(unpackFrame(2, packFrame(2, payload, 4000000000)), { payload, timestamp: 4000000000 })
  assert.deepEqual(unpackFrame(3, packFrame(3, payload, 9)), { payload, timestamp: 0 })
  assert.equal(packFrame(2, payload, 9).toString('hex'), '00020000000000000000000900000003010203')
  assert.equal(packFrame(3, payload, 9).toString('hex'), '00000003010203')
})

test('a size too small cuts the packet, one too large is a crash (S21)', () => {
  const frame = packFrame(3, Buffer.from([1, 2, 3]), 0)
  frame.writeUInt16BE(2, 2)
  assert.deepEqual(unpackFrame(3, frame)?.payload, Buffer.from([1, 2]))
  frame.writeUInt16BE(4, 2)
  assert.equal(unpackFrame(3, frame), undefined)
})
