import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { setImmediate as loopTurn } from 'node:timers/promises'
import { ChorusError, type ErrorCode } from '../../src/core/errors.js'
import type { PcmChunk, Tts } from '../../src/providers/types.js'
import type { RecordedRequest, WireFault } from '../support/fake-openai.js'

/** A provider and the fake of its vendor, whose default answer has sound. */
export interface TtsRig {
  readonly tts: Tts
  /** What the vendor sends for a sentence: the 16-bit samples 0, 1, 2, … at `sampleRateHz`. */
  readonly sampleRateHz: number
  answer (samples: number): void
  fail (fault: WireFault): void
  nextRequest (): Promise<Pick<RecordedRequest, 'outcome' | 'clientPort'>>
  countRequests (): number
}

/** How this one differs from a service that answers each request by HTTP. */
export interface Traits {
  /** Over a WebSocket nothing is cut, and a fault may strike before it is open. Default `http`. */
  readonly wire?: 'http' | 'socket'
  /** Does a second request use the connection of the first? Default true. */
  readonly reuses?: boolean
  /** What is no answer of this service; default: what is none of OpenAI's. */
  readonly rubbish?: readonly Extract<WireFault, { kind: 'rubbish' }>[]
  /** A codec lies between: only how long the sound is can be compared. */
  readonly isLossy?: boolean
}

const never = new AbortController().signal
const options = { timeout: 10_000 }

/** What every voice over a network must do. */
export async function ttsConformance (t: TestContext, make: (t: TestContext) => Promise<TtsRig>, traits: Traits = {}): Promise<void> {
  const { wire = 'http', reuses = true, isLossy = false } = traits
  await t.test('samples come in order and complete', options, async t => {
    const { tts, answer, sampleRateHz } = await make(t)
    answer(30_000)
    const chunks = await collect(tts)
    if (isLossy) assertLength(chunks, 30_000)
    else assertRamp(chunks, 30_000)
    for (const chunk of chunks) assert.equal(chunk.sampleRateHz, sampleRateHz)
  })
  if (wire === 'http') await t.test('samples are the same when the network cuts them in two', options, async t => {
    const { tts, answer, fail } = await make(t)
    for (const bytes of [1, 3, 479]) {
      answer(500)
      fail({ kind: 'cut', bytes })
      if (isLossy) assertLength(await collect(tts), 500)
      else assertRamp(await collect(tts), 500)
    }
  })
  await t.test('sound comes before the answer is complete', options, async t => {
    const { tts, fail } = await make(t)
    fail({ kind: 'hang-mid-stream', after: 1 })
    const stream = tts.synthesise(speechRequest(never))[Symbol.asyncIterator]()
    assert.equal((await stream.next()).done, false)
  })
  if (reuses) await t.test('a second sentence uses the connection of the first', options, async t => {
    const { tts, nextRequest } = await make(t)
    const first = nextRequest()
    await collect(tts)
    await loopTurn() // undici frees a connection one turn of the loop after the answer
    const second = nextRequest()
    await collect(tts)
    assert.equal((await first).clientPort, (await second).clientPort)
  })
  await t.test('warming never throws', options, async t => {
    const { tts } = await make(t)
    await tts.warm()
    assert.ok((await collect(tts)).length > 0)
  })
  await testCancellation(t, make)
  await testFaults(t, make, traits)
}

