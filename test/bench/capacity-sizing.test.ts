import assert from 'node:assert/strict'
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import type { Certificate } from '../../bench/capacity/certificate.js'
import { withCertificate, withIdle } from '../../bench/capacity/sizing-constants.js'
import { constantsFile, readConstants, updateSizing } from '../../bench/capacity/sizing-files.js'
import { renderSizing } from '../../bench/capacity/sizing-page.js'
import { constantNames, fleetSizes, sizeFleet, type ConstantName, type Constants } from '../../bench/capacity/sizing.js'
import type { BenchResult } from '../../bench/report/result.js'
import { sampleFigures, sampleResult } from './report-samples.js'

/** Round numbers, so that what follows from them can be worked out by hand. */
const round: Readonly<Record<ConstantName, number>> = {
  talkCpuMs: 2, gatewayCpuMs: 0.5, localCpuMs: 20, idleCpuMs: 0.01, talkKb: 100, idleKb: 6, socketKb: 4, emptyMb: 200,
  inferenceMb: 400, upKbit: 10, downKbit: 20, spareFiles: 500, utilisation: 0.5, certifiedDevices: 400, certifiedLocalDevices: 40,
  idleDevices: 10_000, measuredCores: 2
}

function makeConstants (change: Partial<typeof round> = {}): Constants {
  const values = { ...round, ...change }
  return Object.fromEntries(constantNames.map(name => [name, { value: values[name], unit: 'x', meaning: `of ${name}`, source: `seen in ${name}` }])) as Constants
}

function makeCertificate (change: Partial<Certificate> = {}): Certificate {
  const { machine, transport, title } = sampleResult()
  return {
    kind: 'capacity certificate', title, command: 'npm run capacity', startedAt: '2026-01-02T03:04:05.678Z', elapsedSeconds: 900, machine, transport, asr: 'mock',
    devices: 350, isHeld: true, serviceLevel: [], threadCounts: {}, search: [],
    runs: [sampleResult(), sampleResult({ figures: sampleFigures({ 'CPU per device-second': 2.12345, 'RSS per device': 150 }) })],
    ...change
  }
}

function makeIdle (change: Partial<BenchResult> = {}): BenchResult {
  const figures = [
    { name: 'devices', value: 10_000, unit: '' }, { name: 'CPU', value: 0.5, unit: '% of a core' },
    { name: 'RSS per device', value: 4.5, unit: 'KB' }, { name: 'RSS of the empty server', value: 180, unit: 'MB' }
  ]
  return sampleResult({ bench: 'idle', figures, ...change })
}

function makeFolder (t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'chorus-sizing-'))
  t.after(() => { rmSync(folder, { recursive: true }) })
  return folder
}

test('what a fleet takes follows from the formula', () => {
  // 500 talk: 1,000 ms and 95 ms of the silent in each second; at half a core's use, 2.19 cores.
  const needs = sizeFleet({ online: 10_000, talkPercent: 5 }, makeConstants())
  assert.equal(needs.talking, 500)
  const memoryMb = 200 + 100_000 / 1024 + 50_000 / 1024
  assert.deepEqual(needs.remote, { talking: 500, cores: 3, processes: 1, memoryMb, isExtrapolated: true })
  // 10,095 ms: 21 cores, of which 11 recognise.
  assert.deepEqual([needs.local.cores, needs.local.memoryMb], [21, 200 + 11 * 400 + 150_000 / 1024])
  assert.deepEqual([needs.files, needs.upMbit, needs.downMbit], [10_500, 5, 10])
})

test('a small fleet takes a core and a process; a gateway that is full takes another process with its own memory', () => {
  const small = sizeFleet({ online: 100, talkPercent: 2 }, makeConstants())
  assert.deepEqual([small.talking, small.remote.cores, small.remote.processes], [2, 1, 1])
  const large = sizeFleet({ online: 10_000, talkPercent: 10 }, makeConstants({ gatewayCpuMs: 0.6 }))
  assert.equal(large.remote.processes, 2)
  assert.equal(large.remote.memoryMb, 2 * 200 + (100_000 + 100_000) / 1024)
})

test('a share of a device talks as a whole one', () => {
  assert.equal(sizeFleet({ online: 101, talkPercent: 2 }, makeConstants()).talking, 3)
})

test('what goes beyond a measurement is marked: devices that talk, devices online, cores', () => {
  const isMarked = (change: Partial<typeof round>): boolean => {
    return sizeFleet({ online: 1000, talkPercent: 10 }, makeConstants(change)).remote.isExtrapolated
  }
  assert.equal(isMarked({}), false)
  assert.equal(isMarked({ certifiedDevices: 99 }), true)
  assert.equal(isMarked({ idleDevices: 999 }), true)
  assert.equal(isMarked({ talkCpuMs: 20 }), true)
})

