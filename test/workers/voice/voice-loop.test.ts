import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Endpoint, ENDED_BY_DEVICE, ENDED_BY_GAP, ENDED_BY_LENGTH, ENDED_BY_SILENCE, readEndpoint } from '../../../src/ring/endpoint.js'
import {
  ATTACH, DEAF, DETACH, DETACHED, DOWNLINK_FRAME, ENDPOINT,
  HEAR_END, HEAR_GAP, HEAR_MANUAL, SENTENCE, SPEECH_LASTS, SPEECH_STARTED, TURN_END,
  TURN_FAILED
} from '../../../src/ring/layout.js'
import { decodeAll, Ear, FRAME_SAMPLES, rmsOf, twoSentencesPackets } from './ear.js'
import { FIRST_SLOT, LoopRig, type Address, type Taken } from './loop-rig.js'

const decodedSentences = decodeAll(twoSentencesPackets)
const kindsOf = (taken: readonly Taken[]): number[] => taken.map(({ kind }) => kind)
const tone = (ms: number): Int16Array => Int16Array.from({ length: 16 * ms }, (_, at) => 8192 * Math.sin(at / 8))

function attach (rig: LoopRig, { slot = FIRST_SLOT, generation = 1, turn = 0 }: Address = {}): void {
  rig.slots.setEpoch(slot, generation, turn)
  rig.send(ATTACH, { slot, generation, turn })
}

function endpointOf (record: Taken | undefined): Endpoint {
  assert.equal(record?.kind, ENDPOINT)
  return readEndpoint(new Int32Array(record!.payload.slice().buffer))
}

/** The samples of an endpoint, whose pages are released as the gateway does it. */
function samplesOf (rig: LoopRig, endpoint: Endpoint): Int16Array {
  const { pages, startSample, endSample } = endpoint
  const samples = Int16Array.from(rig.arena.readFloats(pages, endSample - startSample), float => float * 32_768)
  for (const page of pages) rig.arena.release(page)
  return samples
}

test('what a seat hears comes back as starts and endpoints, as the hearing alone gives them', async () => {
  const ear = new Ear()
  ear.hearing.start(false)
  ear.hear(twoSentencesPackets)
  const rig = new LoopRig()
  await rig.run(function * () {
    attach(rig)
    rig.hear()
    for (const packet of twoSentencesPackets) { rig.sendFrames([packet]); yield }
    const taken = rig.take()
    assert.deepEqual(kindsOf(taken), [SPEECH_STARTED, SPEECH_LASTS, ENDPOINT, SPEECH_STARTED, SPEECH_LASTS, ENDPOINT])
    assert.ok(taken.every(({ slot, generation }) => slot === FIRST_SLOT && generation === 1))
    ear.heard.forEach(({ endpoint, samples }, at) => {
      const own = endpointOf(taken[at * 3 + 2])
      assert.deepEqual({ ...own, pages: [] }, { ...endpoint, pages: [] })
      assert.deepEqual(samplesOf(rig, own), samples)
    })
    assert.equal(rig.arena.usedPages, 0)
  })
})

test('seats that speak at once hear what each would hear alone, in whichever batch', async () => {
  const addresses = [0, 1, 2, 3, 4, 5].map(seat => ({ slot: FIRST_SLOT + seat, generation: seat + 1 }))
  const rig = new LoopRig() // four windows make a batch
  await rig.run(function * () {
    for (const address of addresses) {
      attach(rig, address)
      rig.hear(address)
    }
    twoSentencesPackets.forEach(packet => {
      for (const address of addresses) rig.sendFrames([packet], address)
    })
    yield
    const taken = rig.take()
    const bySeat = addresses.map(({ slot, generation }) => taken.filter(record => record.slot === slot && record.generation === generation))
    const heard = bySeat.map(records => records.filter(({ kind }) => kind === ENDPOINT).map(record => samplesOf(rig, endpointOf(record))))
    assert.equal(heard[0]!.length, 2)
    for (const other of heard) assert.deepEqual(other, heard[0])
  })
})

