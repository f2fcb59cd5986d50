import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { ChorusError, type ErrorCode } from '../../src/core/errors.js'
import type { Vision } from '../../src/providers/types.js'
import type { RecordedRequest, WireFault } from '../support/fake-openai.js'

/** A model that sees, and the fake of its vendor. */
export interface VisionRig {
  readonly vision: Vision
  /** What the vendor sees from now on. */
  answer (text: string): void
  fail (fault: WireFault): void
  nextRequest (): Promise<Pick<RecordedRequest, 'outcome'>>
  countRequests (): number
}

type MakeRig = (t: TestContext) => Promise<VisionRig>

const options = { timeout: 10_000 }
const never = new AbortController().signal
export const jpeg = Buffer.from('ffd8ffe000104a464946', 'hex')

const faults: ReadonlyArray<readonly [WireFault, ErrorCode]> = [
  [{ kind: 'status', status: 400 }, 'CHORUS_PROVIDER_REFUSED'],
  [{ kind: 'status', status: 401 }, 'CHORUS_PROVIDER_REFUSED'],
  [{ kind: 'status', status: 429, headers: { 'retry-after': '0' } }, 'CHORUS_PROVIDER_REFUSED'],
  [{ kind: 'status', status: 503, body: '<html>oops</html>' }, 'CHORUS_PROVIDER_REFUSED'],
  [{ kind: 'die-before-headers' }, 'CHORUS_PROVIDER_BROKEN'],
  [{ kind: 'die-mid-stream', after: 1 }, 'CHORUS_PROVIDER_BROKEN'],
  [{ kind: 'rubbish', contentType: 'text/html', body: '<html>Sign in</html>' }, 'CHORUS_PROVIDER_RUBBISH'],
  [{ kind: 'rubbish', contentType: 'application/json', body: '{"choices":[{"message":{"content":"secr' }, 'CHORUS_PROVIDER_RUBBISH'],
  [{ kind: 'rubbish', contentType: 'application/json', body: '{"choices":[]}' }, 'CHORUS_PROVIDER_RUBBISH'],
  [{ kind: 'rubbish', contentType: 'application/json', body: '{"choices":[{"message":{"content":7}}]}' }, 'CHORUS_PROVIDER_RUBBISH'],
  [{ kind: 'rubbish', contentType: 'application/json', body: 'null' }, 'CHORUS_PROVIDER_RUBBISH']
]

/** What every model that sees must do. */
export async function visionConformance (t: TestContext, make: MakeRig): Promise<void> {
  await t.test('the answer comes without the space around it, however the network cuts it', options, async t => {
    const { vision, answer, fail } = await make(t)
    answer('  一只猫，😀 "quoted" \\ \n')
    for (const bytes of [1, 7]) {
      fail({ kind: 'cut', bytes })
      assert.equal(await explain(vision), '一只猫，😀 "quoted" \\')
    }
  })
  for (const fault of [{ kind: 'hang-before-headers' }, { kind: 'hang-mid-stream', after: 1 }] as const) {
    await t.test(`an abort rejects with its reason and closes the request (${fault.kind})`, options, async t => {
      const { vision, fail, nextRequest } = await make(t)
      fail(fault)
      const controller = new AbortController()
      const arrived = nextRequest()
      const failed = assert.rejects(explain(vision, controller.signal), error => error === controller.signal.reason)
      const request = await arrived
      controller.abort(new Error('gone'))
      await failed
      assert.equal(await request.outcome, 'aborted')
    })
  }
  await t.test('with an aborted signal nothing is sent', options, async t => {
    const { vision, countRequests } = await make(t)
    await assert.rejects(explain(vision, AbortSignal.abort()))
    assert.equal(countRequests(), 0)
  })
  for (const [fault, code] of faults) {
    await t.test(`${JSON.stringify(fault)} is ${code}, once, and the next picture is good`, options, async t => {
      const { vision, fail, countRequests } = await make(t)
      fail(fault)
      const error = await explain(vision).then(() => undefined, (error: unknown) => error)
      assert.ok(error instanceof ChorusError, String(error))
      assert.equal(error.code, code)
      assert.ok(error.message.includes(vision.name) && error.message.length < 300 && !error.message.includes('\n'))
      assert.doesNotMatch(error.message, /secr|4AAQSkZJRg/)
      assert.equal(countRequests(), 1)
      assert.notEqual(await explain(vision), '')
    })
  }
  await t.test('closing ends what is running', options, async t => {
    const { vision, fail, nextRequest } = await make(t)
    fail({ kind: 'hang-before-headers' })
    const arrived = nextRequest()
    const failed = assert.rejects(explain(vision), ChorusError)
    await arrived
    await vision.close()
    await vision.close()
    await failed
  })
}

function explain (vision: Vision, signal: AbortSignal = never): Promise<string> {
  return vision.explain({ question: 'What is this?', image: { type: 'image/jpeg', bytes: jpeg }, signal })
}
