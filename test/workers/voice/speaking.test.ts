import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadOpus } from '../../../native-bindings/opus.js'
import { ResamplerLibrary } from '../../../native-bindings/resampler.js'
import { SENTENCE, TURN_END } from '../../../src/ring/layout.js'
import { Speaking } from '../../../workers/voice/speaking.js'
import { decodeAll, rmsOf } from './ear.js'

const opus = loadOpus('auto')
const resamplers = await ResamplerLibrary.load()
const encoder = new TextEncoder()
const NO_PAYLOAD = new Uint8Array(0)
const RATE_HZ = 24_000
const FRAME_SAMPLES = RATE_HZ / 1000 * 60

const makeSpeaking = (rateHz = RATE_HZ, frameMs = 60): Speaking => {
  return new Speaking(opus.createEncoder({ rateHz, bitrate: 64_000, complexity: 3 }), resamplers, rateHz, frameMs)
}

/** A sine of a quarter of full scale. */
function tone (rateHz: number, ms: number, frequencyHz = 440): Int16Array {
  return Int16Array.from({ length: Math.round(rateHz / 1000 * ms) }, (_, at) => 8192 * Math.sin(2 * Math.PI * frequencyHz * at / rateHz))
}

type Said = Uint8Array | string

/** Takes all that may go: packets as they are, markers by their text. */
function takeAll (speaking: Speaking): Said[] {
  const said: Said[] = []
  for (;;) {
    const marker = speaking.nextMarker()
    if (marker !== undefined) {
      said.push(marker.kind === TURN_END ? `end ${marker.flags}` : new TextDecoder().decode(marker.payload))
      speaking.takeMarker()
    } else if (speaking.hasFrame) {
      said.push(Uint8Array.from(speaking.encodeFrame()))
    } else {
      return said
    }
  }
}

/** `#` for every packet, so that the order can be read. */
const orderOf = (said: readonly Said[]): string => said.map(item => typeof item === 'string' ? `[${item}]` : '#').join('')
const packetsOf = (said: readonly Said[]): Uint8Array[] => said.filter(item => typeof item !== 'string')

function pushPcm (speaking: Speaking, samples: Int16Array, rateHz: number, chunk = 2048): void {
  for (let at = 0; at < samples.length; at += chunk) speaking.acceptPcm(samples.subarray(at, at + chunk), rateHz)
}

const say = (speaking: Speaking, text: string): void => { speaking.acceptMarker(SENTENCE, 0, encoder.encode(text), false) }
const end = (speaking: Speaking, flags = 0): void => { speaking.acceptMarker(TURN_END, flags, NO_PAYLOAD, true) }

for (const fromHz of [16_000, 8000, 22_050, 24_000, 48_000, 96_000]) {
  test(`speech at ${fromHz} Hz keeps its duration and level as 60 ms frames at 24 kHz`, () => {
    const speaking = makeSpeaking()
    speaking.begin(1)
    pushPcm(speaking, tone(fromHz, 630), fromHz)
    end(speaking)
    const packets = packetsOf(takeAll(speaking))
    assert.equal(packets.length, 11) // 630 ms and the resampler's 10 ms fill 10.7 frames
    const decoded = decodeAll(packets, RATE_HZ)
    assert.equal(decoded.length, 11 * FRAME_SAMPLES)
    const middle = rmsOf(decoded.slice(2400, 13_200))
    assert.ok(Math.abs(middle / (8192 / Math.SQRT2) - 1) < 0.1, `level ${middle}`)
    assert.ok(rmsOf(decoded.slice(RATE_HZ * 0.65)) < 300, 'silence fills the last frame')
  })
}

test('frames have the configured length at every rate of a device', () => {
  for (const rateHz of [8000, 12_000, 16_000, 24_000, 48_000]) {
    for (const frameMs of [20, 40, 60]) {
      const speaking = makeSpeaking(rateHz, frameMs)
      speaking.begin(1)
      pushPcm(speaking, tone(16_000, 240), 16_000)
      end(speaking)
      const packets = packetsOf(takeAll(speaking))
      assert.equal(decodeAll(packets.slice(0, 1), rateHz).length, rateHz / 1000 * frameMs)
      assert.ok(packets.length >= 240 / frameMs && packets.length <= 260 / frameMs + 1, `${packets.length} frames of ${frameMs} ms`)
    }
  }
})