test('windows wait for their batch, but not those on which a turn waits', async () => {
  const atOnce = await packetsBehind(new LoopRig({ batchWindows: 64 }))
  const patient = await packetsBehind(new LoopRig({ batchWindows: 64, batchWaitMs: 3_600_000, isWatchedWhileDozing: true }))
  assert.equal(patient.ends.length, 2)
  assert.deepEqual(patient.ends, atOnce.ends, 'each endpoint comes with the same packet')
  assert.ok(patient.starts[0]! > atOnce.starts[0]!, 'and the start of speech when there is no more room')
})

/** After which packets of two sentences speech was said to start and to end. */
async function packetsBehind (rig: LoopRig): Promise<{ readonly starts: number[], readonly ends: number[] }> {
  const starts: number[] = []
  const ends: number[] = []
  await rig.run(function * () {
    attach(rig)
    rig.hear()
    for (const [at, packet] of twoSentencesPackets.entries()) {
      rig.sendFrames([packet])
      yield
      for (const { kind } of rig.take()) {
        if (kind === SPEECH_STARTED) starts.push(at)
        if (kind === ENDPOINT) ends.push(at)
      }
    }
  })
  return { starts, ends }
}

test('a burst longer than a seat can hold loses no sample', async () => {
  const rig = new LoopRig()
  await rig.run(function * () {
    attach(rig)
    rig.hear()
    rig.sendFrames(twoSentencesPackets)
    yield
    for (const record of rig.take().filter(({ kind }) => kind === ENDPOINT)) {
      const endpoint = endpointOf(record)
      assert.deepEqual(samplesOf(rig, endpoint), decodedSentences.slice(endpoint.startSample, endpoint.endSample))
    }
  })
})

test('the device, a gap and the maximum end an utterance, each with its reason', async () => {
  const rig = new LoopRig({ maxUtteranceMs: 1800 })
  await rig.run(function * () {
    attach(rig)
    rig.hear()
    rig.sendFrames(twoSentencesPackets.slice(0, 41))
    rig.send(HEAR_GAP)
    yield
    assert.deepEqual(rig.take().filter(({ kind }) => kind === ENDPOINT).map(record => endpointOf(record).reason), [ENDED_BY_GAP])
    rig.hear({}, HEAR_MANUAL)
    rig.sendFrames(twoSentencesPackets.slice(0, 40))
    rig.send(HEAR_END)
    yield
    assert.deepEqual(rig.take().map(record => endpointOf(record).reason), [ENDED_BY_LENGTH, ENDED_BY_DEVICE])
  })
})

test('a deaf seat drops what it was hearing, pages too, and hears again when told', async () => {
  const rig = new LoopRig()
  await rig.run(function * () {
    attach(rig)
    rig.hear()
    rig.sendFrames(twoSentencesPackets.slice(0, 40))
    rig.send(DEAF)
    rig.sendFrames(twoSentencesPackets)
    rig.send(HEAR_END)
    yield
    assert.deepEqual(kindsOf(rig.take()).filter(kind => kind === ENDPOINT), [])
    assert.equal(rig.arena.usedPages, 0)
    rig.hear()
    rig.sendFrames(twoSentencesPackets)
    yield
    assert.deepEqual(kindsOf(rig.take()), [SPEECH_STARTED, SPEECH_LASTS, ENDPOINT, SPEECH_STARTED, SPEECH_LASTS, ENDPOINT])
  })
})

test('frames that a full ring refused are concealed in their place, those from before the listening are not', async () => {
  const rig = new LoopRig()
  await rig.run(function * () {
    attach(rig)
    rig.sendFrames([], {}, 9)
    rig.hear({}, HEAR_MANUAL)
    rig.sendFrames(twoSentencesPackets.slice(0, 20))
    rig.sendFrames(twoSentencesPackets.slice(23, 30), {}, 3)
    rig.send(HEAR_END)
    yield
    const endpoint = endpointOf(rig.take()[0])
    assert.equal(endpoint.endSample, 30 * FRAME_SAMPLES)
    const heard = samplesOf(rig, endpoint)
    const before = decodedSentences.slice(0, 20 * FRAME_SAMPLES)
    assert.deepEqual(heard.slice(0, before.length), before)
    assert.equal(rig.counters.read().concealed, 3)
  })
})