test('a certificate with a service that recognises gives the cost of talking, of the worse run', () => {
  const constants = withCertificate(makeConstants(), makeCertificate())
  const value = (name: ConstantName): number => constants[name].value
  // The gateway had 7 % of a core for 350 devices.
  assert.deepEqual([value('talkCpuMs'), value('talkKb'), value('gatewayCpuMs'), value('certifiedDevices')], [2.123, 160, 0.2, 350])
  assert.equal(constants.talkCpuMs.source, 'certificate of 350 devices, a service recognises: A processor, 2 cores, node v20.20.2, commit abc1234, 2026-01-02')
  assert.deepEqual([constants.localCpuMs, constants.talkCpuMs.meaning], [makeConstants().localCpuMs, 'of talkCpuMs'])
})

test('a certificate with local recognition changes the constants of local recognition alone', () => {
  const constants = withCertificate(makeConstants(), makeCertificate({ asr: 'local', devices: 30 }))
  const changed = constantNames.filter(name => constants[name].source !== `seen in ${name}`)
  assert.deepEqual(changed, ['localCpuMs', 'certifiedLocalDevices'])
  assert.deepEqual([constants.localCpuMs.value, constants.certifiedLocalDevices.value], [2.123, 30])
})

test('what certifies nothing changes no constant', () => {
  assert.throws(() => withCertificate(makeConstants(), makeCertificate({ isHeld: false })), /350 devices did not hold: it tells no capacity/)
  assert.throws(() => withCertificate(makeConstants(), makeCertificate({ runs: [sampleResult({ figures: [] })] })), /do not tell "CPU per device-second"/)
  assert.throws(() => withIdle(makeConstants(), makeIdle({ failures: ['3 devices lost'] })), /does not hold: 3 devices lost/)
})

test('bench:idle gives the cost of devices that are silent', () => {
  const constants = withIdle(makeConstants(), makeIdle())
  const names = ['idleCpuMs', 'idleKb', 'emptyMb', 'idleDevices'] as const
  assert.deepEqual(names.map(name => constants[name].value), [0.0005, 4.5, 180, 10_000])
})

test('the page has a row for each size, every constant with its source, and marks what is extrapolated', () => {
  const page = renderSizing(makeConstants())
  const rows = page.split('\n').filter(line => /^\| [\d,]+ \| \d+ % = /.test(line))
  assert.equal(rows.length, fleetSizes.length)
  assert.equal(rows.find(row => row.startsWith('| 10,000 | 5 %')), '| 10,000 | 5 % = 500 | 3\\* | 350 MB\\* | 21\\* | 4.7 GB\\* | 10,500 | 5 / 10 |')
  assert.equal(rows[0], '| 100 | 2 % = 2 | 1 | 210 MB | 1 | 610 MB | 600 | 0.02 / 0.04 |')
  for (const name of constantNames) {
    assert.ok(page.includes(`| \`${name}\` | ${round[name].toLocaleString('en-US')} x | of ${name} | seen in ${name} |`), name)
  }
  assert.match(page, /400 talking with a service that recognises are certified; 40 talking with local recognition are certified/)
})

test('files of certificates and of bench:idle go into the constants and the page together', t => {
  const folder = makeFolder(t)
  const at = (name: string): string => join(folder, name)
  copyFileSync(constantsFile, at('constants.json'))
  writeFileSync(at('certificate.json'), JSON.stringify(makeCertificate()))
  writeFileSync(at('idle.json'), JSON.stringify(makeIdle()))
  const files = { constants: at('constants.json'), page: at('sizing.md') }
  updateSizing([at('certificate.json'), at('idle.json')], files)
  const constants = readConstants(files.constants)
  assert.deepEqual([constants.certifiedDevices.value, constants.idleKb.value], [350, 4.5])
  assert.equal(readFileSync(files.page, 'utf8'), renderSizing(constants))
})

test('a file that is no measurement leaves constants and page as they were', t => {
  const folder = makeFolder(t)
  const files = { constants: join(folder, 'constants.json'), page: join(folder, 'sizing.md') }
  copyFileSync(constantsFile, files.constants)
  writeFileSync(join(folder, 'good.json'), JSON.stringify(makeCertificate()))
  writeFileSync(join(folder, 'talk.json'), JSON.stringify(sampleResult()))
  assert.throws(() => updateSizing([join(folder, 'good.json'), join(folder, 'talk.json')], files), /talk\.json is neither a capacity certificate nor a result of bench:idle/)
  assert.equal(readFileSync(files.constants, 'utf8'), readFileSync(constantsFile, 'utf8'))
  assert.throws(() => readFileSync(files.page), /ENOENT/)
})

test('a constant that is missing is named', t => {
  const file = join(makeFolder(t), 'constants.json')
  const { upKbit: _without, ...constants } = makeConstants()
  writeFileSync(file, JSON.stringify(constants))
  assert.throws(() => readConstants(file), /has no "upKbit"/)
})
