import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Agenda, Storms } from '../../bench/fleet/agenda.js'
import { isImpaired, Stalls } from '../../bench/fleet/impaired-path.js'
import { figureOf } from '../../bench/fleet/figure.js'
import { broken, loadResult } from '../../bench/fleet/load-result.js'
import { Playback } from '../../bench/fleet/playback.js'
import { runLoad } from '../../bench/fleet/run-load.js'
import { loadScenario, makeScenario, periodMs } from '../../bench/fleet/scenario.js'
import { FleetTally, Tally } from '../../bench/fleet/tally.js'
import { seededRandom } from '../../src/bin/simulate/seeded.js'

test('a scenario has defaults, and a wrong field is named with what it must be', () => {
  const scenario = makeScenario({ impairment: {} })
  assert.equal(periodMs(scenario), 21_500)
  assert.equal(isImpaired(scenario.impairment), false)
  assert.throws(() => makeScenario({ conversation: { speechSecond: 5 } }, 'x.yaml'), /x\.yaml: scenario\/conversation must NOT have additional properties/)
  assert.throws(() => makeScenario({ conversation: { bargeInShare: 2 } }), /scenario\/conversation\/bargeInShare must be <= 1/)
})

test('each scenario that is shipped can be loaded', () => {
  for (const name of ['talk', 'churn', 'soak', 'impaired', 'downlink']) assert.ok(periodMs(loadScenario(name)) > 0, name)
  assert.throws(() => loadScenario('no-such-scenario'))
})

test('the plan of a device is that of its seed, whatever the server does', () => {
  const scenario = makeScenario({ conversation: { bargeInShare: 0.5, reconnectShare: 0.5, wakeUpShare: 0.5 } })
  const plan = (seed: number) => {
    const agenda = new Agenda(scenario, 1000, seededRandom(seed))
    return Array.from({ length: 50 }, () => agenda.next())
  }
  assert.deepEqual(plan(1), plan(1))
  assert.notDeepEqual(plan(1), plan(2))
  const cycles = plan(3)
  assert.ok(cycles.some(({ bargeInAtMs }) => bargeInAtMs < Infinity) && cycles.some(({ bargeInAtMs }) => bargeInAtMs === Infinity))
  for (const [at, cycle] of cycles.entries()) {
    const next = cycles[at + 1]
    if (next === undefined) continue
    const askedLastMs = cycle.bargeInAtMs === Infinity ? cycle.askAtMs : cycle.bargeInAtMs
    assert.equal(Math.round(next.askAtMs - askedLastMs), 21_500, 'a question has its own answer and pause')
    assert.ok(cycle.reconnectAtMs === Infinity || cycle.reconnectAtMs < cycle.askAtMs)
  }
})

test('a storm comes once per device and time', () => {
  const storms = new Storms(makeScenario({ stormEverySeconds: 10, stormSeconds: 1 }), 0, () => 0.5)
  const hits = Array.from({ length: 300 }, (_, tenth) => tenth / 10).filter(second => storms.isDue(second * 1000))
  assert.deepEqual(hits, [10.5, 20.5])
})

test('a stall lets nothing through before its end, and comes as often as planned', () => {
  const { impairment } = makeScenario({ impairment: { stallsPerMinute: 6, stallMs: 2000 } })
  const stalls = new Stalls(impairment, seededRandom(7))
  let stalled = 0
  const startMs = performance.now()
  for (let ms = 0; ms < 3_600_000; ms += 100) {
    const atMs = startMs + ms
    const passesAtMs = stalls.after(atMs)
    assert.ok(passesAtMs >= atMs && passesAtMs <= atMs + 2000)
    if (passesAtMs > atMs) stalled++
  }
  // Ten seconds between two stalls of two: a sixth of the time.
  assert.ok(Math.abs(stalled / 36_000 - 1 / 6) < 0.04, `${stalled} of 36000`)
})

