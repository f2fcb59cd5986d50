import assert from 'node:assert/strict'
import { test } from 'node:test'
import { renderCertificate } from '../../bench/capacity/certificate-page.js'
import { renderCertificateText } from '../../bench/capacity/certificate-text.js'
import { machineShare, type Certificate } from '../../bench/capacity/certificate.js'
import { describeLimit } from '../../bench/capacity/progress.js'
import { measureCapacity, type CapacityOptions } from '../../bench/capacity/run-capacity.js'
import { firstBroken, judge, makeServiceLevel } from '../../bench/capacity/service-level.js'
import type { LoadRun } from '../../bench/capacity/types.js'
import type { BenchResult } from '../../bench/report/result.js'
import { checkMarkup, textOf } from './markup.js'
import { sampleFigures, sampleResult } from './report-samples.js'

const level = makeServiceLevel({ underrunPercent: 0.1, addedP99Ms: 50, errors: 0 })

const withFigures = (values: Readonly<Record<string, number>>, change: Partial<BenchResult> = {}): BenchResult => {
  return sampleResult({ figures: [...sampleFigures(values), { name: 'server CPU', value: 18, unit: '% of a core' }], ...change })
}

/** Runs of a server that bears so many devices: latency grows with them, then audio is late. */
const loadOf = (limit: number, change: Partial<BenchResult> = {}): LoadRun => async (devices, { seed }) => withFigures(
  { devices, 'added latency p99': 10 + devices / 20, 'underrun share': devices > limit ? 3 : 0.01 },
  { options: { ...sampleResult().options, devices, seed }, ...change }
)

function certificateOf (load: LoadRun, change: Partial<CapacityOptions> = {}): Promise<Certificate> {
  return measureCapacity({
    load, asr: 'mock', seconds: 60, warmUpSeconds: 5, seed: 1, serviceLevel: level, command: 'npm run capacity', onProgress () {},
    search: { start: 100, growth: 2, least: 1, most: 4096, stepDevices: 10, stepPercent: 2.5 }, ...change
  })
}

test('a run is judged by the service level alone, bounds included', () => {
  assert.equal(judge(withFigures({ 'added latency p99': 50, 'underrun share': 0.1 }), level).kind, 'holds')
  assert.equal(judge(withFigures({}, { failures: ['another bound of the benchmark'] }), level).kind, 'holds')
  assert.deepEqual(judge(withFigures({ errors: 1, 'added latency p99': 51 }), level), {
    kind: 'broken',
    bounds: [{ figure: 'errors', unit: '', value: 1, most: 0 }, { figure: 'added latency p99', unit: 'ms', value: 51, most: 50 }]
  })
})

test('a figure that is not known keeps to no bound, and one that is missing is an error', () => {
  assert.equal(judge(withFigures({ 'added latency p99': Number.NaN }), level).kind, 'broken')
  const figures = sampleFigures().filter(({ name }) => name !== 'errors')
  assert.throws(() => judge(sampleResult({ figures }), level), /this load does not tell "errors"/)
})

test('a run in which the load was the limit says nothing, whatever its figures are', () => {
  const late = withFigures({ errors: 100 }, { invalid: ['the generator was late'] })
  assert.deepEqual(judge(late, level), { kind: 'invalid', reasons: ['the generator was late'] })
})

test('of bounds that broke at the same number the one that was exceeded most is the first', () => {
  const bound = (figure: string, value: number, most: number) => ({ figure, unit: '', value, most })
  const attempt = (devices: number, ...bounds: Array<ReturnType<typeof bound>>) => ({ phase: 'growing' as const, devices, verdict: { kind: 'broken' as const, bounds } })
  assert.equal(firstBroken([]), undefined)
  const first = firstBroken([
    attempt(400, bound('p99', 900, 50)),
    attempt(200, bound('p99', 60, 50)),
    attempt(200, bound('p99', 70, 50), bound('underruns', 0.3, 0.1))
  ])
  assert.deepEqual(first, { devices: 200, bounds: [bound('underruns', 0.3, 0.1), bound('p99', 70, 50)] })
})

test('a certificate has the largest number that held twice, each run with a seed of its own', async () => {
  const lines: string[] = []
  const certificate = await certificateOf(loadOf(330), { onProgress (line) { lines.push(line) } })
  assert.equal(certificate.devices, 325)
  assert.ok(certificate.isHeld)
  assert.deepEqual(certificate.runs.map(({ options }) => options['devices']), [325, 325])
  assert.equal(new Set(certificate.runs.map(({ options }) => options['seed'])).size, 2)
  assert.deepEqual(certificate.threadCounts, { voice: 1, gateway: 1, node: 1 })
  assert.equal(certificate.search.length, lines.length - 1)
  assert.match(lines[0]!, /^ +1 +growing +100 devices +holds; p99 15 ms, underruns 0\.010 %, 1\.80 ms of CPU per device-second, voice 11 %$/)
  assert.match(lines.at(-3)!, /^325 devices held; two runs more/)
})

