import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WINDOW_SAMPLES } from '../../../native-bindings/silero-vad.js'
import { ENDED_BY_GAP } from '../../../src/ring/endpoint.js'
import { EnergyGate } from '../../../workers/voice/energy-gate.js'
import { clips, loadClip } from '../../support/clips.js'
import { decodeAll, Ear, encodeUplink, joined, rmsOf, silence, twoSentences, twoSentencesPackets } from './ear.js'

const OPTIONS = { gate: true, gateDbfs: -56, gateAfterMs: 500 }

function gated (options: ConstructorParameters<typeof Ear>[0] = {}): Ear {
  const ear = new Ear({ gate: true, ...options })
  ear.hearing.start(false)
  return ear
}

/** Noise of one loudness, in dB below full scale; the same every time. */
function hiss (ms: number, dbfs: number): Int16Array {
  let seed = 1
  const peak = 10 ** (dbfs / 20) * 32_768 * Math.sqrt(3) // of a uniform distribution
  return Int16Array.from({ length: ms * 16 }, () => {
    seed = Math.imul(seed, 1_664_525) + 1_013_904_223 >>> 0
    return (seed / 2 ** 31 - 1) * peak
  })
}

test('a gate closes after the quiet that is set, and not within an utterance', () => {
  const gate = new EnergyGate(OPTIONS, 32)
  for (let window = 0; window < 15; window++) assert.equal(gate.pass(0, false), false)
  assert.equal(gate.pass(0, false), true) // 512 ms
  gate.open()
  for (let window = 0; window < 15; window++) gate.pass(0, false)
  assert.equal(gate.pass(gate.threshold, false), false, 'a sound begins it anew')
  for (let window = 0; window < 100; window++) assert.equal(gate.pass(0, true), false)
})

test('a gate that is off never closes', () => {
  const gate = new EnergyGate({ ...OPTIONS, gate: false }, 32)
  for (let window = 0; window < 1000; window++) assert.equal(gate.pass(0, false), false)
})

test('silence with which a device begins costs the model nothing', () => {
  const ear = gated()
  ear.hear(encodeUplink(silence(960)))
  assert.equal(ear.counters.read().windows, 0)
  ear.hear(twoSentencesPackets)
  assert.equal(ear.heard.length, 2)
})

test('the gate takes out quiet only: the utterances are those that were heard without it', () => {
  const without = gated({ gate: false })
  without.hear(twoSentencesPackets)
  const ear = gated()
  ear.hear(twoSentencesPackets)
  assert.deepEqual(ear.log, without.log)
  const skipped = ear.counters.read().skippedWindows
  assert.ok(skipped > 20, `${skipped} windows`)
  assert.equal(ear.counters.read().frames, twoSentencesPackets.length)
  ear.heard.forEach(({ endpoint, samples }, at) => {
    const other = without.heard[at]!.endpoint
    // The model's memory began anew: a window more or less at either end.
    assert.ok(Math.abs(endpoint.startSample - other.startSample) <= 3 * WINDOW_SAMPLES, `${endpoint.startSample} and ${other.startSample}`)
    assert.ok(Math.abs(endpoint.speechEndSample - other.speechEndSample) <= 3 * WINDOW_SAMPLES)
    const decoded = decodeAll(twoSentencesPackets).slice(endpoint.startSample, endpoint.endSample)
    assert.equal(samples.length, decoded.length, 'the clock went on')
    // What was passed over leaves the decoder a trace that is far below what anybody hears.
    const error = samples.map((sample, index) => sample - decoded[index]!)
    assert.ok(rmsOf(error) < 0.01 * rmsOf(decoded), `${rmsOf(error)} of ${rmsOf(decoded)}`)
  })
})

test('what begins softly is in the utterance: the gate held it back', () => {
  const fade = Int16Array.from(loadClip(clips.chieftain), (sample, at) => at < 3200 ? sample * at / 3200 : sample)
  const packets = encodeUplink(joined([silence(3000), fade, silence(1500)]))
  const [start, startWithout] = [true, false].map(gate => {
    const ear = gated({ preRollMs: 0, gate })
    ear.hear(packets)
    assert.equal(ear.counters.read().skippedWindows > 50, gate)
    return ear.heard[0]!.endpoint.startSample
  })
  assert.ok(start! - startWithout! <= WINDOW_SAMPLES, `${start! - startWithout!} samples late`)
})

const endpointsOf = (ear: Ear): object[] => ear.heard.map(({ endpoint }) => ({ ...endpoint, pages: 0 }))

test('the same frames give the same endpoints however they are bunched, with the gate', () => {
  const oneByOne = gated()
  oneByOne.hear(twoSentencesPackets)
  for (const bunch of [2, 5, 17, 60]) {
    const bunched = gated()
    bunched.hear(twoSentencesPackets, bunch)
    assert.deepEqual(endpointsOf(bunched), endpointsOf(oneByOne))
    assert.deepEqual(bunched.counters.read().skippedWindows, oneByOne.counters.read().skippedWindows)
  }
})

test('noise above the gate is judged, noise below it is not', () => {
  const judged = [-66, -46].map(dbfs => {
    const ear = gated()
    ear.hear(encodeUplink(hiss(6000, dbfs)))
    return ear.counters.read().skippedWindows
  })
  assert.ok(judged[0]! > 150, `${judged[0]} of 187 windows skipped`)
  assert.equal(judged[1], 0)
})

test('the end of the stream while the gate is closed ends nothing and keeps nothing', () => {
  const ear = gated()
  ear.hear(encodeUplink(silence(3000)))
  ear.hearing.finish(ENDED_BY_GAP, 0)
  assert.deepEqual([ear.log, ear.arena.usedPages], [[], 0])
  ear.hear(encodeUplink(twoSentences))
  assert.equal(ear.heard.length, 2)
})
