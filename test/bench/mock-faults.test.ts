import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseFaults, pickFault } from '../../bench/mock-ai/faults.js'
import { parseOptions } from '../../bench/mock-ai/options.js'
import { eventsIn, readAll, ServedMock } from './mock-service.js'

const everywhere = (fault: string): string[] => ['chat', 'speech', 'transcription'].flatMap(kind => [`--${kind}-faults`, `${fault}=1`])

function isJson (text: string): boolean {
  try { JSON.parse(text) } catch { return false }
  return true
}

test('429 comes with when to try again, and with the error of the vendor', async t => {
  const mock = await ServedMock.start(t, [...everywhere('429'), '--retry-after-s', '7'])
  for (const response of [await mock.chat(), await mock.speech(), await mock.transcription()]) {
    assert.deepEqual([response.status, response.headers.get('retry-after')], [429, '7'])
    const { error } = await response.json() as { error: Record<string, unknown> }
    assert.deepEqual([error['type'], error['code']], ['requests', 'rate_limit_exceeded'])
    assert.match(String(error['message']), /try again in 7s/)
  }
})

test('500 comes with the error of the vendor', async t => {
  const mock = await ServedMock.start(t, everywhere('500'))
  for (const response of [await mock.chat(), await mock.speech(), await mock.transcription()]) {
    assert.equal(response.status, 500)
    assert.equal((await response.json() as { error: { type: string } }).error.type, 'server_error')
  }
})

test('a request that hangs gets no answer for as long as its client waits', async t => {
  const mock = await ServedMock.start(t, ['--chat-faults', 'hang=1'])
  const waiting = new AbortController()
  let isSettled = false
  const answer = mock.chat({}, waiting.signal).finally(() => { isSettled = true })
  answer.catch(() => {})
  while ((await mock.stats()).hung === 0) await (await mock.speech()).arrayBuffer()
  assert.equal((await mock.speech()).status, 200)
  assert.equal(isSettled, false)
  assert.equal((await mock.stats()).underWay.now >= 1, true)
  waiting.abort()
  await assert.rejects(answer, { name: 'AbortError' })
})

test('half a stream of a chat ends with a connection that is reset', async t => {
  const whole = eventsIn((await readAll(await (await ServedMock.start(t)).chat())).bytes)
  const mock = await ServedMock.start(t, ['--chat-faults', 'half=1', '--token-ms', '20'])
  const { bytes, error } = await readAll(await mock.chat())
  assert.match(String((error as Error & { cause?: Error }).cause), /ECONNRESET|other side closed/)
  const contents = (events: readonly string[]): unknown[] => events.filter(event => event !== '[DONE]').map(event => {
    return (JSON.parse(event) as { choices: { delta: { content?: string } }[] }).choices[0]!.delta.content
  })
  const [got, all] = [contents(eventsIn(bytes)), contents(whole)]
  assert.ok(got.length > 0 && got.length < all.length - 1, `${got.length} of ${all.length}`)
  assert.deepEqual(got, all.slice(0, got.length))
  assert.equal((await mock.stats()).abandoned, 0)
})

test('half an answer is a reset for audio, for a transcript and for a chat in one piece, too', async t => {
  const mock = await ServedMock.start(t, [...everywhere('half'), '--speech-rate', '40', '--chunk-ms', '100'])
  const [whole] = await Promise.all([(await ServedMock.start(t)).speech().then(response => response.arrayBuffer())])
  const speech = await readAll(await mock.speech())
  assert.ok(speech.error !== undefined && speech.bytes.length > 0 && speech.bytes.length < whole.byteLength)
  assert.deepEqual(speech.bytes, Buffer.from(whole).subarray(0, speech.bytes.length))
  for (const ask of [() => mock.transcription(), () => mock.chat({ stream: false })]) {
    // The first half and the reset may arrive together.
    const error = await ask().then(async response => (await readAll(response)).error, (thrown: unknown) => thrown)
    assert.ok(error instanceof Error)
  }
})

test('garbage in a stream of a chat is one event that is no JSON; the stream goes on', async t => {
  const mock = await ServedMock.start(t, ['--chat-faults', 'garbage=1'])
  for (let round = 0; round < 5; round++) {
    const { bytes, error } = await readAll(await mock.chat())
    assert.equal(error, undefined)
    const events = eventsIn(bytes)
    assert.equal(events.filter(event => event !== '[DONE]' && !isJson(event)).length, 1)
    assert.equal(events.at(-1), '[DONE]')
  }
})

test('garbage instead of a JSON answer is JSON cut short, complete by its length', async t => {
  const mock = await ServedMock.start(t, [...everywhere('garbage'), '--transcript', 'Hear, hear.'])
  for (const response of [await mock.transcription(), await mock.transcription('verbose_json'), await mock.chat({ stream: false })]) {
    const { bytes, error } = await readAll(response)
    assert.deepEqual([response.status, response.headers.get('content-type'), error], [200, 'application/json', undefined])
    assert.ok(bytes.length > 0 && !isJson(bytes.toString()), bytes.toString())
  }
  const text = await mock.transcription('text')
  assert.deepEqual([text.status, text.headers.get('content-type')], [200, 'text/html; charset=utf-8'])
})