test('a certificate says which bound broke first, where, and what the busiest thread was', async () => {
  const certificate = await certificateOf(loadOf(330))
  assert.equal(certificate.limit?.kind, 'server')
  const text = renderCertificateText(certificate)
  assert.match(text, /With 332 devices it did not hold: underrun share 3 % of frames \(≤ 0\.1\) broke first\./)
  assert.match(text, /busiest thread was voice with 11 % of a core; server, generator and mock service had 26 % of the machine/)
  assert.match(text, /^325 devices held twice$/m)
  assert.match(text, /^underrun share \(% of frames\) +≤ 0\.1 +0\.010 +0\.010$/m)
})

test('where the generator was the limit the server may bear more, and the certificate says so', async () => {
  const honest = loadOf(Infinity)
  const certificate = await certificateOf(async (devices, options) => {
    return { ...await honest(devices, options), invalid: devices > 500 ? ['the generator was late by 31 ms (p99)'] : [] }
  })
  assert.equal(certificate.limit?.kind, 'load')
  assert.ok(certificate.isHeld && certificate.devices <= 500)
  assert.match(describeLimit(certificate.limit), /the load was the limit, and nothing can be said of the server: the generator was late by 31 ms/)
  assert.match(textOf(renderCertificate(certificate).text), new RegExp(`at least ${certificate.devices} devices`))
})

test('when as many as may be tried hold no limit is made up', async () => {
  const search = { start: 100, growth: 2, least: 1, most: 200, stepDevices: 10, stepPercent: 2.5 }
  const certificate = await certificateOf(loadOf(Infinity), { search })
  assert.deepEqual([certificate.devices, certificate.limit], [200, { kind: 'none', devices: 200 }])
})

test('a server that never holds has a certificate of nothing, with what broke', async () => {
  const certificate = await certificateOf(loadOf(0))
  assert.deepEqual([certificate.devices, certificate.isHeld, certificate.runs], [0, false, []])
  assert.match(renderCertificateText(certificate), /With 1 devices it did not hold.*\n(.*\n)*no number of devices held/)
  checkMarkup(renderCertificate(certificate).text)
})

test('a check runs that number twice and looks for no limit', async () => {
  const held = await certificateOf(loadOf(330), { check: 330 })
  assert.deepEqual([held.devices, held.isHeld, held.search.length, held.limit], [330, true, 2, undefined])
  const broken = await certificateOf(loadOf(330), { check: 331 })
  assert.deepEqual([broken.devices, broken.isHeld, broken.search.length], [331, false, 1])
  assert.match(renderCertificateText(broken), /331 devices did not hold twice/)
})

test('a run that comes to no result says nothing of the server; when it is the first the search ends', async () => {
  const load = loadOf(330)
  const failsAt = (failing: number): LoadRun => {
    let runs = 0
    return async (devices, options) => {
      if (++runs === failing) throw new Error('the server does not answer')
      return await load(devices, options)
    }
  }
  await assert.rejects(certificateOf(failsAt(1)), /the server does not answer/)
  const certificate = await certificateOf(failsAt(3))
  assert.equal(certificate.devices, 325)
  assert.deepEqual(certificate.search[2]!.verdict, { kind: 'invalid', reasons: ['no result: the server does not answer'] })
})

test('a run that does not tell what the service level needs ends the search at once, whenever it comes', async () => {
  let runs = 0
  const load: LoadRun = async () => ++runs < 3 ? withFigures({}) : sampleResult({ figures: [] })
  await assert.rejects(certificateOf(load), /does not tell "errors"/)
  assert.equal(runs, 3)
})

test('the page of a certificate is well-formed, stands alone, and has the level, the search and both runs', async () => {
  const certificate = await certificateOf(loadOf(330, { title: 'a <home> & its "devices"' }))
  const page = renderCertificate(certificate).text
  checkMarkup(page)
  assert.doesNotMatch(page, /https?:|<script|<link|src=|@import|url\(/)
  const text = textOf(page)
  for (const part of ['a <home> & its "devices"', '325 devices in conversation', 'held twice', 'underrun share', 'A processor', 'npm run capacity', 'run 2']) {
    assert.ok(text.includes(part), part)
  }
  // Each run of the search has a mark on each plot that it has a figure for.
  for (const { devices } of certificate.search) assert.ok(text.includes(`${devices} devices: `), `${devices}`)
})

test('the share of the machine is not told where a part of it is missing', () => {
  assert.equal(machineShare({ 'server CPU': 100, 'generator CPU': 50, 'mock CPU': 10 }, 2), 80)
  assert.equal(machineShare({ 'server CPU': 100, 'generator CPU': 50 }, 2), undefined)
})
