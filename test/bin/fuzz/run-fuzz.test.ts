import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, connect, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test, type TestContext } from 'node:test'
import { parseArguments } from '../../../src/bin/fuzz/arguments.js'
import { countConnections, readRss } from '../../../src/bin/fuzz/process-facts.js'
import type { FuzzResult } from '../../../src/bin/fuzz/result.js'
import { runFuzz } from '../../../src/bin/fuzz/run-fuzz.js'
import { UsageError } from '../../../src/bin/shared/usage-error.js'
import { exchange, formatExchange, pause, send } from '../../../tools/fuzz/exchange.js'

interface Ran { readonly code: number, readonly out: string, readonly error: string }

async function fuzz (args: readonly string[], signal = new AbortController().signal): Promise<Ran> {
  let [out, error] = ['', '']
  const environment = { out: { write: (text: string) => { out += text } }, error: { write: (text: string) => { error += text } }, signal }
  const code = await runFuzz(args, environment)
  return { code, out, error }
}

function temporary (t: TestContext): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'fuzz-test-'))
  t.after(() => { rmSync(folder, { recursive: true, force: true }) })
  return folder
}

test('without options twenty devices talk for a minute', () => {
  const { minutes, healthy, healthyMqtt, perSecond, serverSettings } = parseArguments([])
  assert.deepEqual([minutes, healthy + healthyMqtt, perSecond, serverSettings], [1, 20, 10, []])
  assert.deepEqual(parseArguments(['--minutes', '2', '--', '--gateway.transport', 'ws']).serverSettings, ['--gateway.transport', 'ws'])
})

for (const args of [['--minutes', 'x'], ['--minutes', ''], ['--seed', '1.5'], ['--rate', '-1'], ['--lanes', '0'], ['--last', '3'], ['--what'], ['--replay', '/nowhere/x.jsonl']]) {
  test(`${args.join(' ')} is a wrong call, and says why`, async () => {
    const { code, error } = await fuzz(args)
    assert.equal(code, 2)
    assert.ok(error.includes('usage: npm run fuzz') && error.includes(args[0]!), error)
  })
}

test('wrong calls are known before anything starts', () => { assert.throws(() => parseArguments(['--healthy', '1e99']), UsageError) })

test('help is help', async () => {
  const { code, out } = await fuzz(['--help'])
  assert.equal(code, 0)
  for (const option of ['--minutes', '--seed', '--rate', '--replay', '--last', '--json']) assert.ok(out.includes(option))
})

test('of a process the connections on its own ports are counted, and no others', { skip: process.platform !== 'linux' }, async t => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => { server.close() })
  const { port } = server.address() as AddressInfo
  const accepted = once(server, 'connection')
  const socket = connect(port, '127.0.0.1')
  t.after(() => { socket.destroy() })
  await accepted
  assert.equal(countConnections(process.pid, [port]), 1)
  assert.equal(countConnections(process.pid, [port + 1]), 0)
  assert.ok(readRss(process.pid)! > 2 ** 20)
  assert.equal(readRss(0), undefined)
})

test('inputs of a log are sent to a real server again, and it stands them', async t => {
  const folder = temporary(t)
  const file = path.join(folder, 'inputs.jsonl')
  const inputs = [
    exchange('http garbage, web', 'web', [send('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n'), pause(3000)]),
    exchange('http garbage, web', 'web', [send('rubbish\r\n\r\n'), pause(3000)]),
    exchange('mqtt bytes', 'mqtt', [send('rubbish'), pause(3000)]),
    exchange('udp datagrams', 'udp', [send('rubbish')])
  ]
  writeFileSync(file, inputs.map(input => `${formatExchange(input)}\n`).join(''))
  const { code, out, error } = await fuzz(['--replay', file, '--minutes', '0.05', '--json'])
  assert.equal(error, '')
  const { verdicts, sent, counters, passed } = JSON.parse(out) as FuzzResult
  assert.equal(passed, true, JSON.stringify(verdicts))
  assert.equal(code, 0)
  assert.deepEqual(sent['http garbage, web']?.statuses, { 200: 1, 400: 1 })
  assert.equal(sent['mqtt bytes']?.closed, 1)
  assert.equal(counters['mqtt.dropShort'], 1)
})
