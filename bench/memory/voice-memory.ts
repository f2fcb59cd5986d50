// What seats and open speech take in a real voice worker, in a process of their own without models
// of recognition: prints a line of JSON. Resident memory is read after full collections.
import { setTimeout as delay } from 'node:timers/promises'
import { makeConfig } from '../../src/core/config.js'
import { VoiceHarness } from '../garbage/voice-harness.js'
import { loadSpeech } from '../support/speech.js'
import { readResidentBytes } from '../support/threads.js'
import { atRest, growthOfGroups } from './growth.js'
import { encodeClip } from '../../tools/simulator/uplink-source.js'

/** Used before anything is measured, so that code is compiled and the heaps have grown. */
const WARM_SEATS = 32
const GROUPS = 8
const GROUP_SEATS = 56
const SPEAKERS = 256
/**
 * Between two collections the worker leaves some 10,000 packets' samples behind, and what the C
 * library took for them it keeps: that must have happened before anything is measured.
 */
const LONG_SECONDS = 60
const CROWD_SECONDS = 10
/** Longer than the queues of a seat, so that all of their memory has been touched. */
const SEAT_SECONDS = 6
const SPEECH_SECONDS = 22
const FRAMES_PER_SECOND = 1000 / 60
const SPEECH_HZ = 16_000
const SAMPLES_PER_FRAME = 960

const speech = loadSpeech()
const packets = encodeClip(speech)
const noise = encodeClip(makeNoise(64 * SAMPLES_PER_FRAME))
const total = WARM_SEATS + GROUPS * GROUP_SEATS
const harness = new VoiceHarness(total)
await harness.start(makeConfig({
  'threads.maxSeats': total, 'hearing.gate': false, 'hearing.endSilenceMs': 5000, 'hearing.maxUtteranceMs': 28_000, 'threads.voiceNice': 0
}))

const warm = slots(0, WARM_SEATS)
for (const slot of warm) harness.seat(slot)
await hear(warm, noise, LONG_SECONDS)
for (let round = 0; round < 4; round++) await use(warm)
const growth = await growthOfGroups(GROUPS, GROUP_SEATS, collectAndRead, async group => {
  const seats = slots(WARM_SEATS + group * GROUP_SEATS, GROUP_SEATS)
  for (const slot of seats) harness.seat(slot)
  await use(seats)
})

const speakers = slots(0, SPEAKERS)
await hear(speakers, noise, CROWD_SECONDS)
for (const slot of speakers) harness.seat(slot)
await hear(speakers, packets, 2)
const quiet = await atRest(collectAndRead)
const pagesBefore = harness.usedPages
await hear(speakers, packets, SPEECH_SECONDS)
const loud = await atRest(collectAndRead)
const pages = harness.usedPages - pagesBefore
await harness.stop()
process.stdout.write(`${JSON.stringify({
  seats: GROUPS * GROUP_SEATS,
  seatBytes: growth.each,
  seatBytesOfGroups: growth.ofGroups,
  speechSeconds: SPEAKERS * SPEECH_SECONDS,
  speechBytesPerSecond: Math.round((loud - quiet) / SPEAKERS / SPEECH_SECONDS),
  pages
})}\n`)

function slots (first: number, count: number): number[] { return Array.from({ length: count }, (_, index) => first + index) }

/** As loud as a quiet room, and the same in every run. */
function makeNoise (samples: number): Int16Array {
  let seed = 1
  return Int16Array.from({ length: samples }, () => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0
    return (seed / 2 ** 32 - 0.5) * 200
  })
}

/** Every seat hears something that is no speech, and speaks an answer. */
async function use (some: readonly number[]): Promise<void> {
  await hear(some, noise, SEAT_SECONDS)
  for (const slot of some) harness.beginTurn(slot)
  for (let frame = 0; frame < SEAT_SECONDS * FRAMES_PER_SECOND; frame++) {
    const at = frame * SAMPLES_PER_FRAME
    const pcm = new Uint8Array(speech.slice(at, at + SAMPLES_PER_FRAME).buffer)
    for (const slot of some) {
      while (harness.unencodedMs(slot, SPEECH_HZ) > 900) await delay(1)
      harness.pushSpeech(slot, pcm, SPEECH_HZ)
    }
  }
  for (const slot of some) harness.endTurn(slot)
  while (some.some(slot => !harness.isSilent(slot))) await delay(5)
}

async function hear (some: readonly number[], from: readonly Uint8Array[], seconds: number): Promise<void> {
  for (let frame = 0; frame < seconds * FRAMES_PER_SECOND; frame++) {
    for (const slot of some) harness.pushFrame(slot, from[(frame + slot * 37) % from.length]!)
    while (harness.uplinkBacklogBytes > 0) await delay(1)
  }
}

async function collectAndRead (): Promise<number> {
  await delay(300)
  await harness.ask('heap') // collects over there
  globalThis.gc?.() // and here
  await delay(300)
  return readResidentBytes(process.pid)
}
