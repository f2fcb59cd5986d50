import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import { setImmediate as loopTurn } from 'node:timers/promises'
import { ChorusError } from '../../../src/core/errors.js'
import { AliyunToken, signedQuery, type AliyunTokenOptions } from '../../../src/providers/wire/aliyun-token.js'
import { Faults } from '../../../src/providers/wire/faults.js'
import { Complaint, FakeVendor, type VendorAnswer, type VendorRequest } from '../../support/fake-vendor.js'

const NOW = Date.UTC(2026, 10, 23, 12, 3, 4, 567)
const HOUR_MS = 3_600_000
const never = new AbortController().signal
const nonces = new Set<string>()

/** The string that is signed, put together from what arrived. */
function checkSignature ({ method, path, query }: VendorRequest): void {
  assert.deepEqual([method, path], ['GET', '/'])
  const encode = (text: string): string => encodeURIComponent(text).replace(/[!'()*]/g, letter => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`)
  const sorted = [...query].filter(([name]) => name !== 'Signature').sort(([one], [other]) => one < other ? -1 : 1)
  const signed = `GET&%2F&${encode(sorted.map(([name, value]) => `${encode(name)}=${encode(value)}`).join('&'))}`
  assert.equal(query.get('Signature'), createHmac('sha1', 'secret&').update(signed).digest('base64'))
  const { SignatureNonce: nonce, ...rest } = Object.fromEntries(sorted)
  assert.ok(nonce !== undefined && !nonces.has(nonce))
  nonces.add(nonce)
  assert.deepEqual(rest, {
    AccessKeyId: 'my id', Action: 'CreateToken', Format: 'JSON', RegionId: 'cn-shanghai', SignatureMethod: 'HMAC-SHA1', SignatureVersion: '1.0',
    Timestamp: '2026-11-23T12:03:04Z', Version: '2019-02-28'
  })
}

interface Rig {
  readonly token: AliyunToken
  readonly fake: FakeVendor
  readonly clock: { nowMs: number }
  readonly reply: (answer: string | Complaint) => void
}

async function start (t: TestContext, more: Partial<AliyunTokenOptions> = {}): Promise<Rig> {
  const clock = { nowMs: NOW }
  let reply: string | Complaint | undefined
  const fake: FakeVendor = await FakeVendor.start(t, {
    http: (request): VendorAnswer => {
      if (clock.nowMs === NOW) checkSignature(request)
      if (reply instanceof Complaint) throw reply
      const made = { Id: `made-${fake.requests.length}`, ExpireTime: (clock.nowMs + HOUR_MS) / 1000, UserId: '1' }
      return { contentType: 'application/json', parts: [reply ?? JSON.stringify({ NlsRequestId: 'n', RequestId: 'r', Token: made })] }
    }
  })
  const options = { token: '', accessKeyId: 'my id', accessKeySecret: 'secret', tokenUrl: `${fake.url}/`, tokenRefreshMs: HOUR_MS / 6, ...more }
  const token = new AliyunToken(new Faults('tts/aliyun', ['secret']), options, () => clock.nowMs)
  t.after(() => token.close())
  return { token, fake, clock, reply: answer => { reply = answer } }
}

test('the signature is the one of the documents\' example', () => {
  const query = signedQuery({
    AccessKeyId: 'my_access_key_id', Action: 'CreateToken', Format: 'JSON', RegionId: 'cn-shanghai', SignatureMethod: 'HMAC-SHA1',
    SignatureNonce: 'b924c8c3-6d03-4c5d-ad36-d984d3116788', SignatureVersion: '1.0', Timestamp: '2019-04-18T08:32:31Z', Version: '2019-02-28'
  }, 'my_access_key_secret')
  assert.equal(new URLSearchParams(query).get('Signature'), 'hHq4yNsPitlfDJ2L0nQPdugdEzM=')
})

test('one token is made for all who ask, and serves until it is about to end', async t => {
  const { token, fake, clock } = await start(t)
  assert.deepEqual(await Promise.all([token.get(never), token.get(never)]), ['made-1', 'made-1'])
  clock.nowMs += HOUR_MS * 5 / 6 - 1
  assert.equal(await token.get(never), 'made-1')
  assert.deepEqual([fake.requests.length, fake.complaints], [1, []])
})

test('a token that is about to end serves while the next is made', { timeout: 10_000 }, async t => {
  const { token, fake, clock } = await start(t)
  await token.get(never)
  clock.nowMs += HOUR_MS * 5 / 6 + 1
  const asked = fake.nextRequest()
  assert.equal(await token.get(never), 'made-1')
  await (await asked).outcome
  while (await token.get(never) === 'made-1') await loopTurn()
  assert.deepEqual([await token.get(never), fake.requests.length], ['made-2', 2])
})

test('a token that has ended is waited for', async t => {
  const { token, clock } = await start(t)
  await token.get(never)
  clock.nowMs += HOUR_MS
  assert.equal(await token.get(never), 'made-2')
})

test('a token that was set is used as it is', async t => {
  const { token, fake } = await start(t, { token: 'mine' })
  await token.warm()
  assert.deepEqual([await token.get(never), fake.requests.length], ['mine', 0])
})

test('who does not wait any more does not end it for the others', { timeout: 10_000 }, async t => {
  const { token, fake } = await start(t)
  const controller = new AbortController()
  const mine = token.get(controller.signal)
  const other = token.get(never)
  controller.abort()
  await assert.rejects(mine, error => error === controller.signal.reason)
  assert.deepEqual([await other, fake.requests.length], ['made-1', 1])
})

test('what refuses a token is told, without the secret, and asked again the next time', async t => {
  const { token, fake, reply } = await start(t)
  reply(new Complaint(400, '', '{"Code":"SignatureDoesNotMatch","Message":"wrong: secret"}'))
  await assert.rejects(token.get(never), error => error instanceof ChorusError && error.code === 'CHORUS_PROVIDER_REFUSED' && !error.message.includes('wrong: secret'))
  reply('{"ErrMsg":"user is not open"}')
  await assert.rejects(token.get(never), { args: ['tts/aliyun', 400, 'user is not open'] })
  reply('{}')
  await assert.rejects(token.get(never), { code: 'CHORUS_PROVIDER_RUBBISH' })
  assert.equal(fake.requests.length, 3)
})

test('a failure while a token still serves is told to nobody', { timeout: 10_000 }, async t => {
  const { token, fake, clock, reply } = await start(t)
  await token.get(never)
  reply(new Complaint(500, 'busy'))
  clock.nowMs += HOUR_MS - 1
  const asked = fake.nextRequest()
  assert.equal(await token.get(never), 'made-1')
  await (await asked).outcome
  assert.equal(await token.get(never), 'made-1')
})

test('closing ends what is waited for', { timeout: 10_000 }, async t => {
  const { token, fake } = await start(t)
  fake.fail({ kind: 'hang-before-headers' })
  const asked = fake.nextRequest()
  const waiting = assert.rejects(token.get(never), ChorusError)
  await asked
  await token.close()
  await waiting
})
