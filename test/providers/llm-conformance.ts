import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { setImmediate as loopTurn } from 'node:timers/promises'
import { ChorusError, type ErrorCode } from '../../src/core/errors.js'
import type { ChatMessage, Llm } from '../../src/providers/types.js'
import type { RecordedRequest, WireFault } from '../support/fake-openai.js'

/** A provider and the fake of its vendor. */
export interface LlmRig {
  readonly llm: Llm
  /** The deltas of the answers from now on. */
  answer (deltas: readonly string[]): void
  fail (fault: WireFault): void
  /** The next request that asks for an answer. */
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
  /** Other faults of this service, and what they are. */
  readonly faults?: ReadonlyArray<readonly [WireFault, ErrorCode]>
  /** Does it send its answer in pieces? Default true. */
  readonly streams?: boolean
}

const messages: readonly ChatMessage[] = [{ role: 'system', content: 'Be brief.' }, { role: 'user', content: 'Hello?' }]
const never = new AbortController().signal

// A wait that should not be long ends the test instead of hanging it.
const options = { timeout: 10_000 }

/** What every language model over a network must do. */
export async function llmConformance (t: TestContext, make: (t: TestContext) => Promise<LlmRig>, traits: Traits = {}): Promise<void> {
  const { wire = 'http', reuses = true, streams = true } = traits
  await t.test('deltas come in order and complete', options, async t => {
    const { llm, answer } = await make(t)
    const deltas = Array.from({ length: 200 }, (_, index) => `${index} 好😀 `)
    answer(deltas)
    assert.equal((await collect(llm)).join(''), deltas.join(''))
  })
  if (wire === 'http') await t.test('the text is the same when the network cuts it anywhere', options, async t => {
    const { llm, answer, fail } = await make(t)
    answer(['你好，', '😀', ' <b', 'old> "quoted" \\n'])
    for (const bytes of [1, 3, 7]) {
      fail({ kind: 'cut', bytes })
      assert.equal((await collect(llm)).join(''), '你好，😀 <bold> "quoted" \\n')
    }
  })
  if (streams) await t.test('deltas come before the answer is complete', options, async t => {
    const { llm, fail } = await make(t)
    fail({ kind: 'hang-mid-stream', after: 1 })
    const stream = llm.stream({ messages, signal: never })[Symbol.asyncIterator]()
    assert.equal((await stream.next()).done, false)
  })
  await t.test('two answers at once do not mix', options, async t => {
    const { llm } = await make(t)
    const [one, two] = await Promise.all([collect(llm), collect(llm)])
    assert.deepEqual(one, two)
  })
  if (reuses) await t.test('a second answer uses the connection of the first', options, async t => {
    const { llm, nextRequest } = await make(t)
    const first = nextRequest()
    await collect(llm)
    await loopTurn() // undici frees a connection one turn of the loop after the answer
    const second = nextRequest()
    await collect(llm)
    assert.equal((await first).clientPort, (await second).clientPort)
  })
  await testCancellation(t, make, streams)
  await testFaults(t, make, traits)
}

async function testCancellation (t: TestContext, make: (t: TestContext) => Promise<LlmRig>, streams: boolean): Promise<void> {
  for (const fault of [{ kind: 'hang-before-headers' }, { kind: 'hang-mid-stream', after: 0 }, { kind: 'hang-mid-stream', after: 2 }] as const) {
    await t.test(`an abort ends the stream without an error and closes the request (${JSON.stringify(fault)})`, options, async t => {
      const { llm, fail, nextRequest } = await make(t)
      fail(fault)
      const controller = new AbortController()
      const arrived = nextRequest()
      const collected = collect(llm, controller.signal)
      const request = await arrived
      controller.abort()
      await collected
      assert.equal(await request.outcome, 'aborted')
    })
  }
  if (streams) await t.test('nothing comes after an abort, though it has arrived', options, async t => {
    const { llm } = await make(t)
    const controller = new AbortController()
    const stream = llm.stream({ messages, signal: controller.signal })[Symbol.asyncIterator]()
    assert.equal((await stream.next()).done, false)
    controller.abort()
    assert.equal((await stream.next()).done, true)
  })
  if (streams) await t.test('a consumer that leaves closes the request', options, async t => {
    const { llm, fail, nextRequest } = await make(t)
    fail({ kind: 'hang-mid-stream', after: 2 })
    const arrived = nextRequest()
    for await (const delta of llm.stream({ messages, signal: never })) if (delta !== '') break
    assert.equal(await (await arrived).outcome, 'aborted')
  })
  await t.test('with an aborted signal nothing is sent', options, async t => {
    const { llm, countRequests } = await make(t)
    assert.deepEqual(await collect(llm, AbortSignal.abort()), [])
    assert.equal(countRequests(), 0)
  })
  await t.test('closing ends what is running', options, async t => {
    const { llm, fail, nextRequest } = await make(t)
    fail({ kind: 'hang-mid-stream', after: 1 })
    const arrived = nextRequest()
    const failed = assert.rejects(collect(llm), ChorusError)
    await arrived
    await llm.close()
    await llm.close()
    await failed
  })
}

