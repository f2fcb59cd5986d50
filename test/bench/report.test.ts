import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import fc from 'fast-check'
import { commandOf } from '../../bench/report/command-line.js'
import { percentilePoints } from '../../bench/report/histograms.js'
import { html } from '../../bench/report/html.js'
import { describeMachine } from '../../bench/report/machine-description.js'
import { renderReport } from '../../bench/report/page.js'
import { readResults } from '../../bench/report/read-results.js'
import { linearScale, percentileScale } from '../../bench/report/scales.js'
import { renderText } from '../../bench/report/text.js'
import { reportName, writeReport } from '../../bench/report/write-report.js'
import { checkMarkup, textOf } from './markup.js'
import { sampleFigures, sampleHistogram, sampleResult } from './report-samples.js'

function makeFolder (t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'chorus-report-'))
  t.after(() => { rmSync(folder, { recursive: true }) })
  return folder
}

test('whatever is put into a template can neither end an attribute nor open an element', () => {
  assert.equal(html`<a title="${'"><b>'}">${["it's ", html`<i>${'<&>'}</i>`, undefined, 1]}</a>`.text,
    '<a title="&quot;&gt;&lt;b&gt;">it&#39;s <i>&lt;&amp;&gt;</i>1</a>')
  fc.assert(fc.property(fc.string(), text => {
    const page = html`<p title="${text}">${text}</p>`.text
    checkMarkup(page)
    assert.equal(textOf(page), text)
  }))
})

