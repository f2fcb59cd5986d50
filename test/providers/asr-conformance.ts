import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { setImmediate as loopTurn } from 'node:timers/promises'
import { ChorusError, type ErrorCode } from '../../src/core/errors.js'
import type { Asr } from '../../src/providers/types.js'
import type { RecordedRequest, WireFault } from '../support/fake-openai.js'

/** A recogniser and the fake of its vendor, whose default answer has words. */
export interface AsrRig {
  readonly asr: Asr
  /** What the vendor understands from now on. */
  answer (text: string): void
  fail (fault: WireFault): void
  nextRequest (): Promise<Pick<RecordedRequest, 'outcome' | 'clientPort'>>
  countRequests (): number
}

export interface AsrRigOptions { readonly timeoutMs?: number }

/** How this one differs from a service that answers each request by HTTP. */
export interface Traits {
  /** Over a WebSocket nothing is cut, and a fault may strike before it is open. Default `http`. */
  readonly wire?: 'http' | 'socket'
  /** Does a second request use the connection of the first? Default true. */
  readonly reuses?: boolean
  /** What is no answer of this service; default: what is none of OpenAI's. */
  readonly rubbish?: readonly Extract<WireFault, { kind: 'rubbish' }>[]
  /** Is a request that failed for a reason of the moment tried again? Default true. */
  readonly retries?: boolean
}

type MakeRig = (t: TestContext, options?: AsrRigOptions) => Promise<AsrRig>

const never = new AbortController().signal
const options = { timeout: 10_000 }

/** What every recogniser over a network must do. */
export async function asrConformance (t: TestContext, make: MakeRig, traits: Traits = {}): Promise<void> {
  const { wire = 'http', reuses = true, retries = true, rubbish = notOpenAi } = traits
  await t.test('words come without the space around them, however the network cuts them', options, async t => {
    const { asr, answer, fail } = await make(t)
    answer('  你好，😀 "quoted" \\ \n')
    for (const bytes of [1, 3, 7]) {
      if (wire === 'http') fail({ kind: 'cut', bytes })
      assert.equal(await recognise(asr), '你好，😀 "quoted" \\')
    }
  })
  await t.test('silence has no words', options, async t => {
    const { asr, answer } = await make(t)
    answer('')
    assert.equal(await recognise(asr), '')
  })
  await t.test('two utterances at once do not mix', options, async t => {
    const { asr, countRequests } = await make(t)
    const [one, two] = await Promise.all([recognise(asr), recognise(asr)])
    assert.equal(one, two)
    assert.equal(countRequests(), 2)
  })
  if (reuses) await t.test('a second utterance uses the connection of the first', options, async t => {
    const { asr, nextRequest } = await make(t)
    const first = nextRequest()
    await recognise(asr)
    await loopTurn() // undici frees a connection one turn of the loop after the answer
    const second = nextRequest()
    await recognise(asr)
    assert.equal((await first).clientPort, (await second).clientPort)
  })
  await t.test('warming never throws', options, async t => {
    const { asr } = await make(t)
    await asr.warm()
    assert.notEqual(await recognise(asr), '')
  })
  await testCancellation(t, make)
  await testFaults(t, make, rubbish)
  if (retries) await testRetries(t, make)
}

async function testCancellation (t: TestContext, make: MakeRig): Promise<void> {
  for (const fault of [{ kind: 'hang-before-headers' }, { kind: 'hang-mid-stream', after: 1 }] as const) {
    await t.test(`an abort rejects with its reason and closes the request (${JSON.stringify(fault)})`, options, async t => {
      const { asr, fail, nextRequest } = await make(t)
      fail(fault)
      const controller = new AbortController()
      const arrived = nextRequest()
      const reason = new Error('gone')
      const failed = assert.rejects(recognise(asr, controller.signal), error => error === reason)
      const request = await arrived
      controller.abort(reason)
      await failed
      assert.equal(await request.outcome, 'aborted')
    })
    await t.test(`a service that takes too long is a timeout, and its request is closed (${JSON.stringify(fault)})`, options, async t => {
      const { asr, fail, nextRequest } = await make(t, { timeoutMs: 100 })
      fail(fault)
      const arrived = nextRequest()
      await assert.rejects(recognise(asr), { code: 'CHORUS_PROVIDER_TIMEOUT', args: [asr.name, 100] })
      assert.equal(await (await arrived).outcome, 'aborted')
    })
  }
  await t.test('with an aborted signal nothing is sent', options, async t => {
    const { asr, countRequests } = await make(t)
    await assert.rejects(recognise(asr, AbortSignal.abort()))
    assert.equal(countRequests(), 0)
  })
  await t.test('closing ends what is running', options, async t => {
    const { asr, fail, nextRequest } = await make(t)
    fail({ kind: 'hang-before-headers' })
    const arrived = nextRequest()
    const failed = assert.rejects(recognise(asr), ChorusError)
    await arrived
    await asr.close()
    await asr.close()
    await failed
  })
}

