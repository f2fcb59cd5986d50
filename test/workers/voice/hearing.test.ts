import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ENDED_BY_DEVICE, ENDED_BY_GAP, ENDED_BY_LENGTH, ENDED_BY_MEMORY, ENDED_BY_SILENCE } from '../../../src/ring/endpoint.js'
import { PAGE_SAMPLES } from '../../../src/ring/utterance-arena.js'
import { clips, loadClip } from '../../support/clips.js'
import { makeRandom } from '../../support/noise.js'
import { decodeAll, Ear, encodeUplink, FRAME_SAMPLES, joined, rmsOf, silence, twoSentencesPackets } from './ear.js'

const decodedSentences = decodeAll(twoSentencesPackets)

/** Every utterance holds the samples that its endpoint names. */
function assertWhole (ear: Ear): void {
  assert.ok(ear.heard.length > 0)
  for (const { endpoint, samples } of ear.heard) assert.deepEqual(samples, decodedSentences.slice(endpoint.startSample, endpoint.endSample))
}

/** An ear that listens from the first packet on. */
function listening (options: ConstructorParameters<typeof Ear>[0] = {}, isManual = false): Ear {
  const ear = new Ear(options)
  ear.hearing.start(isManual)
  return ear
}

test('two sentences are two utterances, and nothing is left of them', () => {
  const ear = listening()
  ear.hear(twoSentencesPackets)
  assert.deepEqual(ear.log, ['start', ENDED_BY_SILENCE, 'start', ENDED_BY_SILENCE])
  assert.deepEqual(ear.heard.map(({ endpoint }) => endpoint.utterance), [1, 2])
  assert.equal(ear.arena.usedPages, 0)
})

test('an utterance holds the very samples that were decoded, from its pre-roll to its end silence', () => {
  const ear = listening()
  ear.hear(twoSentencesPackets)
  assertWhole(ear)
  for (const { endpoint } of ear.heard) {
    assert.equal(endpoint.endSample - endpoint.speechEndSample, 608 * 16, 'the first multiple of a window from 600 ms on')
  }
  const [first, second] = ear.heard.map(({ endpoint }) => endpoint)
  const left = [[0, first!.startSample], [first!.endSample, second!.startSample], [second!.endSample, decodedSentences.length]]
  for (const [from, to] of left) {
    assert.ok(to! > from!)
    assert.ok(rmsOf(decodedSentences.slice(from, to)) < rmsOf(decodedSentences) / 20, `speech was left out from ${from} to ${to}`)
  }
})

test('the pre-roll is in the utterance to the sample', () => {
  const starts = [0, 32, 480, 992].map(preRollMs => {
    const ear = listening({ preRollMs })
    ear.hear(twoSentencesPackets)
    const { endpoint, samples } = ear.heard[0]!
    assert.deepEqual(samples, decodedSentences.slice(endpoint.startSample, endpoint.endSample))
    return endpoint.startSample
  })
  assert.deepEqual(starts.map(start => (starts[0]! - start) / 16), [0, 32, 480, 992])
})

test('a pause shorter than the pre-roll puts no sample into two utterances', () => {
  const ear = listening({ endSilenceMs: 100 })
  ear.hear(twoSentencesPackets)
  assert.ok(ear.heard.length > 2, 'the pauses between words end utterances here')
  ear.heard.slice(1).forEach(({ endpoint }, at) => { assert.ok(endpoint.startSample >= ear.heard[at]!.endpoint.endSample) })
})

/** Which pages it were is of no matter. */
const withoutPages = (ear: Ear): object[] => ear.heard.map(({ endpoint, samples }) => ({ ...endpoint, pages: 0, samples }))

test('the same frames give the same endpoints and samples however they are bunched', () => {
  const oneByOne = listening()
  oneByOne.hear(twoSentencesPackets)
  for (const bunch of [2, 5, 17, 60]) {
    const bunched = listening()
    bunched.hear(twoSentencesPackets, bunch)
    assert.deepEqual(bunched.log, oneByOne.log)
    assert.deepEqual(withoutPages(bunched), withoutPages(oneByOne))
  }
})

test('an ear says that it is full before a packet would be lost', () => {
  const ear = listening()
  let packets = 0
  while (!ear.hearing.isFull) ear.hearing.acceptPacket(twoSentencesPackets[packets++]!, twoSentencesPackets[packets - 1]!.length, 0)
  assert.ok(packets >= 6, `full after ${packets} packets`)
  ear.judge()
  ear.hear(twoSentencesPackets.slice(packets))
  assertWhole(ear)
})

/** How far a manual utterance gets: every sample between start and finish is in it. */
function samplesOf (feed: (ear: Ear) => void): number {
  const ear = listening({ maxUtteranceMs: 60_000 }, true)
  feed(ear)
  ear.hearing.finish(ENDED_BY_DEVICE, 0)
  return ear.heard.reduce((sum, { samples }) => sum + samples.length, 0)
}

const DTX = Uint8Array.of(0x58)
const EMPTY = new Uint8Array(0)
const MALFORMED = Uint8Array.of(0x5b, 0x00)