test('a page is well-formed, stands alone, and has all figures with their spread, bound and verdict', () => {
  const result = sampleResult({ complaints: ['a ring is full'] })
  const page = renderReport([result]).text
  checkMarkup(page)
  assert.doesNotMatch(page, /https?:|<script|<link|src=|@import|url\(/)
  const text = textOf(page)
  for (const { name } of result.figures) assert.ok(text.includes(name), name)
  assert.match(text, /added latency p99 ms\s*21\.3\s*20\.7 – 21\.8\s*≤ 50/)
  const facts = ['A processor, 2 cores', '23.5 GB', 'A system', '6.1.0 x64', 'v20.20.2', 'abc1234', 'uws', '2026-01-02T03:04:05.678Z', 'holds']
  for (const fact of [...facts, 'audio.bitrate', '24000', 'a ring is full', 'voice (11)', 'recognition', 'git checkout abc1234']) {
    assert.ok(text.includes(fact), fact)
  }
  assert.ok(text.includes('npm run bench:talk -- --devices 100 --seconds 60 --asr mock --seed 1 --generators 1 --set audio.bitrate=24000'))
})

test('text of a server, of settings and of a title is shown and never run', () => {
  const attack = '</title><script>alert(1)</script>"\''
  const page = renderReport([sampleResult({
    title: attack, complaints: [attack], failures: [attack], invalid: [attack], settings: { [attack]: attack }, transport: attack,
    stages: [{ name: attack, owner: 'server', p50Ms: 1, p99Ms: 2 }],
    series: [{ title: attack, unit: attack, points: [[0, 1], [1, 2]] }],
    figures: [{ name: attack, value: 1, unit: attack }],
    threads: [{ kind: attack, tid: 1, cpuMs: 1, percent: 50 }]
  })]).text
  checkMarkup(page)
  assert.doesNotMatch(page, /<script/)
  assert.ok(textOf(page).includes(attack))
})

test('a run that broke a bound, and one in which the load was the limit, say so', () => {
  const broken = sampleResult({ failures: ['p99 is 61 ms'], figures: sampleFigures({ 'added latency p99': 61 }) })
  assert.match(renderReport([broken]).text, /badge broken">does not hold/)
  assert.match(renderReport([broken]).text, /<td class="broken">61<\/td>/)
  assert.match(renderText(broken), /added latency p99 +61 +ms .* ≤ 50 +BROKEN\n/)
  assert.match(renderText(broken), /BROKEN: p99 is 61 ms\ndoes not hold\n/)
  const invalid = sampleResult({ invalid: ['the generators were late'], failures: ['p99 is 61 ms'] })
  assert.match(renderReport([invalid]).text, /badge invalid">says nothing of the server/)
  assert.match(renderText(invalid), /INVALID: the generators were late\n/)
})

test('a figure that is not known is a dash and keeps to no bound', () => {
  const result = sampleResult({ figures: sampleFigures({ 'added latency p99': Number.NaN }) })
  checkMarkup(renderReport([result]).text)
  assert.match(renderReport([result]).text, /<td class="broken">-<\/td>/)
  assert.match(renderText(result), /added latency p99 +- +ms +- – - +≤ 50 +BROKEN/)
})

test('a page without distributions, series, stages and threads has no empty sections', () => {
  const page = renderReport([sampleResult({ histograms: [], series: [], stages: [], threads: [], figures: [] })]).text
  checkMarkup(page)
  for (const title of ['Distributions', 'Over time', 'Where the time', 'Processor time']) assert.ok(!page.includes(title), title)
})

test('several runs stand beside each other, their lines in one plot, figures of only one of them left open', () => {
  const other = sampleResult({ figures: [...sampleFigures({ errors: 2 }), { name: 'reconnects', value: 7, unit: '' }], histograms: [sampleHistogram('added latency', 50_000)] })
  const page = renderReport([sampleResult(), other, sampleResult({ histograms: [] })]).text
  checkMarkup(page)
  assert.match(textOf(page), /A\s*least – most\s*B\s*least – most\s*C\s*least – most/)
  assert.match(page, /reconnects.*?<td>–<\/td><td><\/td><td class="">7<\/td>/s)
  const plot = /added latency <span.*?<\/svg>/s.exec(page)![0]
  assert.equal(plot.match(/<path class="line/g)!.length, 2)
})

test('percentiles of a plot are those of the values, as far as single values bear', () => {
  const points = percentilePoints(sampleHistogram('x', 1000))
  assert.equal(points[0]!.percentile, 0)
  assert.ok(Math.abs(points.at(-1)!.percentile - 99.9) < 1e-9)
  for (const { percentile, value } of points) assert.ok(Math.abs(value - percentile) < 0.5, `${percentile} %: ${value}`)
  assert.deepEqual(percentilePoints(sampleHistogram('x', 0)), [])
})

test('axes have round ticks, and nines are equally wide', () => {
  assert.deepEqual(linearScale(0, 47).ticks.map(({ value }) => value), [0, 10, 20, 30, 40, 50])
  assert.deepEqual(linearScale(-3, 3).ticks.map(({ label }) => label), ['-4', '-2', '0', '2', '4'])
  assert.deepEqual(linearScale(0, 60, { isRound: false }).place(30), 0.5)
  for (const scale of [linearScale(0, 0), linearScale(5, 5)]) assert.ok(Number.isFinite(scale.place(0)) && scale.ticks.length > 1)
  const { place, ticks } = percentileScale(99.99)
  assert.deepEqual(ticks.map(({ label }) => label), ['0%', '50%', '90%', '99%', '99.9%', '99.99%'])
  assert.ok(Math.abs((place(99) - place(90)) - (place(99.9) - place(99))) < 1e-9)
})

test('a report is a page beside its data, and what was written can be read again', t => {
  const folder = makeFolder(t)
  const result = sampleResult({ figures: sampleFigures({ 'added latency p99': Number.NaN }) })
  const files = writeReport(result, { folder })
  assert.equal(files.json, join(folder, 'talk-20260102T030405Z.json'))
  assert.deepEqual(readResults(files.json), [result])
  checkMarkup(readFileSync(files.html, 'utf8'))
  const both = writeReport([result, sampleResult()], { folder, name: 'both' })
  assert.deepEqual(readResults(both.json), [result, sampleResult()])
  assert.match(readFileSync(both.html, 'utf8'), /<td class="agree">agree<\/td>/)
  assert.ok(reportName('a', '2026-01-02T03:04:05Z') < reportName('a', '2026-01-02T03:04:06Z'))
})

test('a file that holds no result is refused with what is wrong', t => {
  const file = join(makeFolder(t), 'x.json')
  assert.throws(() => readResults(file), /x\.json cannot be read: ENOENT/)
  for (const [content, message] of [['{', /is no JSON/], ['[]', /holds no result/], ['{"bench":"talk"}', /is no result of a benchmark: it must have required property/]] as const) {
    writeFileSync(file, content)
    assert.throws(() => readResults(file), message)
  }
})

test('a run can be repeated by the command that made it, or by one of its options', () => {
  assert.equal(commandOf(sampleResult({ command: 'npm run bench:x' })), 'npm run bench:x')
  assert.equal(commandOf(sampleResult({ bench: 'idle', options: { devices: 5 }, settings: { 'a.b': "it's" } })), "npm run bench:idle -- --devices 5 --set 'a.b=it'\\''s'")
})

test('the machine is described without its name', () => {
  const machine = describeMachine()
  assert.deepEqual(Object.keys(machine).sort(), ['commit', 'cores', 'cpu', 'kernel', 'memoryMb', 'node', 'os'])
  assert.ok(machine.memoryMb > 100)
  assert.match(machine.kernel, /^\d+\.\d+/)
})
