import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WebSocket } from 'ws'
import { ChorusServer } from '../support/chorus-server.js'
import { makeRandom } from '../support/noise.js'

const DEVICES = 20
const TRIES_EACH = 5
/** Longer than the longest way that a message or a frame can still be under way. */
const QUIET_MS = 400

interface Seen { readonly kind: string, readonly atMs: number }

test('after an abort nothing of the old turn is sent, and tts stop comes exactly once', { timeout: 120_000 }, async t => {
  const server = await ChorusServer.start(t)
  const random = makeRandom(11)
  // From before the first audio (about 150 ms) to after the last (about 2,400 ms) and beyond.
  const moments = Array.from({ length: DEVICES * TRIES_EACH }, () => random() * 3000)
  moments[0] = 0
  moments[1] = 20
  const results = await Promise.all(Array.from({ length: DEVICES }, (_, index) =>
    runDevice(t, server.url, moments.slice(index * TRIES_EACH, (index + 1) * TRIES_EACH))))
  const tries = results.flat()
  assert.equal(tries.length, 100)
  for (const { abortAtMs, seen, momentMs } of tries) {
    const where = `aborted ${Math.round(momentMs)} ms after the question: ${seen.map(({ kind }) => kind).join(' ').replace(/(frame )+/g, 'frames ')}`
    assert.equal(seen.filter(({ kind }) => kind === 'tts stop').length, 1, where)
    const stop = seen.findIndex(({ kind }) => kind === 'tts stop')
    assert.deepEqual(seen.slice(stop + 1), [], where)
    // The device's `abort` travels for a moment: what was sent before it arrived still comes.
    const late = seen.slice(0, stop).filter(({ kind, atMs }) => kind === 'frame' && atMs > abortAtMs + 50)
    if (seen[stop]!.atMs > abortAtMs) assert.deepEqual(late, [], where)
  }
  const kinds = tries.map(({ seen, abortAtMs }) => {
    const frames = seen.filter(({ kind }) => kind === 'frame')
    const stopAt = seen.find(({ kind }) => kind === 'tts stop')!.atMs
    return frames.length === 0 ? 'before the first audio' : stopAt < abortAtMs ? 'after the stop' : 'in the reply'
  })
  for (const kind of ['before the first audio', 'after the stop', 'in the reply'] as const) assert.ok(kinds.includes(kind), `no try was ${kind}`)
  t.diagnostic(['before the first audio', 'in the reply', 'after the stop'].map(kind => `${kinds.filter(k => k === kind).length} ${kind}`).join(', '))
  const { slots } = await server.health()
  assert.ok(slots! <= DEVICES)
})

interface Try { readonly momentMs: number, readonly abortAtMs: number, readonly seen: readonly Seen[] }

// A bare socket and not the simulator: the test is about what is on the wire.
async function runDevice (t: { after (fn: () => void): void }, url: string, moments: readonly number[]): Promise<Try[]> {
  const socket = new WebSocket(url)
  t.after(() => { socket.terminate() })
  let seen: Seen[] = []
  let onMessage = (): void => {}
  socket.on('message', (data: Buffer, isBinary) => {
    const message = isBinary ? undefined : JSON.parse(data.toString()) as { type: string, state?: string }
    seen.push({ kind: message === undefined ? 'frame' : `${message.type}${message.state === undefined ? '' : ` ${message.state}`}`, atMs: performance.now() })
    onMessage()
  })
  await new Promise<void>((resolve, reject) => { socket.once('open', resolve).once('error', reject) })
  const next = (kind: string): Promise<void> => new Promise(resolve => {
    onMessage = () => { if (seen.some(entry => entry.kind === kind)) resolve() }
    onMessage()
  })
  socket.send(JSON.stringify({ type: 'hello', version: 1, transport: 'websocket' }))
  await next('hello')
  const tries: Try[] = []
  for (const momentMs of moments) {
    seen = []
    socket.send(JSON.stringify({ type: 'listen', state: 'detect', text: 'Repeat one two three four five six' }))
    await next('tts start')
    await pass(momentMs)
    const abortAtMs = performance.now()
    socket.send(JSON.stringify({ type: 'abort', reason: 'wake_word_detected' }))
    await next('tts stop')
    await pass(QUIET_MS)
    tries.push({ momentMs, abortAtMs, seen })
  }
  return tries
}

// The moments are the test's input, not a wait for something to happen.
function pass (ms: number): Promise<void> { return new Promise(resolve => setTimeout(resolve, ms)) }