test('a DTX packet of one byte lasts 60 ms, and so does an empty one', () => {
  assert.ok(encodeUplink(silence(2000)).some(packet => packet.length === 1), 'the firmware sends such packets')
  assert.equal(samplesOf(ear => { ear.hear(new Array<Uint8Array>(50).fill(DTX)) }), 50 * FRAME_SAMPLES)
  assert.equal(samplesOf(ear => { ear.hear(new Array<Uint8Array>(50).fill(EMPTY)) }), 50 * FRAME_SAMPLES)
})

test('a malformed packet is reported and lasts as long as the one before it', () => {
  assert.equal(samplesOf(ear => {
    assert.equal(ear.hearing.acceptPacket(MALFORMED, MALFORMED.length, 0), false)
    assert.equal(ear.hearing.acceptPacket(new Uint8Array(5000), 5000, 0), false)
    ear.hear(twoSentencesPackets.slice(0, 10))
    assert.equal(ear.hearing.acceptPacket(MALFORMED, MALFORMED.length, 0), false)
  }), 13 * FRAME_SAMPLES)
})

test('lost packets are concealed for as long as they would have lasted', () => {
  assert.equal(samplesOf(ear => {
    ear.hear(twoSentencesPackets.slice(0, 20))
    for (let packet = 0; packet < 7; packet++) ear.hearing.conceal()
    ear.hear(twoSentencesPackets.slice(27, 30))
  }), 30 * FRAME_SAMPLES)
})

test('a lost packet of three short frames is concealed by three', () => {
  const threeTimes20 = Uint8Array.of(0x4b, 3) // SILK wideband, 20 ms, code 3, three empty frames
  assert.equal(samplesOf(ear => {
    ear.hear([threeTimes20])
    ear.hearing.conceal()
    ear.hear([EMPTY])
  }), 3 * FRAME_SAMPLES)
})

test('two thousand packets of rubbish never throw, and speech after them is heard as before', () => {
  const random = makeRandom(11)
  const ear = listening({ maxUtteranceMs: 60_000 }, true)
  let refused = 0
  for (let round = 0; round < 2000; round++) {
    const packet = Uint8Array.from({ length: Math.floor(random() ** 3 * 400) }, () => random() * 256)
    if (!ear.hearing.acceptPacket(packet, packet.length, 0)) refused++
  }
  assert.ok(refused > 200 && refused < 2000, `${refused} were refused`)
  ear.hearing.finish(ENDED_BY_DEVICE, 0)
  ear.heard.length = 0
  ear.hearing.start(true)
  ear.hear(twoSentencesPackets)
  ear.hearing.finish(ENDED_BY_DEVICE, 0)
  assert.deepEqual(ear.heard[0]!.samples, decodedSentences)
})

test('a malformed packet in the middle of speech disturbs a moment of it only', () => {
  const ear = listening({}, true)
  ear.hear(twoSentencesPackets.slice(0, 40))
  ear.hearing.acceptPacket(MALFORMED, MALFORMED.length, 0)
  ear.hear(twoSentencesPackets.slice(41, 80))
  ear.hearing.finish(ENDED_BY_DEVICE, 0)
  const { samples } = ear.heard[0]!
  assert.deepEqual(samples.slice(0, 40 * FRAME_SAMPLES), decodedSentences.slice(0, 40 * FRAME_SAMPLES))
  const later = [50 * FRAME_SAMPLES, 80 * FRAME_SAMPLES] as const
  const error = samples.slice(...later).map((sample, at) => sample - decodedSentences[later[0] + at]!)
  assert.ok(rmsOf(error) < rmsOf(decodedSentences.slice(...later)) / 10)
})

test('manual mode takes everything between start and finish, silence too', () => {
  const ear = listening({}, true)
  const quiet = encodeUplink(silence(3000))
  ear.hear(quiet)
  ear.hearing.finish(ENDED_BY_DEVICE, 0)
  ear.hear(quiet) // after the finish nobody wants it
  ear.hearing.finish(ENDED_BY_DEVICE, 0)
  const [{ endpoint, samples }, ...more] = ear.heard as [typeof ear.heard[number]]
  assert.equal(more.length, 0)
  assert.equal(samples.length, 3000 * 16)
  assert.deepEqual({ ...endpoint, pages: [] }, {
    utterance: 1, startSample: 0, endSample: 48_000, speechEndSample: 48_000, reason: ENDED_BY_DEVICE, pages: []
  })
})

test('manual mode cuts at the maximum and always has something left to end with', () => {
  const ear = listening({ maxUtteranceMs: 1200 }, true)
  ear.hear(twoSentencesPackets.slice(0, 60)) // three times the maximum, to the frame
  ear.hearing.finish(ENDED_BY_DEVICE, 0)
  assert.deepEqual(ear.log, [ENDED_BY_LENGTH, ENDED_BY_LENGTH, ENDED_BY_DEVICE])
  assert.deepEqual(joined(ear.heard.map(({ samples }) => samples)), decodedSentences.slice(0, 60 * FRAME_SAMPLES))
})