test('garbage instead of audio is JSON, or a file that ends too early', async t => {
  const mock = await ServedMock.start(t, ['--speech-faults', 'garbage=1'])
  const whole = Buffer.from(await (await (await ServedMock.start(t)).speech({ response_format: 'wav' })).arrayBuffer())
  const seen = new Set<string>()
  for (let round = 0; round < 12; round++) {
    const response = await mock.speech({ response_format: 'wav' })
    const type = response.headers.get('content-type')!
    const { bytes, error } = await readAll(response)
    assert.deepEqual([response.status, error], [200, undefined])
    seen.add(type)
    if (type === 'application/json') assert.ok(isJson(bytes.toString()))
    else {
      assert.ok(bytes.length % 2 === 1 && bytes.length < whole.length)
      assert.deepEqual(bytes, whole.subarray(0, bytes.length))
    }
  }
  assert.deepEqual([...seen].sort(), ['application/json', 'audio/wav'])
})

test('garbage in speech as events is one event that is no JSON', async t => {
  const mock = await ServedMock.start(t, ['--speech-faults', 'garbage=1'])
  const events = eventsIn((await readAll(await mock.speech({ stream_format: 'sse' }))).bytes)
  assert.equal(events.filter(event => !isJson(event)).length, 1)
})

test('a stall stops an answer in its middle, and then all of it has come', async t => {
  const stallMs = 250
  const args = [...everywhere('stall'), '--stall-ms', String(stallMs)]
  const [good, mock] = [await ServedMock.start(t, ['--seed', '3']), await ServedMock.start(t, args)]
  const longestGap = async (response: Response): Promise<[bytes: number, gapMs: number]> => {
    let [bytes, gapMs, beforeMs] = [0, 0, performance.now()]
    for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
      const nowMs = performance.now()
      if (bytes > 0) gapMs = Math.max(gapMs, nowMs - beforeMs)
      beforeMs = nowMs
      bytes += chunk.length
    }
    return [bytes, gapMs]
  }
  for (const ask of [(from: ServedMock) => from.chat(), (from: ServedMock) => from.speech(), (from: ServedMock) => from.transcription()]) {
    const [bytes, gapMs] = await longestGap(await ask(mock))
    assert.equal(bytes, (await longestGap(await ask(good)))[0])
    // What was read late does not count as a gap before it.
    assert.ok(gapMs >= stallMs - 100, `${gapMs} ms`)
  }
})

test('which requests meet a fault is the seed alone', async t => {
  const args = ['--chat-faults', '429=0.2,500=0.2,garbage=0.1', '--speech-faults', '500=0.5']
  const ask = async (seed: string, speeches: boolean): Promise<number[]> => {
    const mock = await ServedMock.start(t, [...args, '--seed', seed])
    const statuses: number[] = []
    for (let number = 0; number < 40; number++) {
      if (speeches) await (await mock.speech()).arrayBuffer()
      const response = await mock.chat()
      await response.arrayBuffer()
      statuses.push(response.status)
    }
    const { faults } = await mock.stats()
    assert.deepEqual([faults.chat[429], faults.chat[500]], [429, 500].map(status => statuses.filter(one => one === status).length))
    assert.equal(faults.speech[500] > 0, speeches)
    return statuses
  }
  const first = await ask('9', false)
  assert.deepEqual(await ask('9', true), first)
  assert.notDeepEqual(await ask('10', false), first)
})

test('of many requests the shares are met', () => {
  const shares = parseFaults('chat-faults', '429=0.01,500=0.02,hang=0.03,half=0.04,garbage=0.05,stall=0.06')
  const counts = new Map<string, number>()
  for (let at = 0; at < 10_000; at++) {
    const fault = pickFault(shares, at / 10_000) ?? 'none'
    counts.set(fault, (counts.get(fault) ?? 0) + 1)
  }
  // A border may lie a rounding error beside a number.
  const expected = { 429: 100, 500: 200, hang: 300, half: 400, garbage: 500, stall: 600, none: 7900 }
  for (const [fault, count] of Object.entries(expected)) assert.ok(Math.abs(counts.get(fault)! - count) <= 1, `${fault}: ${counts.get(fault)}`)
})

test('faults that are none are refused in words', () => {
  const calls: readonly (readonly [string, RegExp])[] = [
    ['oops=0.1', /--chat-faults is a list as in 429=0\.01,hang=0\.005 of 429, 500, hang, half, garbage, stall, not "oops=0\.1"/],
    ['429', /is a list as in/],
    ['hang=-1', /is a list as in/],
    ['constructor=1', /is a list as in/],
    ['429=0.6,500=0.6', /--chat-faults adds up to 1\.2, more than all requests/]
  ]
  for (const [value, message] of calls) assert.throws(() => parseOptions(['--chat-faults', value]), { name: 'OptionError', message })
  assert.equal(parseOptions(['--chat-faults', '429=0.5, 500=0.5'])!.faults.chat[500], 0.5)
})
