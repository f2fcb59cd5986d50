import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { ENDED_BY_AGREEMENT, ENDED_BY_DEVICE, ENDED_BY_SILENCE, readEndpoint, type Endpoint } from '../../../src/ring/endpoint.js'
import { ByteRing, createRingMemory } from '../../../src/ring/byte-ring.js'
import { ATTACH, DEAF, DETACH, ENDPOINT, HEAR_END, MAX_PAYLOAD_BYTES, STREAM_PARTIAL, STREAM_PCM, STREAM_RESULT } from '../../../src/ring/layout.js'
import { Outbox } from '../../../src/ring/outbox.js'
import { RecordHeader } from '../../../src/ring/record-header.js'
import { SlotTable } from '../../../src/ring/slot-table.js'
import { SpeechTap } from '../../../workers/voice/speech-tap.js'
import { assertNoGarbage } from '../../ring/hot-path.js'
import { clips, loadClip } from '../../support/clips.js'
import { concatenate, silence } from '../../support/streaming/tones.js'
import { Ear, encodeUplink, twoSentencesPackets } from '../voice/ear.js'
import { FIRST_SLOT, LoopRig } from '../voice/loop-rig.js'
import { StreamingRig, type RigOptions, type SeenRecord } from './streaming-rig.js'

const END_SILENCE_MS = 1024
const AGREED_SILENCE_MS = 352
const SAMPLES_PER_MS = 16
const FRAME_MS = 60
const card = encodeUplink(concatenate([silence(400), loadClip(clips.sevenOfClubs), silence(1600)]))

interface Both { readonly voice: LoopRig, readonly streaming: StreamingRig }

/** A voice loop and a streaming loop in one thread: the second works whenever the first sleeps. */
async function makeBoth (t: TestContext, options: RigOptions = {}): Promise<Both> {
  const slots = SlotTable.create(64)
  const streaming = await StreamingRig.create(t, { ...options, slots })
  const voice = new LoopRig({ endSilenceMs: END_SILENCE_MS, agreedSilenceMs: AGREED_SILENCE_MS, streaming: streaming.linkOf(0) }, slots)
  return { voice, streaming }
}

function attach ({ voice }: Both, generation = 1): void {
  voice.slots.setEpoch(FIRST_SLOT, generation, 0)
  voice.send(ATTACH, { generation })
  voice.hear({ generation })
}

interface Heard { readonly endpoint: Endpoint, readonly samples: Int16Array }

function endpointsIn ({ voice }: Both): Heard[] {
  return voice.take().filter(({ kind }) => kind === ENDPOINT).map(({ payload }) => {
    const endpoint = readEndpoint(new Int32Array(payload.slice().buffer))
    const floats = voice.arena.readFloats(endpoint.pages, endpoint.endSample - endpoint.startSample)
    for (const page of endpoint.pages) voice.arena.release(page)
    return { endpoint, samples: Int16Array.from(floats, float => float * 32_768) }
  })
}

const silenceMsOf = ({ endSample, speechEndSample }: Endpoint): number => (endSample - speechEndSample) / SAMPLES_PER_MS
const resultsIn = (told: readonly SeenRecord[]) => told.filter(({ kind }) => kind === STREAM_RESULT)

test('voice and recogniser together end an utterance earlier than the voice alone', async t => {
  const both = await makeBoth(t)
  await both.voice.run(function * () {
    attach(both)
    for (const packet of card) { both.voice.sendFrames([packet]); yield; both.streaming.settle() }
  })
  const [heard, ...others] = endpointsIn(both)
  assert.deepEqual(others, [])
  assert.equal(heard!.endpoint.reason, ENDED_BY_AGREEMENT)
  const ms = silenceMsOf(heard!.endpoint)
  assert.ok(ms >= AGREED_SILENCE_MS && ms < END_SILENCE_MS, `${ms} ms`)
})

test('what the recogniser says of an earlier pause does not end a later one', () => {
  const clipMs = loadClip(clips.sevenOfClubs).length / SAMPLES_PER_MS
  const inTheSilence = Math.ceil((400 + clipMs + 250) / FRAME_MS)
  const reasons = [1000 * SAMPLES_PER_MS, 1e9].map(position => {
    const ear = new Ear({ endSilenceMs: END_SILENCE_MS, agreedSilenceMs: AGREED_SILENCE_MS })
    ear.hearing.start(false)
    ear.hear(card.slice(0, inTheSilence))
    ear.hearing.agree(position)
    ear.hear(card.slice(inTheSilence))
    return ear.heard.map(({ endpoint }) => endpoint.reason)
  })
  assert.deepEqual(reasons, [[ENDED_BY_SILENCE], [ENDED_BY_AGREEMENT]])
})

test('a recogniser that says nothing, because it does not keep up, leaves the end to the voice', async t => {
  const both = await makeBoth(t)
  await both.voice.run(function * () {
    attach(both)
    for (const packet of card) { both.voice.sendFrames([packet]); yield }
  })
  const [{ endpoint }] = endpointsIn(both) as [Heard]
  assert.deepEqual([endpoint.reason, silenceMsOf(endpoint)], [ENDED_BY_SILENCE, END_SILENCE_MS])
})

