import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadOpus, type OpusEncoder, type OpusKind } from '../../native-bindings/opus.js'
import { opusPacketMs } from '../../native-bindings/opus-packet.js'
import { makeRandom } from '../support/noise.js'

const RATES = [8000, 12_000, 16_000, 24_000, 48_000]

function tone (samples: number, rateHz: number, from = 0): Int16Array {
  return Int16Array.from({ length: samples }, (_, at) => 8192 * Math.sin(2 * Math.PI * 440 * (from + at) / rateHz))
}

function rmsOf (samples: Int16Array): number {
  return Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length)
}

const asBuffer = (samples: Int16Array): Buffer => Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength)

/** Packets of `frames` frames of a tone or of noise. */
function encodeFrames (encoder: OpusEncoder, frames: number, frameSamples: number, source: (frame: number) => Int16Array): Uint8Array[] {
  return Array.from({ length: frames }, (_, frame) => {
    const samples = source(frame)
    assert.equal(samples.length, frameSamples)
    return Uint8Array.from(encoder.encode(asBuffer(samples)))
  })
}

for (const kind of ['native', 'wasm'] as const satisfies OpusKind[]) {
  const opus = loadOpus(kind)

  test(`${kind}: the library says which one it is`, () => { assert.equal(opus.kind, kind) })

  test(`${kind}: a tone survives encoding and decoding at every rate and frame length`, () => {
    for (const rateHz of RATES) {
      for (const frameMs of [20, 40, 60, 120]) {
        const frameSamples = rateHz / 1000 * frameMs
        const encoder = opus.createEncoder({ rateHz, bitrate: 32_000, complexity: 3 })
        const decoder = opus.createDecoder(rateHz)
        const out = new Int16Array(rateHz / 1000 * 120)
        const packets = encodeFrames(encoder, 6, frameSamples, frame => tone(frameSamples, rateHz, frame * frameSamples))
        let last = 0
        for (const packet of packets) {
          assert.equal(opusPacketMs(packet, packet.length), frameMs)
          assert.equal(decoder.decode(packet, packet.length, out), frameSamples)
          last = rmsOf(out.subarray(0, frameSamples))
        }
        assert.ok(Math.abs(last / 5793 - 1) < 0.15, `${rateHz} Hz, ${frameMs} ms: level ${last}`)
      }
    }
  })

  test(`${kind}: the bitrate and the complexity that were asked for are in force`, () => {
    const random = makeRandom(3)
    const noise = Int16Array.from({ length: 1440 }, () => (random() - 0.5) * 20_000)
    const sizeAt = (bitrate: number): number => {
      const encoder = opus.createEncoder({ rateHz: 24_000, bitrate, complexity: 3 })
      return encodeFrames(encoder, 20, 1440, () => noise).reduce((sum, packet) => sum + packet.length, 0) / 20
    }
    for (const bitrate of [12_000, 24_000, 64_000]) {
      const expected = bitrate * 0.06 / 8
      assert.ok(Math.abs(sizeAt(bitrate) / expected - 1) < 0.35, `${bitrate} bit/s gave ${sizeAt(bitrate)} bytes, expected about ${expected}`)
    }
    const quick = opus.createEncoder({ rateHz: 24_000, bitrate: 24_000, complexity: 0 })
    const thorough = opus.createEncoder({ rateHz: 24_000, bitrate: 24_000, complexity: 10 })
    assert.notDeepEqual(encodeFrames(quick, 10, 1440, () => noise), encodeFrames(thorough, 10, 1440, () => noise))
  })

  test(`${kind}: a malformed packet gives -1, and the next good one is decoded`, () => {
    const encoder = opus.createEncoder({ rateHz: 16_000, bitrate: 24_000, complexity: 3 })
    const decoder = opus.createDecoder(16_000)
    const out = new Int16Array(1920)
    const [good] = encodeFrames(encoder, 1, 960, () => tone(960, 16_000)) as [Uint8Array]
    const bad = [Uint8Array.of(0x5b, 0), Uint8Array.of(0xff, 0xff, 3), Uint8Array.of(0x59, 1), new Uint8Array(0), new Uint8Array(3829)]
    for (const packet of bad) {
      assert.equal(decoder.decode(packet, packet.length, out), -1)
      assert.equal(decoder.decode(good, good.length, out), 960)
    }
  })

  test(`${kind}: rubbish never throws, and what is accepted is as long as its first byte says`, () => {
    const random = makeRandom(7)
    const decoder = opus.createDecoder(16_000)
    const out = new Int16Array(1920)
    let accepted = 0
    for (let round = 0; round < 1500; round++) {
      const packet = Uint8Array.from({ length: 1 + Math.floor(random() ** 3 * 300) }, () => random() * 256)
      const samples = decoder.decode(packet, packet.length, out)
      if (samples < 0) continue
      accepted++
      assert.equal(samples, opusPacketMs(packet, packet.length) * 16)
    }
    assert.ok(accepted > 500)
  })

  test(`${kind}: a packet that does not fit into the output is refused`, () => {
    assert.equal(opus.createDecoder(16_000).decode(Uint8Array.of(0x58), 1, new Int16Array(959)), -1)
  })

  test(`${kind}: only the given length of a larger buffer is decoded`, () => {
    const decoder = opus.createDecoder(16_000)
    const out = new Int16Array(1920)
    assert.equal(decoder.decode(Uint8Array.of(0x58, 0xff, 0xff, 0xff), 1, out), 960)
  })

  test(`${kind}: a frame of a length that Opus does not have is a mistake of the caller`, () => {
    const encoder = opus.createEncoder({ rateHz: 16_000, bitrate: 24_000, complexity: 3 })
    for (const samples of [0, 1, 159, 961, 1921, 16_000]) assert.throws(() => encoder.encode(asBuffer(new Int16Array(samples))), RangeError)
    assert.ok(encoder.encode(asBuffer(tone(960, 16_000))).length > 0)
  })

  test(`${kind}: a reset makes a used codec as good as a new one, settings kept`, () => {
    const make = (): OpusEncoder => opus.createEncoder({ rateHz: 16_000, bitrate: 48_000, complexity: 3 })
    const speak = (encoder: OpusEncoder): Uint8Array[] => encodeFrames(encoder, 5, 960, frame => tone(960, 16_000, frame * 960))
    const fresh = speak(make())
    const used = make()
    encodeFrames(used, 5, 960, frame => tone(960, 5000, frame * 960))
    used.reset()
    assert.deepEqual(speak(used), fresh)

    const decode = (decoder: ReturnType<typeof opus.createDecoder>): Int16Array[] => fresh.map(packet => {
      const out = new Int16Array(1920)
      decoder.decode(packet, packet.length, out)
      return out
    })
    const decoder = opus.createDecoder(16_000)
    const first = decode(decoder)
    assert.notDeepEqual(decode(decoder), first, 'the past is heard')
    decoder.reset()
    assert.deepEqual(decode(decoder), first)
  })

  test(`${kind}: hundreds of codecs in one thread do not disturb each other`, () => {
    const encoder = opus.createEncoder({ rateHz: 16_000, bitrate: 24_000, complexity: 0 })
    const expected = encodeFrames(encoder, 3, 960, frame => tone(960, 16_000, frame * 960))
    const out = new Int16Array(1920)
    const first = opus.createDecoder(16_000)
    const decoded = expected.map(packet => out.slice(0, first.decode(packet, packet.length, out)))
    const encoders = Array.from({ length: 150 }, () => opus.createEncoder({ rateHz: 16_000, bitrate: 24_000, complexity: 0 }))
    const decoders = encoders.map(() => opus.createDecoder(16_000))
    for (let frame = 0; frame < 3; frame++) {
      const samples = asBuffer(tone(960, 16_000, frame * 960))
      for (const other of encoders) assert.deepEqual(Uint8Array.from(other.encode(samples)), expected[frame])
      for (const other of decoders) {
        other.decode(expected[frame]!, expected[frame]!.length, out)
        assert.deepEqual(out.slice(0, 960), decoded[frame])
      }
    }
  })

  test(`${kind}: a rate that Opus does not have cannot be encoded`, () => {
    assert.throws(() => opus.createEncoder({ rateHz: 11_025, bitrate: 24_000, complexity: 3 }))
  })
}

test('both libraries decode the same packets to the same duration and nearly the same sound', () => {
  const encoder = loadOpus('native').createEncoder({ rateHz: 16_000, bitrate: 24_000, complexity: 3 })
  const packets = encodeFrames(encoder, 10, 960, frame => tone(960, 16_000, frame * 960))
  const [native, wasm] = (['native', 'wasm'] as const).map(kind => {
    const decoder = loadOpus(kind).createDecoder(16_000)
    const out = new Int16Array(1920)
    return packets.map(packet => out.slice(0, decoder.decode(packet, packet.length, out)))
  })
  native!.forEach((samples, frame) => {
    const error = samples.map((sample, at) => sample - wasm![frame]![at]!)
    assert.ok(rmsOf(error) < rmsOf(samples) / 50)
  })
})

test('unless told otherwise the native library serves where it loads', () => {
  assert.equal(loadOpus('auto').kind, 'native')
})