async function testFaults (t: TestContext, make: MakeRig, rubbish: NonNullable<Traits['rubbish']>): Promise<void> {
  const faults: ReadonlyArray<readonly [WireFault, ErrorCode]> = [
    [{ kind: 'status', status: 400 }, 'CHORUS_PROVIDER_REFUSED'],
    [{ kind: 'status', status: 401 }, 'CHORUS_PROVIDER_REFUSED'],
    [{ kind: 'status', status: 413, body: '<html>too large</html>' }, 'CHORUS_PROVIDER_REFUSED'],
    [{ kind: 'status', status: 302, body: '' }, 'CHORUS_PROVIDER_REFUSED'],
    // The pause that it wants is longer than anybody waits for words.
    [{ kind: 'status', status: 429, headers: { 'retry-after': '3600' } }, 'CHORUS_PROVIDER_REFUSED'],
    [{ kind: 'status', status: 503, headers: { 'retry-after': 'Fri, 31 Dec 2100 23:59:59 GMT' } }, 'CHORUS_PROVIDER_REFUSED'],
    [{ kind: 'die-mid-stream', after: 0 }, 'CHORUS_PROVIDER_BROKEN'],
    [{ kind: 'die-mid-stream', after: 1 }, 'CHORUS_PROVIDER_BROKEN'],
    ...rubbish.map(fault => [fault, 'CHORUS_PROVIDER_RUBBISH'] as const)
  ]
  for (const [fault, code] of faults) {
    await t.test(`${JSON.stringify(fault).slice(0, 120)} is ${code}, is not tried again, and the next utterance is good`, options, async t => {
      const { asr, fail, countRequests } = await make(t)
      fail(fault)
      const error = await recognise(asr).then(() => undefined, (error: unknown) => error)
      assert.ok(error instanceof ChorusError, String(error))
      assert.equal(error.code, code)
      assert.ok(error.message.includes(asr.name), error.message)
      assert.ok(error.message.length < 300 && !error.message.includes('\n'))
      assert.doesNotMatch(error.message, /secr|aaaa/)
      if (fault.kind === 'status') assert.equal(error.args[1], fault.status)
      assert.equal(countRequests(), 1)
      assert.notEqual(await recognise(asr), '')
    })
  }
}

async function testRetries (t: TestContext, make: MakeRig): Promise<void> {
  const faults: ReadonlyArray<readonly [WireFault, ErrorCode]> = [
    [{ kind: 'die-before-headers' }, 'CHORUS_PROVIDER_BROKEN'],
    [{ kind: 'die-mid-upload' }, 'CHORUS_PROVIDER_BROKEN'],
    [{ kind: 'status', status: 429, headers: { 'retry-after': '0' } }, 'CHORUS_PROVIDER_REFUSED'],
    [{ kind: 'status', status: 500, headers: { 'retry-after': '0' }, body: '<html>oops</html>' }, 'CHORUS_PROVIDER_REFUSED'],
    [{ kind: 'status', status: 503, headers: { 'retry-after': 'Thu, 01 Jan 1970 00:00:00 GMT' }, body: '' }, 'CHORUS_PROVIDER_REFUSED'],
    [{ kind: 'status', status: 500 }, 'CHORUS_PROVIDER_REFUSED']
  ]
  for (const [fault, code] of faults) {
    await t.test(`${JSON.stringify(fault)} is tried again once, and twice is ${code}`, options, async t => {
      const { asr, fail, countRequests } = await make(t)
      fail(fault)
      assert.notEqual(await recognise(asr), '')
      assert.equal(countRequests(), 2)
      fail(fault)
      fail(fault)
      await assert.rejects(recognise(asr), { code })
      assert.equal(countRequests(), 4)
    })
  }
  await t.test('the time for an utterance includes the second try', options, async t => {
    const { asr, fail, countRequests } = await make(t, { timeoutMs: 100 })
    fail({ kind: 'status', status: 500, headers: { 'retry-after': '0' } })
    fail({ kind: 'hang-before-headers' })
    await assert.rejects(recognise(asr), { code: 'CHORUS_PROVIDER_TIMEOUT', args: [asr.name, 100] })
    assert.equal(countRequests(), 2)
  })
  await t.test('an abort ends the pause before the second try', options, async t => {
    const { asr, fail, nextRequest, countRequests } = await make(t)
    fail({ kind: 'status', status: 503, headers: { 'retry-after': '3' } })
    const controller = new AbortController()
    const arrived = nextRequest()
    const failed = assert.rejects(recognise(asr, controller.signal), error => error === controller.signal.reason)
    assert.equal(await (await arrived).outcome, 'complete')
    controller.abort()
    await failed
    assert.equal(countRequests(), 1)
  })
}

const notOpenAi: NonNullable<Traits['rubbish']> = [
  { kind: 'rubbish', contentType: 'text/html', body: '<html>Sign in</html>' },
  { kind: 'rubbish', contentType: 'application/json', body: '{"text":"secr' },
  { kind: 'rubbish', contentType: 'application/json', body: '{"ok":true}' },
  { kind: 'rubbish', contentType: 'application/json', body: '{"text":7}' },
  { kind: 'rubbish', contentType: 'application/json', body: 'null' },
  { kind: 'rubbish', contentType: 'application/json', body: '' },
  { kind: 'rubbish', contentType: 'audio/mpeg', body: 'ID3\u0000\u0001' },
  { kind: 'rubbish', contentType: 'application/json', body: `{"text":"${'a'.repeat(5000)}"}` },
  { kind: 'rubbish', contentType: 'text/plain', body: 'a'.repeat(5000) }
]

// A file that strict servers take: its samples do not matter here.
async function recognise (asr: Asr, signal: AbortSignal = never): Promise<string> {
  const bytes = Buffer.alloc(200_000)
  bytes.write('RIFF', 0, 'latin1')
  return (await asr.recognise({ file: { format: 'wav', bytes }, language: '', signal })).text
}