test('a frame that was refused first of all is concealed, too', async () => {
  const rig = new LoopRig()
  await rig.run(function * () {
    attach(rig)
    rig.hear({}, HEAR_MANUAL, 65_534)
    rig.sendFrames([], {}, 1) // 65,534 to 0 never came: three
    rig.sendFrames(twoSentencesPackets.slice(0, 5))
    rig.send(HEAR_END)
    yield
    assert.equal(endpointOf(rig.take()[0]).endSample, 8 * FRAME_SAMPLES)
  })
})

test('malformed packets are counted', async () => {
  const rig = new LoopRig()
  await rig.run(function * () {
    attach(rig)
    rig.hear()
    rig.sendFrames([Uint8Array.of(0x5b, 0), twoSentencesPackets[0]!, Uint8Array.of(0x5b, 0), new Uint8Array(0)])
    yield
    assert.equal(rig.slots.badPackets(FIRST_SLOT), 2)
  })
})

test('speech becomes frames within the credit: no more until some were sent', async () => {
  const rig = new LoopRig({ framesAhead: 5 })
  await rig.run(function * () {
    attach(rig, { turn: 1 })
    rig.speak(tone(660), 16_000)
    yield
    assert.deepEqual(kindsOf(rig.take()), new Array(5).fill(DOWNLINK_FRAME))
    assert.equal(rig.slots.pcmPopped(FIRST_SLOT), 660 * 16)
    assert.ok(rig.slots.unencodedMs(FIRST_SLOT) > 340 && rig.slots.unencodedMs(FIRST_SLOT) <= 360)
    yield
    assert.deepEqual(rig.take(), [])
    rig.slots.addSent(FIRST_SLOT)
    rig.slots.addSent(FIRST_SLOT)
    yield
    assert.deepEqual(kindsOf(rig.take()), [DOWNLINK_FRAME, DOWNLINK_FRAME])
  })
})

test('a turn arrives whole and in order: sentences between their frames, then the end', async () => {
  const rig = new LoopRig({ framesAhead: 1000, bitrate: 64_000 })
  await rig.run(function * () {
    attach(rig, { turn: 1 })
    rig.say('one')
    rig.speak(tone(300), 16_000)
    rig.say('two')
    rig.speak(tone(200), 16_000)
    rig.end(TURN_FAILED)
    yield
    const taken = rig.take()
    const order = kindsOf(taken).filter((kind, at, all) => kind !== all[at - 1])
    assert.deepEqual(order, [SENTENCE, DOWNLINK_FRAME, SENTENCE, DOWNLINK_FRAME, TURN_END])
    assert.deepEqual(taken.filter(({ kind }) => kind === SENTENCE).map(({ payload }) => new TextDecoder().decode(payload)), ['one', 'two'])
    assert.equal(taken.at(-1)!.flags, TURN_FAILED)
    assert.ok(taken.every(({ slot, generation, turn }) => slot === FIRST_SLOT && generation === 1 && turn === 1))
    const frames = taken.filter(({ kind }) => kind === DOWNLINK_FRAME).map(({ payload }) => payload)
    const decoded = decodeAll(frames, 24_000)
    assert.equal(decoded.length, 9 * 1440)
    assert.ok(Math.abs(rmsOf(decoded.slice(2400, 10_000)) / 5793 - 1) < 0.15)
    assert.equal(rig.slots.unencodedMs(FIRST_SLOT), 0)
  })
})

