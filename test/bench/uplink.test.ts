import assert from 'node:assert/strict'
import { test } from 'node:test'
import { build } from 'hdr-histogram-js'
import { percentilePoints, encodeHistogram, readHistogram } from '../../bench/report/histograms.js'
import { renderReport } from '../../bench/report/page.js'
import type { BenchResult } from '../../bench/report/result.js'
import { findMost } from '../../bench/uplink/find-most.js'
import type { GeneratorReport } from '../../bench/uplink/generator.js'
import { runUplink } from '../../bench/uplink/run-uplink.js'
import type { UplinkOptions, UplinkOutcome, UplinkReading } from '../../bench/uplink/types.js'
import { uplinkResult } from '../../bench/uplink/uplink-result.js'
import type { Histogram, VoiceFigures } from '../../src/ring/voice-counters.js'
import { checkMarkup, textOf } from './markup.js'
import { sampleResult } from './report-samples.js'

const options: UplinkOptions = {
  devices: 10, seconds: 3, warmUpSeconds: 1, voiceWorkers: 1, speechPercent: 100, pause: 'noise', p99LimitMs: 25, transport: 'auto', settings: {}
}

function makeReport (change: Partial<GeneratorReport> = {}, latenessMs = 2): GeneratorReport {
  const lateness = build({ highestTrackableValue: 6_000_000, numberOfSignificantValueDigits: 3 })
  for (let frame = 0; frame < 100; frame++) lateness.recordValue(latenessMs * 100)
  const recorded = encodeHistogram(lateness, { title: 'the generator behind its plan', unit: 'ms', step: 0.01 })
  return { kind: 'report', framesSent: Array.from({ length: 10 }, () => 100), lateness: recorded, closedDevices: 0, pendingBytes: 0, ...change }
}

type ReadingChange = Partial<Omit<UplinkReading, 'voice'>> & { readonly voice?: Partial<VoiceFigures> }

/** What was counted after so many seconds. */
function makeReading (second: number, histogram: Histogram, change: ReadingChange = {}): UplinkReading {
  const voice: VoiceFigures = {
    windows: 470 * second, skippedWindows: 0, frames: 250 * second, concealed: 0, batches: 47 * second, encodedFrames: 0,
    busyMs: 400 * second, passes: 0, vadLatency: { count: 0, p50Ms: 0, p99Ms: 0, p999Ms: 0, maxMs: 0, histogram }, ...change.voice
  }
  return {
    atMs: second * 1000, threads: [{ tid: 1, name: 'voice', nice: 0, cpuMs: second * 300 }], residentBytes: 0, openFiles: 0, health: {},
    badPackets: 0, lostFrames: 0, generatorCpuMs: second * 100, ...change, voice: [voice]
  }
}

function makeOutcome (change: Partial<UplinkOutcome> = {}): UplinkOutcome {
  const readings = [
    makeReading(1, [[100, 50]]), makeReading(2, [[4, 100], [100, 50]]), makeReading(3, [[4, 100], [8, 100], [100, 50]]),
    makeReading(4, [[4, 100], [8, 200], [100, 50]])
  ]
  return {
    options, settings: {}, transport: 'uws', readings, settled: makeReading(4, [[4, 100], [8, 200], [12, 100], [100, 50]]), report: makeReport(),
    windowsExpected: 1880, threads: [], series: [], complaints: [], ...change
  }
}

const resultOf = (change: Partial<UplinkOutcome> = {}): BenchResult => uplinkResult(makeOutcome(change), new Date())

test('a run without a loss and within its time has no failure', () => {
  const { failures, invalid } = resultOf()
  assert.deepEqual([failures, invalid], [[], []])
  assert.deepEqual(resultOf({ options: { ...options, p99LimitMs: 12 } }).failures, [])
})

test('figures are of the measured time, without the warm-up, with the extremes of its parts', () => {
  const { figures, histograms } = resultOf()
  const figure = (name: string): unknown => {
    const { value, spread } = figures.find(one => one.name === name)!
    return [value, spread]
  }
  assert.deepEqual(figure('arrival → verdict p50'), [8, [4, 8]])
  // The windows of 100 ms came in the warm-up; those of 12 ms when nothing was sent any more.
  assert.deepEqual(figure('arrival → verdict p99'), [12, [4, 12]])
  assert.deepEqual(figure('windows in a batch'), [10, [10, 10]])
  assert.deepEqual(figure('voice loop not asleep'), [40, [40, 40]])
  assert.deepEqual(figure('CPU per device-second'), [30, [30, 30]])
  assert.deepEqual(figure('generator CPU'), [10, [10, 10]])
  assert.deepEqual(figure('generator lateness p99'), [2, undefined])
  assert.equal(readHistogram(histograms[0]!).totalCount, 400)
  const points = percentilePoints(histograms[0]!)
  assert.ok(Math.abs(points.at(-1)!.value - 12) < 0.02 && points.every(({ value }) => value < 12.02))
})