async function testCancellation (t: TestContext, make: (t: TestContext) => Promise<TtsRig>): Promise<void> {
  for (const fault of [{ kind: 'hang-before-headers' }, { kind: 'hang-mid-stream', after: 0 }, { kind: 'hang-mid-stream', after: 2 }] as const) {
    await t.test(`an abort ends the sound without an error and closes the request (${JSON.stringify(fault)})`, options, async t => {
      const { tts, fail, nextRequest } = await make(t)
      fail(fault)
      const controller = new AbortController()
      const arrived = nextRequest()
      const collected = collect(tts, controller.signal)
      const request = await arrived
      controller.abort()
      await collected
      assert.equal(await request.outcome, 'aborted')
    })
  }
  await t.test('nothing comes after an abort, though it has arrived', options, async t => {
    const { tts } = await make(t)
    const controller = new AbortController()
    const stream = tts.synthesise(speechRequest(controller.signal))[Symbol.asyncIterator]()
    assert.equal((await stream.next()).done, false)
    controller.abort()
    assert.equal((await stream.next()).done, true)
  })
  await t.test('a consumer that leaves closes the request', options, async t => {
    const { tts, fail, nextRequest } = await make(t)
    fail({ kind: 'hang-mid-stream', after: 2 })
    const arrived = nextRequest()
    for await (const chunk of tts.synthesise(speechRequest(never))) if (chunk.samples.length > 0) break
    assert.equal(await (await arrived).outcome, 'aborted')
  })
  await t.test('with an aborted signal nothing is sent', options, async t => {
    const { tts, countRequests } = await make(t)
    assert.deepEqual(await collect(tts, AbortSignal.abort()), [])
    assert.equal(countRequests(), 0)
  })
  await t.test('closing ends what is running', options, async t => {
    const { tts, fail, nextRequest } = await make(t)
    fail({ kind: 'hang-mid-stream', after: 1 })
    const arrived = nextRequest()
    const failed = assert.rejects(collect(tts), ChorusError)
    await arrived
    await tts.close()
    await tts.close()
    await failed
  })
}

async function testFaults (t: TestContext, make: (t: TestContext) => Promise<TtsRig>, { rubbish = notOpenAi }: Traits): Promise<void> {
  const faults: ReadonlyArray<readonly [WireFault, ErrorCode]> = [
    [{ kind: 'status', status: 401 }, 'CHORUS_PROVIDER_REFUSED'],
    [{ kind: 'status', status: 429 }, 'CHORUS_PROVIDER_REFUSED'],
    [{ kind: 'status', status: 500, body: '<html>oops</html>' }, 'CHORUS_PROVIDER_REFUSED'],
    [{ kind: 'die-before-headers' }, 'CHORUS_PROVIDER_BROKEN'],
    [{ kind: 'die-mid-stream', after: 0 }, 'CHORUS_PROVIDER_BROKEN'],
    [{ kind: 'die-mid-stream', after: 2 }, 'CHORUS_PROVIDER_BROKEN'],
    ...rubbish.map(fault => [fault, 'CHORUS_PROVIDER_RUBBISH'] as const)
  ]
  for (const [fault, code] of faults) {
    await t.test(`${JSON.stringify(fault)} is ${code}, is not tried again, and the next sentence is good`, options, async t => {
      const { tts, fail, countRequests } = await make(t)
      fail(fault)
      const error = await collect(tts).then(() => undefined, (error: unknown) => error)
      assert.ok(error instanceof ChorusError, String(error))
      assert.equal(error.code, code)
      if (fault.kind === 'status') assert.equal(error.args[1], fault.status)
      assert.equal(countRequests(), 1)
      assert.ok((await collect(tts)).length > 0)
    })
  }
}

const notOpenAi: readonly Extract<WireFault, { kind: 'rubbish' }>[] = [
  { kind: 'rubbish', contentType: 'text/html', body: '<html>Sign in</html>' },
  { kind: 'rubbish', contentType: 'application/json', body: '{"code":1,"message":"no such voice"}' },
  { kind: 'rubbish', contentType: 'audio/mpeg', body: 'ID3' },
  { kind: 'rubbish', contentType: 'audio/pcm', body: '' }
]

function speechRequest (signal: AbortSignal): Parameters<Tts['synthesise']>[0] {
  return { text: 'Hello world.', language: 'en', signal }
}

async function collect (tts: Tts, signal: AbortSignal = never): Promise<PcmChunk[]> {
  const chunks: PcmChunk[] = []
  for await (const chunk of tts.synthesise(speechRequest(signal))) chunks.push(chunk)
  return chunks
}

function assertRamp (chunks: readonly PcmChunk[], count: number): void {
  const samples = chunks.flatMap(chunk => [...chunk.samples])
  assert.equal(samples.length, count)
  assert.ok(samples.every((sample, index) => sample === index))
}

function assertLength (chunks: readonly PcmChunk[], count: number): void {
  const samples = chunks.reduce((sum, chunk) => sum + chunk.samples.length, 0)
  assert.ok(Math.abs(samples - count) < Math.max(count / 10, 3000), `${samples} samples in place of ${count}`)
}
