import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test, type TestContext } from 'node:test'

import type { SimulateResult } from '../../../src/bin/simulate/result.js'
import { runSimulate } from '../../../src/bin/simulate/run-simulate.js'
import { formatWav, parseWav } from '../../support/wav.js'
import { openVoiceServer } from '../demo/scripted-voice-server.js'

/** A second of a hum: what the scripted server takes for speech. */
const HUM = Int16Array.from({ length: 16_000 }, (_, at) => Math.round(8000 * Math.sin(at / 10) * Math.sin(at / 500)))

interface Ran { readonly code: number, readonly result: SimulateResult | undefined, readonly out: string, readonly error: string }

async function makeClip (t: TestContext, text?: string): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'simulate-test-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const file = path.join(folder, 'hum.wav')
  await writeFile(file, formatWav(HUM, 16_000))
  if (text !== undefined) await writeFile(path.join(folder, 'hum.txt'), `${text}\n`)
  return file
}

async function simulate (args: readonly string[], signal = new AbortController().signal): Promise<Ran> {
  let [out, error] = ['', '']
  const environment = { out: { write: (text: string) => { out += text } }, error: { write: (text: string) => { error += text } }, signal }
  const code = await runSimulate(args, environment)
  return { code, out, error, result: out.startsWith('{') ? JSON.parse(out) as SimulateResult : undefined }
}

async function startVoiceServer (t: TestContext, replyFrames: number): Promise<string> {
  const { server, port } = await openVoiceServer({ replyFrames })
  t.after(() => {
    for (const client of server.clients) client.terminate()
    server.close()
  })
  return `ws://127.0.0.1:${port}/`
}

const SHORT = ['--answer-s', '0.5', '--pause-s', '0.5', '--max-underruns', '1', '--json'] as const

test('every question of every device gets its answer, and one line of JSON tells it', async t => {
  const url = await startVoiceServer(t, 8)
  const clip = await makeClip(t, 'Something!')
  const { code, result, out, error } = await simulate(['--url', url, '--wav', clip, '--devices', '3', '--seconds', '4', ...SHORT])
  assert.equal(code, 0, error + out)
  assert.equal(out.trim().split('\n').length, 1)
  assert.ok(result !== undefined)
  const { turns, transcripts, frames, firstAudioMs } = result
  assert.ok(turns.total >= 3 && turns.answered === turns.total, JSON.stringify(turns))
  assert.equal(frames.received, 8 * turns.total)
  assert.equal(firstAudioMs.count, turns.total)
  assert.ok(firstAudioMs.p50! > 300, 'the server waits for five quiet frames')
  assert.deepEqual(transcripts, { compared: turns.total, wrong: 0, words: turns.total, wordErrors: 0, examples: [] })
  assert.deepEqual([result.passed, result.failures, result.server.health, result.mockAi], [true, [], null, null])
})

test('a wrong transcript is counted and quoted', async t => {
  const url = await startVoiceServer(t, 4)
  const clip = await makeClip(t, 'something else')
  const { code, result } = await simulate(['--url', url, '--wav', clip, '--devices', '1', '--seconds', '1.5', ...SHORT])
  assert.equal(code, 0)
  assert.equal(result!.transcripts.wrong, result!.turns.total)
  assert.deepEqual(result!.transcripts.examples[0], { device: 0, turn: 0, clip: 'hum.wav', said: 'something else', heard: 'something' })
})

test('a server that answers without sound fails the run', async t => {
  const url = await startVoiceServer(t, 0)
  const { code, result } = await simulate(['--url', url, '--wav', await makeClip(t), '--devices', '1', '--seconds', '1.5', ...SHORT])
  assert.equal(code, 1)
  assert.deepEqual(result!.failures, ['1 questions got no answer'])
})

test('a server that is not there fails the run, once for every try', async t => {
  const { server, port } = await openVoiceServer({ replyFrames: 0 })
  await new Promise(resolve => { server.close(resolve) })
  const { code, result } = await simulate(['--url', `ws://127.0.0.1:${port}/`, '--wav', await makeClip(t), '--devices', '2', '--seconds', '1.5', ...SHORT])
  assert.equal(code, 1)
  assert.deepEqual(result!.failures[0], 'no question was asked')
  const [[reason, count] = ['', 0]] = Object.entries(result!.connectionErrors.reasons)
  assert.match(reason, /ECONNREFUSED/)
  assert.equal(count, result!.connectionErrors.count)
  assert.ok(count >= 2)
})

