import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ENDED_BY_DEVICE, readEndpointTimes } from '../../../src/ring/endpoint.js'
import { ATTACH, DOWNLINK_FRAME, ENDPOINT } from '../../../src/ring/layout.js'
import { microseconds, microsecondsSince } from '../../../src/ring/microseconds.js'
import { STAMP_PACKET, STAMP_PCM } from '../../../src/ring/slot-table.js'
import { Ear, FRAME_SAMPLES, twoSentencesPackets } from './ear.js'
import { FIRST_SLOT, LoopRig } from './loop-rig.js'

const FRAME_US = 60_000
const NO_PACKET = new Uint8Array(0)

test('an utterance ends with the frame that completes its silence, however late that is judged', () => {
  for (const bunch of [1, 3]) {
    const ear = new Ear()
    ear.hearing.start(false)
    ear.hear(twoSentencesPackets, bunch, FRAME_US)
    assert.equal(ear.heard.length, 2)
    const frames = ear.heard.map(({ endpoint }) => Math.ceil(endpoint.endSample / FRAME_SAMPLES) - 1)
    assert.deepEqual(ear.arrivals, frames.map(frame => frame * FRAME_US))
  }
})

test('a device that sends empty packets in silence is waited for no longer', () => {
  const speaks = new Ear()
  speaks.hearing.start(false)
  speaks.hear(twoSentencesPackets, 1, FRAME_US)
  const end = Math.ceil(speaks.heard[0]!.endpoint.speechEndSample / FRAME_SAMPLES)
  const ear = new Ear()
  ear.hearing.start(false)
  ear.hear(twoSentencesPackets.map((packet, at) => at > end + 2 ? NO_PACKET : packet), 1, FRAME_US)
  const { endpoint } = ear.heard[0]!
  assert.equal(ear.arrivals[0], (Math.ceil(endpoint.endSample / FRAME_SAMPLES) - 1) * FRAME_US)
})

test('what the device ends itself ends when it says so', () => {
  for (const isManual of [true, false]) {
    const ear = new Ear()
    ear.hearing.start(isManual)
    ear.hear(twoSentencesPackets.slice(0, 50), 1, FRAME_US)
    ear.hearing.finish(ENDED_BY_DEVICE, 77)
    assert.deepEqual(ear.arrivals, [77])
  }
})

test('an endpoint tells when its last frame arrived, and when that was judged', async () => {
  const rig = new LoopRig()
  await rig.run(function * () {
    rig.slots.setEpoch(FIRST_SLOT, 1, 0)
    rig.send(ATTACH)
    rig.hear()
    for (const packet of twoSentencesPackets) {
      const before = microseconds()
      rig.sendFrames([packet])
      yield
      const after = microseconds()
      const record = rig.take().find(({ kind }) => kind === ENDPOINT)
      if (record === undefined) continue
      const { arrivalAt, verdictAt } = readEndpointTimes(new Int32Array(record.payload.slice().buffer))
      const order = [before, arrivalAt, verdictAt, after]
      assert.ok(order.every((at, index) => index === 0 || microsecondsSince(order[index - 1]!, at) >= 0), order.join(' '))
    }
  })
})

test('each turn has its own stamps of its first PCM and its first packet', async () => {
  const rig = new LoopRig()
  const stampsOf = (turn: number): readonly number[] => {
    return [STAMP_PCM, STAMP_PACKET].map(stamp => rig.slots.stampOf(FIRST_SLOT, (1 << 16) | turn, stamp))
  }
  await rig.run(function * () {
    rig.slots.setEpoch(FIRST_SLOT, 1, 1)
    rig.send(ATTACH, { turn: 1 })
    const before = microseconds()
    rig.speak(new Int16Array(480), 24_000)
    yield
    const [pcm, packet] = stampsOf(1)
    assert.ok(microsecondsSince(before, pcm!) >= 0)
    assert.ok(Number.isNaN(packet), 'there is no whole frame yet')
    const between = microseconds()
    rig.speak(new Int16Array(480 * 10), 24_000)
    yield
    assert.ok(rig.take().some(({ kind }) => kind === DOWNLINK_FRAME))
    assert.equal(stampsOf(1)[0], pcm, 'the first one counts')
    assert.ok(microsecondsSince(between, stampsOf(1)[1]!) >= 0)
    rig.slots.setEpoch(FIRST_SLOT, 1, 2)
    rig.speak(new Int16Array(480 * 10), 24_000, { turn: 1 })
    yield
    assert.ok(stampsOf(2).every(Number.isNaN), 'what is stale is not stamped')
    rig.speak(new Int16Array(480 * 10), 24_000, { turn: 2 })
    yield
    assert.ok(stampsOf(2).every(at => microsecondsSince(between, at) >= 0))
  })
})
