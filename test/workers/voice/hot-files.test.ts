import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { OpusDecoder, OpusEncoder } from '../../../native-bindings/opus.js'
import { ResamplerLibrary } from '../../../native-bindings/resampler.js'
import { ATTACH, DOWNLINK_FRAME, HEAR } from '../../../src/ring/layout.js'
import { createArenaMemory, UtteranceArena } from '../../../src/ring/utterance-arena.js'
import { VoiceCounters } from '../../../src/ring/voice-counters.js'
import { Hearing } from '../../../workers/voice/hearing.js'
import { RecentSamples } from '../../../workers/voice/recent-samples.js'
import { SampleFifo } from '../../../workers/voice/sample-fifo.js'
import { Speaking } from '../../../workers/voice/speaking.js'
import { Utterance } from '../../../workers/voice/utterance.js'
import { assertNoGarbage, haveSameMap } from '../../ring/hot-path.js'
import { Ear, hearingDefaults, twoSentencesPackets } from './ear.js'
import { FIRST_SLOT, LoopRig } from './loop-rig.js'

// The native codecs return a new buffer for every frame; these do not, so that all garbage is ours.
const decoder: OpusDecoder = {
  decode (_packet, _length, out) { out.fill(1000, 0, 960); return 960 },
  reset () {}
}
const packet = new Uint8Array(180)
const encoder: OpusEncoder = { encode: () => packet, reset () {} }
const resamplers = await ResamplerLibrary.load()

function makeHearing (): Hearing {
  return new Hearing(decoder, new UtteranceArena(createArenaMemory(4)), hearingDefaults, new VoiceCounters())
}

const uplink = Uint8Array.of(0x58, 1, 2, 3)

function hear (hearing: Hearing, frames: number, probability: number): void {
  for (let frame = 0; frame < frames; frame++) {
    hearing.acceptPacket(uplink, 4, 0)
    while (hearing.hasWindow) {
      hearing.loadWindow()
      hearing.stream.probability = probability
      hearing.judgeWindow(0)
    }
  }
}

test('use does not change the shape of a seat', () => {
  const fresh = new Ear() // made first: shapes also change for those that were there before
  const ear = new Ear()
  ear.hearing.start(true)
  ear.hear(twoSentencesPackets)
  ear.hearing.start(false)
  ear.hear(twoSentencesPackets)
  assert.ok(haveSameMap(ear.hearing, fresh.hearing), 'Hearing')
  assert.ok(haveSameMap(ear.hearing.stream, fresh.hearing.stream), 'VadStream')

  const makeSpeaking = (): Speaking => new Speaking(encoder, resamplers, 24_000, 60)
  const speaking = makeSpeaking()
  speaking.begin(1)
  speaking.acceptPcm(new Int16Array(1600), 16_000)
  speaking.acceptMarker(51, 0, packet, true)
  while (speaking.hasFrame) speaking.encodeFrame()
  speaking.takeMarker()
  assert.ok(haveSameMap(speaking, makeSpeaking()), 'Speaking')
})

test('use does not change the shape of the queues of samples', () => {
  const samples = new Int16Array(512)
  const fifo = new SampleFifo(1024)
  const recent = new RecentSamples(600)
  const arena = new UtteranceArena(createArenaMemory(2))
  const utterance = new Utterance(arena)
  utterance.open(3_000_000_000)
  for (let at = 0; at < 100; at++) {
    fifo.push(samples, 512)
    fifo.shift(samples, 512)
    recent.push(samples, 512)
    utterance.append(samples, 512)
  }
  utterance.close(1, 0, 0)
  assert.ok(haveSameMap(fifo, new SampleFifo(1024)), 'SampleFifo')
  assert.ok(haveSameMap(recent, new RecentSamples(600)), 'RecentSamples')
  assert.ok(haveSameMap(utterance, new Utterance(arena)), 'Utterance')
})

const FRAMES = 40_000

test('hearing forty minutes of silence makes no garbage', async () => {
  const hearing = makeHearing()
  hearing.start(false)
  hear(hearing, 2000, 0.1)
  await assertNoGarbage(FRAMES, () => { hear(hearing, FRAMES, 0.1) })
})

test('speaking for forty minutes makes no garbage', async () => {
  const speaking = new Speaking(encoder, resamplers, 24_000, 60)
  const samples = new Int16Array(1440)
  const speak = (frames: number): void => {
    for (let frame = 0; frame < frames; frame++) {
      speaking.acceptPcm(samples, 24_000)
      if (speaking.nextMarker() === undefined && speaking.hasFrame) speaking.encodeFrame()
    }
  }
  speaking.begin(1)
  speak(2000)
  await assertNoGarbage(FRAMES, () => { speak(FRAMES) })
})

test('the whole loop, native parts included, leaves the heap flat', async () => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const settledHeap = async (): Promise<number> => {
    for (let round = 0; round < 4; round++) {
      collect()
      await nextTurn() // native finalizers run in a turn of their own
    }
    const { heapUsed, external } = process.memoryUsage()
    return heapUsed + external
  }
  const pcm = new Int16Array(960)
  const run = async (frames: number): Promise<void> => {
    const rig = new LoopRig()
    await rig.run(function * () {
      rig.slots.setEpoch(FIRST_SLOT, 1, 1)
      rig.send(ATTACH, { turn: 1 })
      rig.send(HEAR, { turn: 1 })
      for (let frame = 0; frame < frames; frame++) {
        rig.sendFrames([twoSentencesPackets[frame % 10]!])
        rig.speak(pcm, 16_000)
        yield
        for (const record of rig.take()) if (record.kind === DOWNLINK_FRAME) rig.slots.addSent(FIRST_SLOT)
      }
    })
  }
  await run(2000) // compiled and warm
  const before = await settledHeap()
  await run(2000)
  const grown = await settledHeap() - before
  assert.ok(grown < 256 * 1024, `grew by ${grown} bytes in 2,000 frames`)
})
