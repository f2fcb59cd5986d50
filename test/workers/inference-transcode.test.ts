import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadOpus } from '../../native-bindings/opus.js'
import { opusPacketMs } from '../../native-bindings/opus-packet.js'
import { transcode } from '../../workers/inference/transcode.js'

const opus = loadOpus('auto')

test('packets become packets of the configured length, the last one filled with silence', () => {
  const encoder = opus.createEncoder({ rateHz: 24_000, bitrate: 24_000, complexity: 3 })
  const frame = Int16Array.from({ length: 480 }, (_, at) => 8000 * Math.sin(at / 10))
  const packets = Array.from({ length: 16 }, () => Uint8Array.from(encoder.encode(Buffer.from(frame.buffer)))) // 320 ms
  const frames = transcode(packets, opus, { sampleRateHz: 24_000, frameMs: 60, bitrate: 24_000, complexity: 3 })
  assert.deepEqual(frames.map(packet => opusPacketMs(packet, packet.length)), [60, 60, 60, 60, 60, 60])
})

test('a packet that is none is left out, and no packets make none', () => {
  const format = { sampleRateHz: 16_000, frameMs: 60, bitrate: 24_000, complexity: 3 }
  assert.deepEqual(transcode([Uint8Array.of(0x5b, 0)], opus, format), [])
  assert.deepEqual(transcode([], opus, format), [])
})
