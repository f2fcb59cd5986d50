import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { fail, ok, renderFindings, warn } from '../../src/bin/doctor/finding.js'
import { checkDataDir, checkNode, isYearSane, judgeDisk, judgeMemory, judgeOpenFiles } from '../../src/bin/doctor/machine.js'
import { checkAsrService, checkModels, judgePart } from '../../src/bin/doctor/parts.js'
import { checkPorts, judgePort } from '../../src/bin/doctor/ports.js'
import { quickChecks } from '../../src/bin/doctor/quick-checks.js'
import { checkStore, judgeStore } from '../../src/bin/doctor/store.js'
import { makeConfig } from '../../src/core/config.js'
import { openStore } from '../../src/store/open-store.js'

const sourceOf = (): string => 'default'

test('an old Node.js fails, an untested one warns', () => {
  assert.equal(checkNode('v20.18.0').status, 'fail')
  assert.equal(checkNode('v18.99.0').status, 'fail')
  assert.equal(checkNode('v20.18.1').status, 'ok')
  assert.equal(checkNode('v22.0.0').status, 'ok')
  assert.equal(checkNode('v23.1.0').status, 'warn')
})

test('a limit of open files below the wanted connections warns and says how many fit', () => {
  const limits = (soft: string): string => `Limit  Soft Limit  Hard Limit  Units\nMax open files            ${soft}                524288               files\n`
  assert.equal(judgeOpenFiles(limits('524288'), 20000).status, 'ok')
  assert.equal(judgeOpenFiles(limits('unlimited'), 20000).status, 'ok')
  const tight = judgeOpenFiles(limits('1024'), 20000)
  assert.equal(tight.status, 'warn')
  assert.match(tight.text, /about 768 of/)
  assert.match(tight.advice ?? '', /LimitNOFILE=20256/)
  assert.equal(judgeOpenFiles(undefined, 20000).status, 'ok')
})

test('a disk that is full fails, one that fills warns', () => {
  assert.deepEqual([10, 500, 5000].map(mb => judgeDisk(mb).status), ['fail', 'warn', 'ok'])
})

test('memory is compared with what the inference workers need, within the limit of the container', () => {
  assert.equal(judgeMemory({ availableMb: 8000, limitMb: Infinity, recognisers: 2 }).status, 'ok')
  assert.equal(judgeMemory({ availableMb: 900, limitMb: Infinity, recognisers: 2 }).status, 'warn')
  assert.match(judgeMemory({ availableMb: 8000, limitMb: 512, recognisers: 1 }).text, /limit of the container/)
})

test('a clock that starts at the epoch is noticed', () => {
  assert.equal(isYearSane(new Date(0)), false)
  assert.equal(isYearSane(new Date('2026-05-01')), true)
})

test('a native part with a fallback warns, one without fails', () => {
  assert.equal(judgePart({ name: 'x' }, undefined).status, 'ok')
  assert.match(judgePart({ name: 'x', fallback: 'y serves' }, 'no binary').text, /no binary.*y serves/)
  assert.equal(judgePart({ name: 'x', fallback: 'y serves' }, 'no binary').status, 'warn')
  assert.equal(judgePart({ name: 'x' }, 'no binary').status, 'fail')
})

test('where a service recognises no model is asked for, and a missing key fails', async () => {
  const own = makeConfig({ 'asr.openai.baseUrl': 'http://127.0.0.1:9/v1' })
  assert.deepEqual((await checkModels({ config: own, sourceOf })).map(({ name, status }) => `${status} ${name}`), ['ok voice detection'])
  assert.deepEqual(checkAsrService(own).map(({ status, text }) => [status, text]), [['ok', 'whisper-1 at http://127.0.0.1:9/v1']])
  assert.equal(checkAsrService(makeConfig({ 'asr.provider': 'openai' }))[0]?.status, 'fail')
  assert.deepEqual(checkAsrService(makeConfig()), [])
})

test('a streaming model that is not there fails, and no other model is asked for', async () => {
  const config = makeConfig({ 'asr.provider': 'streaming', 'asr.streaming.model': '/nowhere/model' })
  const findings = await checkModels({ config, sourceOf })
  assert.deepEqual(findings.map(({ name, status }) => [name, status]), [['voice detection', 'ok'], ['recognition', 'fail']])
  assert.match(findings[1]!.text, /there is no such folder/)
})

test('models are read and, on another device than the processor, tried', async t => {
  const data = makeDir(t)
  const well = await checkModels({ config: makeConfig({ data, 'asr.moonshine.size': 'tiny' }), sourceOf })
  assert.deepEqual(well.map(({ status, text }) => `${status} ${text}`), ['ok Silero VAD v5 on cpu, complete, as published', 'ok Moonshine tiny (English) on cpu, complete'])
  const device = process.platform === 'win32' ? 'coreml' : 'directml'
  const without = await checkModels({ config: makeConfig({ data, 'asr.moonshine.size': 'tiny', 'inference.device': device }), sourceOf })
  assert.deepEqual(without.map(({ name, status, text }) => [name, status, text.split(':')[0]]), [
    ['voice detection', 'fail', 'CHORUS_DEVICE_MISSING'], ['recognition', 'fail', 'CHORUS_DEVICE_MISSING']
  ])
})