test('a partial frame waits for its rest, and the end of the turn fills it with silence', () => {
  const speaking = makeSpeaking()
  speaking.begin(1)
  pushPcm(speaking, tone(RATE_HZ, 100), RATE_HZ)
  assert.equal(orderOf(takeAll(speaking)), '#')
  assert.equal(speaking.unencodedMs, 40)
  assert.ok(!speaking.hasFrame && !speaking.isEmpty)
  end(speaking)
  assert.equal(orderOf(takeAll(speaking)), '#[end 0]')
  assert.ok(speaking.isEmpty)
})

test('a sentence is announced before the frame that holds its first sample', () => {
  const speaking = makeSpeaking()
  speaking.begin(1)
  say(speaking, 'one')
  pushPcm(speaking, tone(RATE_HZ, 150), RATE_HZ) // two and a half frames
  say(speaking, 'two')
  pushPcm(speaking, tone(RATE_HZ, 150), RATE_HZ)
  say(speaking, 'three')
  pushPcm(speaking, tone(RATE_HZ, 60), RATE_HZ)
  end(speaking, 1)
  assert.equal(orderOf(takeAll(speaking)), '[one]##[two]###[three]#[end 1]')
})

test('a sentence keeps its place though it comes before the audio ahead of it has left', () => {
  const speaking = makeSpeaking()
  speaking.begin(1)
  say(speaking, 'one')
  assert.equal(orderOf(takeAll(speaking)), '[one]', 'nothing is ahead of it')
  pushPcm(speaking, tone(RATE_HZ, 40), RATE_HZ)
  say(speaking, 'two')
  assert.equal(orderOf(takeAll(speaking)), '', 'the frame that it belongs to is not complete')
  pushPcm(speaking, tone(RATE_HZ, 20), RATE_HZ)
  assert.equal(orderOf(takeAll(speaking)), '[two]#')
})

test('a turn without a sound ends at once, also after a turn that was resampled', () => {
  const speaking = makeSpeaking()
  speaking.begin(1)
  pushPcm(speaking, tone(16_000, 60), 16_000)
  end(speaking)
  takeAll(speaking)
  speaking.begin(2)
  end(speaking, 1)
  assert.equal(orderOf(takeAll(speaking)), '[end 1]')
})

test('a new turn forgets the old one: audio, sentences, its end', () => {
  const speaking = makeSpeaking()
  speaking.begin(1)
  say(speaking, 'old')
  pushPcm(speaking, tone(16_000, 90), 16_000)
  end(speaking)
  speaking.begin(2)
  assert.equal(speaking.turn, 2)
  assert.ok(speaking.isEmpty && !speaking.hasFrame)
  pushPcm(speaking, tone(RATE_HZ, 70), RATE_HZ)
  say(speaking, 'new')
  assert.equal(orderOf(takeAll(speaking)), '#', 'the end of the old turn fills no frame of this one')
})

test('a turn sounds the same whatever came before it', () => {
  const speaking = makeSpeaking()
  const speak = (turn: number, frequencyHz: number): Said[] => {
    speaking.begin(turn)
    pushPcm(speaking, tone(16_000, 200, frequencyHz), 16_000)
    end(speaking)
    return takeAll(speaking)
  }
  const first = speak(1, 440)
  speak(2, 1800)
  assert.deepEqual(speak(3, 440), first)
})

test('audio beyond the queue is lost, but the turn still ends', () => {
  const speaking = makeSpeaking()
  speaking.begin(1)
  for (let second = 0; second < 5; second++) pushPcm(speaking, tone(RATE_HZ, 1000), RATE_HZ)
  say(speaking, 'last')
  end(speaking)
  const order = orderOf(takeAll(speaking))
  assert.ok(order.startsWith('#'.repeat(11)) && order.endsWith('[end 0]'), order)
  assert.ok(order.includes('[last]'))
})

test('audio at a rate that cannot be resampled is left out and breaks nothing', () => {
  const speaking = makeSpeaking()
  speaking.begin(1)
  for (const rateHz of [0, 1, 7999, 4_000_000]) speaking.acceptPcm(tone(16_000, 60), rateHz)
  assert.ok(speaking.isEmpty)
  pushPcm(speaking, tone(16_000, 100), 16_000)
  end(speaking)
  assert.equal(orderOf(takeAll(speaking)), '##[end 0]')
})

test('a change of the rate within a turn keeps the duration', () => {
  const speaking = makeSpeaking()
  speaking.begin(1)
  pushPcm(speaking, tone(16_000, 200), 16_000)
  pushPcm(speaking, tone(22_050, 200), 22_050)
  pushPcm(speaking, tone(RATE_HZ, 200), RATE_HZ)
  end(speaking)
  const frames = takeAll(speaking).length - 1
  assert.ok(frames === 10 || frames === 11, `${frames} frames`)
})