test('in manual mode a button is held, and in any mode answers can be kept', async t => {
  const url = await startVoiceServer(t, 8)
  const clip = await makeClip(t)
  const kept = path.join(path.dirname(clip), 'kept')
  const { code, result } = await simulate([
    '--url', url, '--wav', clip, '--devices', '2', '--seconds', '1.5', '--mode', 'manual', '--decode', '1', '--out', kept, ...SHORT
  ])
  assert.equal(code, 0)
  const files = await readdir(kept)
  assert.deepEqual(result!.replies, { kept: files.length, silent: 0 })
  const { samples, sampleRate } = parseWav(await readFile(path.join(kept, files[0]!)))
  assert.equal(sampleRate, 24_000)
  assert.ok(samples.length >= 8 * 1440)
  assert.ok(files.every(file => file.startsWith('device-0-turn-')))
})

test('the figures of the server are those it grew by, and the most it had', async t => {
  const url = await startVoiceServer(t, 4)
  let looks = 0
  const health = createServer((_request, response) => {
    looks++
    const voice = { windows: looks, vadLatency: { count: looks, p50Ms: 1, p999Ms: 2, maxMs: 3, histogram: [[0.25, looks]] } }
    response.end(JSON.stringify({ status: 'ok', sessions: looks === 1 ? 5 : 1, lateFrames: 10 + looks, speculation: { wins: looks }, voice: [voice] }))
  })
  await new Promise<void>(resolve => { health.listen(0, '127.0.0.1', resolve) })
  t.after(() => { health.close() })
  const address = `http://127.0.0.1:${(health.address() as AddressInfo).port}/healthz`
  const { code, result } = await simulate(['--url', url, '--health', address, '--wav', await makeClip(t), '--devices', '1', '--seconds', '1.5', ...SHORT])
  assert.equal(code, 0)
  assert.deepEqual(result!.server.health, {
    deltas: { sessions: -4, lateFrames: looks - 1, 'speculation.wins': looks - 1, 'voice.0.windows': looks - 1, 'voice.0.vadLatency.count': looks - 1 },
    peaks: { sessions: 5, lateFrames: 10 + looks, 'speculation.wins': looks, 'voice.0.windows': looks, 'voice.0.vadLatency.count': looks },
    failedLooks: 0
  })
})

test('a run that is stopped tells what it measured, and fails', async t => {
  const url = await startVoiceServer(t, 4)
  const controller = new AbortController()
  const running = simulate(['--url', url, '--wav', await makeClip(t), '--devices', '2', '--seconds', '600', '--json'], controller.signal)
  setImmediate(() => { controller.abort() })
  const { code, result } = await running
  assert.equal(code, 1)
  assert.deepEqual(result!.failures, ['no question was asked', 'it was stopped before its time'])
})

test('without --json there is a table', async t => {
  const url = await startVoiceServer(t, 4)
  const { code, out } = await simulate(['--url', url, '--wav', await makeClip(t), '--devices', '1', '--seconds', '1.5', ...SHORT.slice(0, -1)])
  assert.equal(code, 0)
  for (const words of ['1 answered', 'first audio', 'underruns, by devices', 'passed']) assert.ok(out.includes(words), `"${words}" is missing in:\n${out}`)
})

test('help and a wrong call start nothing', async () => {
  const help = await simulate(['--help'])
  assert.deepEqual([help.code, help.out.startsWith('usage: npm run simulate')], [0, true])
  for (const [args, message] of [
    [['--wav', '/nowhere.wav'], /there is no file/],
    [['--devices', '900000'], /"ulimit -n 901024"/],
    [['--mode', 'x'], /--mode is auto/]
  ] as const) {
    const { code, error } = await simulate(args)
    assert.equal(code, 2)
    assert.match(error, message)
  }
})