test('a taken port warns with the setting to change', async t => {
  const server = createServer()
  await new Promise<void>(resolve => { server.listen(0, '127.0.0.1', resolve) })
  t.after(() => { server.close() })
  const { port } = server.address() as AddressInfo
  const [gateway, http] = await checkPorts(makeConfig({ 'gateway.port': port, 'gateway.host': '127.0.0.1', 'http.port': 0, 'http.host': '127.0.0.1' }))
  assert.equal(gateway?.status, 'warn')
  assert.match(gateway?.advice ?? '', /gateway\.port/)
  assert.equal(http?.status, 'ok')
})

test('the ports of MQTT are tried where it is on, that of UDP as such', async t => {
  const taken = createSocket('udp4')
  t.after(() => { taken.close() })
  await new Promise<void>(resolve => { taken.bind(0, '127.0.0.1', resolve) })
  const ports = { 'gateway.port': 0, 'http.port': 0, 'mqtt.port': 0, 'mqtt.udpHost': '127.0.0.1', 'mqtt.udpPort': taken.address().port }
  assert.equal((await checkPorts(makeConfig(ports))).length, 2)
  const [, , mqtt, udp] = await checkPorts(makeConfig({ ...ports, 'mqtt.enabled': true }))
  assert.deepEqual([mqtt?.name, mqtt?.status, udp?.name, udp?.status], ['MQTT port', 'ok', 'UDP port', 'warn'])
  assert.match(udp?.advice ?? '', /mqtt\.udpPort/)
  const elsewhere = await checkPorts(makeConfig({ ...ports, 'mqtt.enabled': true, 'mqtt.broker': 'mqtt://127.0.0.1:1' }))
  assert.deepEqual(elsewhere.map(({ name }) => name), ['gateway port', 'http port', 'UDP port'])
  const [clash] = await checkPorts(makeConfig({ 'gateway.port': 9000, 'mqtt.enabled': true, 'mqtt.port': 9000, 'mqtt.udpPort': 9000 }))
  assert.match(clash?.text ?? '', /gateway\.port and mqtt\.port are both 9000/)
})

test('the store is looked at without being made or changed', async t => {
  const config = makeConfig({ data: makeDir(t) })
  const before = checkStore(config)
  assert.equal(before.status, 'ok')
  assert.match(before.text, /made at the first start, through /)
  assert.equal(existsSync(join(config.data, 'chorus.db')), false)
  const { store } = await openStore({ config })
  const opened = checkStore(config) // while a server has it
  await store.close()
  assert.match(opened.text, /chorus\.db, schema \d+, through /)
  writeFileSync(join(config.data, 'chorus.db'), 'this is no database, whatever its name says '.repeat(100))
  const broken = checkStore(config)
  assert.deepEqual([broken.status, /CHORUS_STORE_UNUSABLE/.test(broken.text)], ['fail', true])
})

test('a store of a newer Chorus fails, an older one is brought up to date, and slow SQLite warns', () => {
  const facts = { file: 'chorus.db', library: 'better-sqlite3', version: 1, newest: 1 } as const
  assert.equal(judgeStore({ ...facts, version: 2 }).status, 'fail')
  assert.match(judgeStore({ ...facts, newest: 2 }).text, /schema 1, brought to 2/)
  assert.equal(judgeStore({ ...facts, library: 'node-sqlite3-wasm' }).status, 'warn')
})

test('two servers on one port fail, and so does an address of another machine', async () => {
  const [same] = await checkPorts(makeConfig({ 'gateway.port': 9000, 'http.port': 9000 }))
  assert.equal(same?.status, 'fail')
  assert.equal(judgePort({ name: 'http', host: '192.0.2.1', port: 80 }, 'EADDRNOTAVAIL').status, 'fail')
  assert.equal(judgePort({ name: 'http', host: '0.0.0.0', port: 80 }, 'EACCES').status, 'fail')
})

test('the data directory is made, and a file in its place fails', t => {
  const dir = makeDir(t)
  assert.equal(checkDataDir(join(dir, 'a', 'b')).status, 'ok')
  assert.ok(existsSync(join(dir, 'a', 'b')))
  writeFileSync(join(dir, 'file'), '')
  assert.equal(checkDataDir(join(dir, 'file')).status, 'fail')
})

test('the quick checks of a start find nothing wrong here', t => {
  const findings = quickChecks(makeConfig({ data: makeDir(t), 'gateway.maxConnections': 10 }))
  assert.deepEqual(findings.filter(finding => finding.status === 'fail'), [])
})

test('findings are printed in columns, advice below', () => {
  assert.equal(renderFindings([ok('a', 'fine'), warn('bcd', 'so so', 'mend'), fail('e', 'broken', 'replace')]),
    'ok    a    fine\nwarn  bcd  so so\n           → mend\nfail  e    broken\n           → replace\n')
})

test('refused settings are a finding, as JSON if asked for, and the exit code tells', () => {
  const doctor = fileURLToPath(new URL('../../src/bin/doctor.js', import.meta.url))
  const { stdout, status } = spawnSync(process.execPath, [doctor, '--json', '--gateway.prot', '1'], { encoding: 'utf8' })
  const report = JSON.parse(stdout) as { ok: boolean, findings: Array<{ name: string, text: string }> }
  assert.equal(status, 1)
  assert.equal(report.ok, false)
  assert.match(report.findings[0]?.text ?? '', /did you mean "--gateway\.port"/)
})

function makeDir (t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'chorus-doctor-'))
  t.after(() => { rmSync(dir, { recursive: true, force: true }) })
  return dir
}