test('the speech of a stale turn or generation makes no frame, but counts as taken', async () => {
  const rig = new LoopRig()
  await rig.run(function * () {
    attach(rig, { generation: 7, turn: 2 })
    rig.speak(tone(600), 16_000, { generation: 7, turn: 1 })
    rig.speak(tone(600), 16_000, { generation: 6, turn: 2 })
    rig.say('stale', { generation: 7, turn: 1 })
    rig.speak(tone(600), 16_000, { slot: FIRST_SLOT + 1, generation: 7, turn: 2 }) // nobody sits there
    yield
    assert.deepEqual(rig.take(), [])
    assert.equal(rig.slots.pcmPopped(FIRST_SLOT), 1200 * 16)
  })
})

test('a stale record in between does no harm to the turn that is spoken', async () => {
  const rig = new LoopRig({ framesAhead: 100 })
  await rig.run(function * () {
    attach(rig, { turn: 2 })
    rig.speak(tone(300), 16_000, { turn: 2 })
    rig.speak(tone(60), 16_000, { turn: 1 })
    rig.end(0, { turn: 1 })
    rig.speak(tone(310), 16_000, { turn: 2 })
    yield
    assert.deepEqual(rig.take().map(({ kind, turn }) => [kind, turn]), new Array(10).fill([DOWNLINK_FRAME, 2]))
  })
})

test('a barge-in silences what was handed over already', async () => {
  const rig = new LoopRig({ framesAhead: 2 })
  await rig.run(function * () {
    attach(rig, { turn: 1 })
    rig.speak(tone(900), 16_000)
    rig.end(0)
    yield
    assert.equal(rig.take().length, 2)
    rig.slots.setEpoch(FIRST_SLOT, 1, 2)
    rig.slots.addSent(FIRST_SLOT)
    rig.slots.addSent(FIRST_SLOT)
    yield
    assert.deepEqual(rig.take(), [])
    assert.equal(rig.slots.unencodedMs(FIRST_SLOT), 0)
    rig.say('new', { turn: 2 })
    rig.speak(tone(70), 16_000, { turn: 2 })
    yield
    assert.deepEqual(rig.take().map(({ kind, turn }) => [kind, turn]), [[SENTENCE, 2], [DOWNLINK_FRAME, 2]])
  })
})

test('seats with much to say share the encoder without a rest in between', async () => {
  const rig = new LoopRig({ framesAhead: 100, complexity: 10 })
  const sleeps = await rig.run(function * () {
    for (let seat = 0; seat < 8; seat++) {
      attach(rig, { slot: FIRST_SLOT + seat, turn: 1 })
      rig.speak(tone(600), 16_000, { slot: FIRST_SLOT + seat })
    }
    yield
    const frames = rig.take().map(({ slot }) => slot)
    assert.ok(frames.length >= 8 * 9, `${frames.length} frames`)
    // One frame of each seat before the second of any.
    assert.equal(new Set(frames.slice(0, 8)).size, 8)
  })
  assert.equal(sleeps.length, 2)
})

test('a detach answers, gives back every page and ends all that the lease could do', async () => {
  const rig = new LoopRig()
  await rig.run(function * () {
    attach(rig, { generation: 3, turn: 1 })
    rig.hear({ generation: 3 })
    rig.sendFrames(twoSentencesPackets.slice(0, 40), { generation: 3 })
    rig.speak(tone(900), 16_000, { generation: 3 })
    yield
    assert.ok(rig.arena.usedPages > 0)
    rig.take()
    rig.slots.setEpoch(FIRST_SLOT, 0, 0)
    rig.send(DETACH, { generation: 3 })
    rig.sendFrames(twoSentencesPackets, { generation: 3 })
    rig.send(DETACH, { generation: 3 })
    yield
    assert.deepEqual(rig.take().map(({ kind, slot, generation }) => [kind, slot, generation]), [[DETACHED, FIRST_SLOT, 3]])
    assert.equal(rig.arena.usedPages, 0)
    assert.equal(rig.slots.unencodedMs(FIRST_SLOT), 0)
  })
})