test('each way in which a run can fail is told', () => {
  const failure = (change: Partial<UplinkOutcome>): string => resultOf(change).failures.join('; ')
  const { histogram } = makeOutcome().settled.voice[0]!.vadLatency
  const settled = (change: ReadingChange): UplinkReading => makeReading(4, histogram, change)
  assert.match(failure({ settled: settled({ lostFrames: 2 }) }), /^frames dropped is 2/)
  assert.match(failure({ settled: settled({ voice: { concealed: 3 } }) }), /^frames dropped is 3/)
  assert.match(failure({ settled: settled({ voice: { frames: 990 } }) }), /^frames dropped is 10/)
  assert.match(failure({ settled: settled({ badPackets: 1 }) }), /^malformed packets is 1/)
  assert.equal(failure({ windowsExpected: 1881 }), '1880 windows were inferred, 1881 were expected')
  assert.match(failure({ options: { ...options, p99LimitMs: 11 } }), /^arrival → verdict p99 is 12 ms, above 11$/)
  assert.match(failure({ settled: makeReading(4, [[100, 50]]) }), /arrival → verdict p99 is NaN/)
  assert.match(failure({ report: makeReport({ closedDevices: 3 }) }), /^connections closed is 3/)
  assert.match(failure({ report: makeReport({ pendingBytes: 9 }) }), /^unsent bytes is 9/)
})

test('where there are pauses the gate decides how many windows there are', () => {
  assert.deepEqual(resultOf({ options: { ...options, speechPercent: 40 }, windowsExpected: 9 }).failures, [])
})

test('a run in which the generator was the limit says nothing of the server', () => {
  assert.match(resultOf({ report: makeReport({}, 21) }).invalid.join(), /late by 21\.\d+ ms/)
  const readings = makeOutcome().readings.map(reading => ({ ...reading, generatorCpuMs: reading.generatorCpuMs * 9.5 }))
  assert.deepEqual(resultOf({ readings }).invalid, ['the generator had no processor time left'])
})

test('the search for the most ends after two failures in a row, with the largest that held as the last', async () => {
  const asked: number[] = []
  const points = await findMost(async devices => {
    asked.push(devices)
    const isDisturbed = devices === 110 && asked.length === 2
    return sampleResult({ options: { devices }, failures: devices > 120 || isDisturbed ? ['a frame was dropped'] : [] })
  }, 100, 10)
  assert.deepEqual(asked, [100, 110, 110, 120, 130, 130])
  assert.deepEqual(points.map(({ options: { devices } }) => devices), [110, 130, 130, 100, 110, 120])
  const none = await findMost(async () => sampleResult({ invalid: ['late'] }), 100, 10)
  assert.equal(none.length, 2)
})

test('devices that speak without pause through the real server: every window is judged, nothing is recognised', async () => {
  const result = uplinkResult(await runUplink({
    ...options, devices: 5, seconds: 1, warmUpSeconds: 0, p99LimitMs: 60_000, settings: { 'hearing.batchWindows': 3 }
  }), new Date())
  assert.deepEqual(result.failures, [])
  const figure = (name: string): number => result.figures.find(one => one.name === name)!.value
  assert.ok(figure('arrival → verdict p50') > 0 && figure('windows in a batch') <= 3)
  assert.ok(figure('frames sent') >= 5, `${figure('frames sent')} frames`)
  assert.equal(figure('windows inferred'), figure('windows expected'))
  assert.ok(figure('windows inferred') > figure('frames sent'))
  assert.equal(result.settings['hearing.batchWindows'], 3)
  assert.ok(readHistogram(result.histograms[1]!).totalCount >= figure('frames sent'))
  const kinds = result.threads.map(({ kind }) => kind)
  for (const kind of ['gateway', 'voice', 'dialogue']) assert.ok(kinds.includes(kind), kind)
  const page = renderReport([result]).text
  checkMarkup(page)
  assert.match(textOf(page), /arrival → verdict/)
})