for (const kind of ['zipformer2-ctc', 'paraformer'] as const) {
  test(`${kind}: the words are those of the very samples of the endpoint, and partial ones came before it`, async t => {
    const both = await makeBoth(t, { kind })
    const told: SeenRecord[] = []
    const partialsAtEnd: number[] = []
    const heard: Heard[] = []
    await both.voice.run(function * () {
      attach(both)
      for (const packet of twoSentencesPackets) {
        both.voice.sendFrames([packet])
        yield
        const ended = endpointsIn(both)
        if (ended.length > 0) partialsAtEnd.push(told.filter(record => record.kind === STREAM_PARTIAL).length)
        heard.push(...ended)
        both.streaming.settle()
        told.push(...both.streaming.toldGateway())
      }
    })
    assert.ok(heard.length >= 2)
    const results = resultsIn(told)
    assert.deepEqual(results.map(({ time }) => time), heard.map(({ endpoint }) => endpoint.utterance))
    assert.deepEqual(results.map(({ text }) => text), heard.map(({ samples }) => both.streaming.wordsOf(samples)))
    assert.ok(results.every(({ text }) => text !== ''))
    assert.ok(partialsAtEnd[0]! > 0, 'no partial text before the first end')
  })
}

test('what nobody listens to any more has no words: a deaf seat, a device that left', async t => {
  const both = await makeBoth(t)
  const half = card.slice(0, 20)
  await both.voice.run(function * () {
    for (const [at, kind] of [DEAF, DETACH].entries()) {
      attach(both, at + 1)
      both.voice.sendFrames(half, { generation: at + 1 })
      yield
      both.voice.send(kind, { generation: at + 1 })
      yield
    }
    // The one who comes next has another ear, and the same seat.
    attach(both, 3)
    both.voice.sendFrames(card, { generation: 3 })
    yield
    both.voice.send(HEAR_END, { generation: 3 })
    yield
  })
  both.streaming.settle()
  const heard = endpointsIn(both)
  assert.ok(heard.every(({ endpoint }) => endpoint.reason === ENDED_BY_SILENCE || endpoint.reason === ENDED_BY_DEVICE))
  const results = resultsIn(both.streaming.toldGateway())
  const expected = heard.map(({ samples }) => [3, both.streaming.wordsOf(samples)])
  assert.deepEqual(results.map(({ generation, text }) => [generation, text]), expected)
})

test('whole windows are handed on without garbage', async () => {
  const ring = new ByteRing(createRingMemory(1 << 16))
  const outbox = new Outbox(ring, { ring () {} })
  const tap = new SpeechTap(outbox, 1)
  const header = new RecordHeader()
  const payload = new Int32Array(MAX_PAYLOAD_BYTES / 4)
  const window = new Int16Array(512).fill(1000)
  tap.attach(1)
  tap.begin()
  ring.pop(header, payload)
  const move = (windows: number): void => {
    for (let at = 0; at < windows; at++) {
      tap.append(window, 512)
      outbox.flush()
      ring.pop(header, payload)
    }
  }
  move(20_000)
  await assertNoGarbage(100_000, () => { move(100_000) })
  assert.deepEqual([header.kind, header.length, new Int16Array(payload.buffer)[511]], [STREAM_PCM, 1024, 1000])
})

test('a seat that goes deaf in the middle of a word makes room for another', async t => {
  const both = await makeBoth(t, { maxStreams: 1 })
  const other = { slot: FIRST_SLOT + 1, generation: 1 }
  await both.voice.run(function * () {
    attach(both)
    both.voice.sendFrames(card.slice(0, 20))
    yield
    both.voice.send(DEAF)
    both.voice.slots.setEpoch(other.slot, 1, 0)
    both.voice.send(ATTACH, other)
    both.voice.hear(other)
    both.voice.sendFrames(card, other)
    yield
  })
  both.streaming.settle()
  const [{ samples }] = endpointsIn(both) as [Heard]
  assert.deepEqual(resultsIn(both.streaming.toldGateway()).map(({ text }) => text), [both.streaming.wordsOf(samples)])
})

test('an ear that changes seats takes nothing of one to the other', async t => {
  const both = await makeBoth(t)
  const other = FIRST_SLOT + 1
  await both.voice.run(function * () {
    attach(both)
    both.voice.send(DETACH)
    yield
    for (const slot of [other, FIRST_SLOT]) { // the ear of the first seat goes to the second
      both.voice.slots.setEpoch(slot, 2, 0)
      both.voice.send(ATTACH, { slot, generation: 2 })
      both.voice.hear({ slot, generation: 2 })
    }
    both.voice.sendFrames(card.slice(0, 30), { slot: FIRST_SLOT, generation: 2 })
    yield
    both.voice.send(DETACH, { slot: other, generation: 2 })
    yield
    both.voice.slots.setEpoch(other, 3, 0)
    both.voice.send(ATTACH, { slot: other, generation: 3 })
    both.voice.hear({ slot: other, generation: 3 })
    both.voice.sendFrames(card.slice(30), { slot: FIRST_SLOT, generation: 2 })
    yield
  })
  both.streaming.settle()
  const heard = endpointsIn(both)
  const results = resultsIn(both.streaming.toldGateway())
  assert.equal(heard.length, 1)
  assert.deepEqual(results.map(({ slot, text }) => [slot, text]), [[FIRST_SLOT, both.streaming.wordsOf(heard[0]!.samples)]])
})