test('over-long speech is cut, and its pieces join without a gap', () => {
  const ear = listening({ maxUtteranceMs: 2000 })
  ear.hear(twoSentencesPackets)
  const cuts = ear.log.filter(entry => entry === ENDED_BY_LENGTH).length
  assert.ok(cuts >= 1 && cuts <= 4, `${cuts} cuts`)
  assertWhole(ear)
  ear.heard.slice(1).forEach(({ endpoint }, at) => {
    const before = ear.heard[at]!.endpoint
    if (before.reason === ENDED_BY_LENGTH) assert.equal(endpoint.startSample, before.endSample)
  })
  assert.equal(ear.log.at(-1), ENDED_BY_SILENCE)
})

test('a finish in the middle of speech ends it with every sample that came', () => {
  for (const reason of [ENDED_BY_DEVICE, ENDED_BY_GAP]) {
    const ear = listening()
    ear.hear(twoSentencesPackets.slice(0, 41))
    ear.hearing.finish(reason, 0)
    assert.deepEqual(ear.log, ['start', reason])
    assert.equal(ear.heard[0]!.endpoint.endSample, 41 * FRAME_SAMPLES)
    ear.hear(twoSentencesPackets.slice(41)) // and hearing goes on
    assert.ok(ear.log.length > 2)
    assertWhole(ear)
  }
})

test('a finish with nothing said gives no endpoint', () => {
  for (const isManual of [false, true]) {
    const ear = listening({}, isManual)
    ear.hearing.finish(ENDED_BY_DEVICE, 0)
    if (!isManual) ear.hear(encodeUplink(silence(2000)))
    ear.hearing.finish(ENDED_BY_GAP, 0)
    assert.deepEqual(ear.log, [])
    assert.equal(ear.arena.usedPages, 0)
  }
})

test('an ear that does not listen takes no notice of packets', () => {
  const ear = new Ear()
  ear.hear(twoSentencesPackets)
  for (let packet = 0; packet < 3; packet++) ear.hearing.conceal()
  ear.hearing.finish(ENDED_BY_DEVICE, 0)
  assert.deepEqual([ear.log, ear.arena.usedPages], [[], 0])
})

test('whoever stops in the middle of speech leaves no page behind', () => {
  const leave: ((ear: Ear) => void)[] = [ear => { ear.hearing.stop() }, ear => { ear.hearing.start(false) }, ear => { ear.reset() }]
  for (const leaving of leave) {
    const ear = listening()
    ear.hear(twoSentencesPackets.slice(0, 40))
    assert.ok(ear.arena.usedPages > 0)
    leaving(ear)
    assert.equal(ear.arena.usedPages, 0)
  }
})

test('after a reset the seat hears a new device as if it were the first', () => {
  const ear = listening()
  ear.hear(twoSentencesPackets.slice(0, 50))
  ear.reset()
  ear.heard.length = 0
  ear.log.length = 0
  ear.hearing.start(false)
  ear.hear(twoSentencesPackets)
  const fresh = listening()
  fresh.hear(twoSentencesPackets)
  assert.deepEqual(ear.heard.map(({ samples }) => samples), fresh.heard.map(({ samples }) => samples))
  assert.deepEqual(ear.heard.map(({ endpoint }) => endpoint.startSample), fresh.heard.map(({ endpoint }) => endpoint.startSample))
})

test('without a free page the utterance ends for memory, once, and hearing goes on when there is one', () => {
  const ear = listening({ pages: 2, keepsPages: true })
  const other = ear.arena.take()
  const rest = twoSentencesPackets.findIndex((_, at) => at * FRAME_SAMPLES > 16_000 + loadClip(clips.chieftain).length + 8000)
  ear.hear(twoSentencesPackets.slice(0, rest))
  assert.deepEqual(ear.log, ['start', ENDED_BY_MEMORY])
  const { endpoint, samples } = ear.heard[0]!
  assert.equal(samples.length, PAGE_SAMPLES)
  assert.deepEqual(samples, decodedSentences.slice(endpoint.startSample, endpoint.endSample))
  ear.release(endpoint)
  ear.arena.release(other)
  ear.hear(twoSentencesPackets.slice(rest))
  assert.deepEqual(ear.log, ['start', ENDED_BY_MEMORY, 'start', ENDED_BY_SILENCE])
  assertWhole(ear)
})

test('without any page nothing is announced that never ends', () => {
  for (const preRollMs of [0, 480]) {
    for (const minSpeechMs of [32, 96]) {
      const ear = listening({ pages: 1, keepsPages: true, preRollMs, minSpeechMs })
      ear.arena.take()
      ear.hear(twoSentencesPackets)
      assert.deepEqual(ear.log, [])
    }
  }
})

test('a manual utterance that finds no page ends for memory, once', () => {
  const ear = listening({ pages: 1, keepsPages: true }, true)
  ear.hear(twoSentencesPackets)
  ear.hearing.finish(ENDED_BY_DEVICE, 0)
  assert.deepEqual(ear.log, [ENDED_BY_MEMORY])
  assert.equal(ear.heard[0]!.samples.length, PAGE_SAMPLES)
})