async function testFaults (t: TestContext, make: (t: TestContext) => Promise<LlmRig>, traits: Traits): Promise<void> {
  const { rubbish = notOpenAi, faults: more = [[{ kind: 'broken-json', after: 1 }, 'CHORUS_PROVIDER_RUBBISH']] } = traits
  const faults: ReadonlyArray<readonly [WireFault, ErrorCode]> = [
    [{ kind: 'status', status: 401 }, 'CHORUS_PROVIDER_REFUSED'],
    [{ kind: 'status', status: 429 }, 'CHORUS_PROVIDER_REFUSED'],
    [{ kind: 'status', status: 500, body: '<html>oops</html>' }, 'CHORUS_PROVIDER_REFUSED'],
    [{ kind: 'status', status: 503, body: '' }, 'CHORUS_PROVIDER_REFUSED'],
    [{ kind: 'die-before-headers' }, 'CHORUS_PROVIDER_BROKEN'],
    [{ kind: 'die-mid-stream', after: 0 }, 'CHORUS_PROVIDER_BROKEN'],
    [{ kind: 'die-mid-stream', after: 2 }, 'CHORUS_PROVIDER_BROKEN'],
    ...rubbish.map(fault => [fault, 'CHORUS_PROVIDER_RUBBISH'] as const),
    ...more
  ]
  for (const [fault, code] of faults) {
    await t.test(`${JSON.stringify(fault)} is ${code}, is not tried again, and the next answer is good`, options, async t => {
      const { llm, fail, countRequests } = await make(t)
      fail(fault)
      const error = await collect(llm).then(() => undefined, (error: unknown) => error)
      assert.ok(error instanceof ChorusError, String(error))
      assert.equal(error.code, code)
      assert.ok(error.message.startsWith(`${llm.name} `) || error.message.includes(` ${llm.name} `), error.message)
      assert.ok(error.message.length < 300 && !error.message.includes('\n'))
      if (fault.kind === 'status') assert.equal(error.args[1], fault.status)
      assert.equal(countRequests(), 1)
      assert.ok((await collect(llm)).length > 0)
    })
  }
  await t.test('warming never throws, and an answer follows over the warm connection', options, async t => {
    const { llm } = await make(t)
    await llm.warm()
    assert.ok((await collect(llm)).length > 0)
  })
}

const notOpenAi: readonly Extract<WireFault, { kind: 'rubbish' }>[] = [
  { kind: 'rubbish', contentType: 'text/html', body: '<html>Sign in</html>' },
  { kind: 'rubbish', contentType: 'application/json', body: '{"ok":true}' },
  { kind: 'rubbish', contentType: 'text/event-stream', body: '' },
  { kind: 'rubbish', contentType: 'text/event-stream', body: 'data: null\n\ndata: [DONE]\n\n' },
  { kind: 'rubbish', contentType: 'text/event-stream', body: '\u0000\u0001\ndata\n:::\n\n' }
]

async function collect (llm: Llm, signal: AbortSignal = never): Promise<string[]> {
  const deltas: string[] = []
  for await (const delta of llm.stream({ messages, signal })) deltas.push(typeof delta === 'string' ? delta : `${delta.name}(${delta.arguments})`)
  return deltas
}