test('frames of a session that is gone are not decoded any more', async () => {
  const rig = new LoopRig()
  await rig.run(function * () {
    attach(rig)
    rig.hear({}, HEAR_MANUAL)
    rig.sendFrames(twoSentencesPackets.slice(0, 10))
    yield
    rig.slots.setEpoch(FIRST_SLOT, 0, 0) // its DETACH is still under way
    rig.sendFrames(twoSentencesPackets.slice(10, 20))
    rig.send(HEAR_END)
    yield
    assert.equal(endpointOf(rig.take()[0]).endSample, 10 * FRAME_SAMPLES)
  })
})

test('the next lease of a slot begins from nothing, even if the one before never left', async () => {
  const rig = new LoopRig()
  await rig.run(function * () {
    attach(rig, { generation: 1, turn: 1 })
    rig.hear({ generation: 1 })
    rig.sendFrames(twoSentencesPackets.slice(0, 40), { generation: 1 })
    yield
    attach(rig, { generation: 2, turn: 1 })
    rig.sendFrames(twoSentencesPackets.slice(40), { generation: 1 })
    yield
    assert.equal(rig.arena.usedPages, 0)
    rig.take()
    rig.hear({ generation: 2 })
    rig.sendFrames(twoSentencesPackets, { generation: 2 })
    yield
    const endpoint = endpointOf(rig.take().find(({ kind }) => kind === ENDPOINT))
    assert.deepEqual([endpoint.utterance, endpoint.reason], [1, ENDED_BY_SILENCE])
    assert.deepEqual(samplesOf(rig, endpoint), decodedSentences.slice(endpoint.startSample, endpoint.endSample))
  })
})

test('a detach that finds no room is answered as soon as there is some', async () => {
  const rig = new LoopRig({ outBytes: 64 }) // three records without payload
  const slots = [0, 1, 2, 3, 4].map(seat => FIRST_SLOT + seat)
  const sleeps = await rig.run(function * () {
    for (const slot of slots) attach(rig, { slot })
    yield
    for (const slot of slots) rig.send(DETACH, { slot })
    yield
    assert.deepEqual(rig.take().map(({ slot }) => slot), slots.slice(0, 3))
    yield
    assert.deepEqual(rig.take().map(({ slot }) => slot), slots.slice(3))
  })
  assert.deepEqual(sleeps, [Infinity, 250, 10, Infinity])
})

test('the first words to a session that sat down while voice looked elsewhere are not lost', async () => {
  let hasSatDown = false
  const rig: LoopRig = new LoopRig({
    onGatewayEmpty: () => {
      if (hasSatDown) return
      hasSatDown = true
      attach(rig, { turn: 1 })
      rig.say('hello', { turn: 1 })
      rig.speak(tone(70), 16_000, { turn: 1 })
    }
  })
  await rig.run(function * () {
    yield
    assert.deepEqual(kindsOf(rig.take()), [SENTENCE, DOWNLINK_FRAME])
  })
})

test('a flood of packets keeps nobody from speaking, and is heard to its end', async () => {
  const rig = new LoopRig({ framesAhead: 1000 })
  const other = { slot: FIRST_SLOT + 1, generation: 2, turn: 1 }
  await rig.run(function * () {
    attach(rig)
    attach(rig, other)
    rig.hear({}, HEAR_MANUAL)
    for (let count = 0; count < 700; count++) rig.sendFrames([twoSentencesPackets[count % 60]!])
    rig.speak(tone(200), 16_000, other)
    rig.send(HEAR_END)
    yield
    const taken = rig.take()
    assert.equal(kindsOf(taken).filter(kind => kind === DOWNLINK_FRAME).length, 3)
    const samples = taken.filter(({ kind }) => kind === ENDPOINT).map(record => samplesOf(rig, endpointOf(record)).length)
    assert.equal(samples.reduce((sum, count) => sum + count, 0), 700 * FRAME_SAMPLES)
  })
})