test('a loudspeaker runs empty when a frame comes after the one before was played', () => {
  const gaps: number[] = []
  const late: boolean[] = []
  let frames = 0
  const playback = new Playback(60, {
    onFrame: () => { frames++ },
    onUnderrun: gapMs => { gaps.push(gapMs) },
    onLateness: (_ms, isLate) => { late.push(isLate) }
  })
  playback.begin()
  for (let at = 0; at < 4; at++) playback.take(1000)
  assert.equal(playback.emptyAtMs, 1240)
  playback.take(1250)
  assert.deepEqual(gaps, [10])
  for (let at = 0; at < 20; at++) playback.take(1310 + at * 60 + (at === 15 ? 25 : 0))
  playback.end()
  assert.equal(frames, 25)
  assert.equal(late.filter(Boolean).length, 1, 'the one that came 25 ms behind its place')
  playback.begin()
  playback.take(99_000)
  assert.equal(gaps.length, 2, 'one frame was late while 10 ms were left; the first of an answer is never an underrun')
})

test('what several processes counted adds up, percentiles included', () => {
  const tallies = [new Tally(), new Tally()]
  for (const [at, tally] of tallies.entries()) {
    tally.counts.frames += 10
    tally.fail('the connection was closed')
    for (let ms = 1; ms <= 50; ms++) tally.record('lateness', at * 50 + ms)
  }
  const sum = new FleetTally(tallies.map(tally => tally.report()))
  assert.equal(sum.counts.frames, 20)
  assert.deepEqual(sum.reasons, { 'the connection was closed': 2 })
  assert.ok(Math.abs(sum.percentile('lateness', 50) - 50) < 0.1)
  assert.ok(Math.abs(sum.percentile('lateness', 99) - 99) < 0.1)
  assert.ok(Number.isNaN(sum.percentile('cut', 50)), 'nothing was recorded')
  tallies[0]!.reset()
  assert.equal(tallies[0]!.report().counts.frames, 0)
})

test('a figure says its spread, and how it breaks its bound', () => {
  assert.deepEqual(figureOf('p99', 'ms', 12.34567, [10, 14, Number.NaN]), { name: 'p99', unit: 'ms', value: 12.35, spread: [10, 14] })
  assert.deepEqual(figureOf('p99', 'ms', 1, [1]), { name: 'p99', unit: 'ms', value: 1 })
  assert.deepEqual(broken({ name: 'p99', value: 5, unit: 'ms', bound: { most: 5 } }), [])
  assert.deepEqual(broken({ name: 'p99', value: Number.NaN, unit: 'ms', bound: { most: 5 } }), ['p99 is NaN ms, above 5'])
  assert.deepEqual(broken({ name: 'devices', value: 3, unit: '', bound: { least: 4 } }), ['devices is 3 , below 4'])
})

test('devices of a fleet converse with a real server: asked, answered whole, interrupted, reconnected', async () => {
  const scenario = makeScenario({
    connectWithinSeconds: 1,
    conversation: {
      speechSeconds: 2, waitSeconds: 1.5, answerSeconds: 5, pauseSeconds: 6, bargeInShare: 0.4, reconnectShare: 0.5, wakeUpShare: 0.4
    },
    impairment: { delayMs: 5, jitterMs: 2, halfOpenShare: 0.5 }
  })
  const startedAt = new Date()
  const outcome = await runLoad({
    scenario, devices: 6, seconds: 24, warmUpSeconds: 0, parts: 2, asr: 'mock', seed: 5, generators: 2, settings: {},
    mockArguments: ['--token-ms', '5', '--asr-ms', '20', '--first-token-ms', '20', '--first-audio-ms', '20']
  })
  const { counts } = outcome.all
  assert.ok(counts.answered >= 4, JSON.stringify(counts))
  assert.ok(counts.interrupted >= 1 && counts.woken >= 1 && counts.reconnects >= 1, JSON.stringify(counts))
  assert.equal(counts.unanswered + counts.short + counts.missed + counts.closed + counts.refused, 0, JSON.stringify(outcome.all.reasons))
  assert.ok(outcome.all.percentile('firstAudio', 50) > 600, 'the silence that ends a question has to pass')
  assert.ok(counts.frames > 50 * counts.answered * 0.8)
  const result = loadResult(outcome, { bench: 'talk', title: 'test', startedAt, bounds: { 'turns answered': { least: 1e6 } } })
  assert.ok(result.failures.some(failure => failure.startsWith('turns answered is')))
  const added = result.figures.find(({ name }) => name === 'added latency p50')!.value
  assert.ok(added > 0 && added < outcome.all.percentile('firstAudio', 50) - 600, `${added} ms`)
  assert.ok(result.threads.some(({ kind }) => kind === 'gateway') && result.series.length > 0)
})
