import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BackOff } from '../../src/gateway/back-off.js'
import { TokenBuckets } from '../../src/gateway/token-buckets.js'
import { ID, makeAdmission, makeDevice, makeToken, OWN_KEY, PRIVATE, PUBLIC } from './admission-rig.js'

const bound = makeDevice({ state: 'bound' })
const own = makeToken(OWN_KEY)

test('a bucket is emptied at once and fills by the minute, up to its brim', () => {
  let now = 0
  const buckets = new TokenBuckets({ perMinute: 60, burst: 3, maxTracked: 10, now: () => now })
  const takes = (count: number): number => Array.from({ length: count }, () => buckets.take('a')).filter(Boolean).length
  assert.equal(takes(5), 3)
  now += 2000
  assert.equal(takes(5), 2)
  now += 3_600_000
  assert.equal(takes(5), 3)
  assert.ok(buckets.take('b'))
})

test('waits double up to their limit, and are forgotten', () => {
  let now = 0
  const backOff = new BackOff({ failures: 3, firstMs: 1000, maxMs: 10_000, maxTracked: 10, now: () => now })
  const waits: number[] = []
  for (let failure = 0; failure < 8; failure++) {
    backOff.fail('a')
    const from = now
    while (backOff.mustWait('a')) now += 500
    waits.push(now - from)
  }
  assert.deepEqual(waits, [0, 0, 1000, 2000, 4000, 8000, 10_000, 10_000])
  now += 10_000
  backOff.fail('a')
  assert.equal(backOff.mustWait('a'), false)
  assert.equal(backOff.mustWait('b'), false)
})

test('a flood of names makes nothing grow', () => {
  const now = (): number => 0
  const buckets = new TokenBuckets({ perMinute: 1, burst: 1, maxTracked: 100, now })
  const backOff = new BackOff({ failures: 1, firstMs: 1000, maxMs: 10_000, maxTracked: 100, now })
  for (let name = 0; name < 10_000; name++) {
    buckets.take(String(name))
    backOff.fail(String(name))
  }
  assert.deepEqual([buckets.tracked, backOff.tracked], [100, 100])
  assert.equal(backOff.mustWait('9999'), true)
})

test('an address that comes too often is refused before the store is asked', async t => {
  const rig = makeAdmission(t, { 'auth.addressBurst': 3, 'auth.addressPerMinute': 60 })
  let asked = 0
  const { find } = rig.directory
  rig.directory.find = id => { asked++; return find(id) }
  const statuses: number[] = []
  for (let index = 0; index < 5; index++) statuses.push(await rig.knock({ deviceId: `device-${index}` }))
  assert.deepEqual([statuses, asked], [[101, 101, 101, 429, 429], 3])
  assert.deepEqual(rig.refused(), { addressRate: 2 })
  assert.equal(await rig.knock({ address: '192.168.1.21' }), 101)
  rig.later(1000)
  assert.equal(await rig.knock(), 101)
})

test('all of an IPv6 network is one address', async t => {
  const rig = makeAdmission(t, { 'auth.addressBurst': 2 })
  const statuses: number[] = []
  for (let index = 1; index < 5; index++) statuses.push(await rig.knock({ address: `fd00:1:2:3::${index}`, deviceId: `device-${index}` }))
  assert.deepEqual(statuses, [101, 101, 429, 429])
})

test('a device that connects again and again is slowed down, and strangers cannot do that to it', async t => {
  const rig = makeAdmission(t, { 'auth.deviceBurst': 2, 'auth.devicePerMinute': 60 }, [bound])
  for (let index = 0; index < 4; index++) assert.equal(await rig.knock({ address: PUBLIC, token: makeToken('guess') }), 401)
  const statuses: number[] = []
  for (let index = 0; index < 3; index++) statuses.push(await rig.knock({ token: own }))
  assert.deepEqual(statuses, [101, 101, 429])
  rig.later(1000)
  assert.equal(await rig.knock({ token: own }), 101)
})

test('who guesses tokens must wait longer and longer, and the device itself comes in meanwhile', async t => {
  const rig = makeAdmission(t, { 'auth.deviceFailures': 3 }, [bound])
  const guess = { address: PUBLIC, token: makeToken('guess') }
  for (let index = 0; index < 3; index++) assert.equal(await rig.knock(guess), 401)
  assert.equal(await rig.knock(guess), 429)
  assert.equal(await rig.knock({ address: PRIVATE, token: own }), 101)
  rig.later(1000)
  assert.equal(await rig.knock(guess), 401)
  rig.later(1000)
  assert.equal(await rig.knock(guess), 429)
  rig.later(1000)
  assert.equal(await rig.knock(guess), 401)
  assert.deepEqual(rig.refused(), { tokenForged: 5, backOff: 2 })
})

test('an address that tries many names must wait with all of them', async t => {
  const rig = makeAdmission(t, { 'auth.addressFailures': 4 })
  for (let index = 0; index < 4; index++) assert.equal(await rig.knock({ address: PUBLIC, deviceId: `device-${index}` }), 403)
  assert.equal(await rig.knock({ address: PUBLIC, deviceId: 'yet another' }), 429)
  assert.equal(await rig.knock({ address: '203.0.113.10' }), 403)
})

test('a device that got in starts afresh', async t => {
  const rig = makeAdmission(t, { 'auth.deviceFailures': 2 }, [bound])
  for (let round = 0; round < 4; round++) {
    assert.equal(await rig.knock({}), 401)
    assert.equal(await rig.knock({ token: own }), 101)
  }
})

test('this machine is not limited, unless that is wanted', async t => {
  const settings = { 'auth.addressBurst': 2, 'auth.deviceBurst': 2, 'auth.deviceFailures': 1, 'auth.addressFailures': 1 }
  const free = makeAdmission(t, settings)
  for (let index = 0; index < 50; index++) assert.equal(await free.knock({ address: '127.0.0.1' }), 101)
  for (let index = 0; index < 5; index++) assert.equal(await free.knock({ address: '::ffff:127.0.0.1', token: 'x' }), 401)
  const limited = makeAdmission(t, { ...settings, 'auth.limitLoopback': true })
  for (const expected of [101, 101, 429]) assert.equal(await limited.knock({ address: '127.0.0.1' }), expected)
})

test('a proxy that is not trusted cannot borrow the freedom of this machine', async t => {
  const rig = makeAdmission(t, { 'auth.addressBurst': 2, 'auth.addressFailures': 100 })
  const behind = { address: '127.0.0.1', headers: { 'x-forwarded-for': PUBLIC }, deviceId: ID }
  const statuses: number[] = []
  for (let index = 0; index < 3; index++) statuses.push(await rig.knock(behind))
  assert.deepEqual(statuses, [403, 403, 429])
})
