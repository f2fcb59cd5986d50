import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DeviceRecord } from '../../src/core/device-directory.js'
import { ChorusError } from '../../src/core/errors.js'
import { CLIENT, ID, makeAdmission, makeDevice, makeToken, MONTH_S, OWN_KEY, PRIVATE, PUBLIC, SHARED_KEY, type Knock } from './admission-rig.js'

const OTHER_CLIENT = '5e1f6b0c-0000-4000-8000-000000000002'
const bound = makeDevice({ state: 'bound' })
const admitted = makeDevice()
const revoked = makeDevice({ state: 'revoked' })
const own = makeToken(OWN_KEY)
const shared = makeToken(SHARED_KEY)

type Case = readonly [
  claim: string,
  expected: readonly [status: number, count: string],
  knock: Knock,
  known?: DeviceRecord | undefined,
  settings?: Readonly<Record<string, unknown>>
]

const code = { 'auth.admission': 'code' }
const allowlist = { 'auth.admission': 'allowlist' }
const listed = { 'auth.allowedDevices': [ID.toUpperCase()] }
const vouched = { 'auth.acceptSharedTokens': true }

const cases: readonly Case[] = [
  ['a new device comes from a private address (T020)', [101, 'new'], {}],
  ['a new device comes from this machine', [101, 'new'], { address: '127.0.0.1' }],
  ['a new device comes over IPv6 of this machine', [101, 'new'], { address: '::1' }],
  ['a new device comes from the internet', [403, 'needsCode'], { address: PUBLIC }],
  ['a new device comes from the internet with a token', [403, 'needsCode'], { address: PUBLIC, token: shared }],
  ['a new device comes with a token of another server (T021)', [401, 'tokenForged'], { token: makeToken('their key') }],
  ['a new device comes with something that is no token (T021)', [401, 'tokenForged'], { token: 'letmein' }],
  ['a new device comes with a valid token', [101, 'new'], { token: shared }],
  ['a new device comes when each needs a code', [403, 'needsCode'], {}, undefined, code],
  ['a new device comes when each needs a code, with a token', [403, 'needsCode'], { token: shared }, undefined, code],
  ['a new device is listed when each needs a code', [101, 'new'], { address: PUBLIC }, undefined, { ...code, ...listed }],
  ['a new device is not listed', [403, 'notListed'], {}, undefined, allowlist],
  ['a new device is listed', [101, 'new'], { address: PUBLIC }, undefined, { ...allowlist, ...listed }],
  ['another OTA server vouches for a new device', [101, 'new'], { address: PUBLIC, token: shared }, undefined, vouched],
  ['another OTA server vouched for a new device long ago', [403, 'needsCode'], { address: PUBLIC, token: makeToken(SHARED_KEY, MONTH_S + 1) }, undefined, vouched],
  ['nobody vouches for a new device', [403, 'needsCode'], { address: PUBLIC }, undefined, vouched],

  ['an admitted device comes again without a token', [101, 'noToken'], {}, admitted],
  ['an admitted device comes again with a token', [101, 'token'], { token: shared }, admitted],
  ['an admitted device goes out into the internet', [401, 'tokenMissing'], { address: PUBLIC }, admitted],
  ['an admitted device goes out with its token', [101, 'token'], { address: PUBLIC, token: shared }, admitted],
  ['an admitted device goes out with its token of last month', [401, 'tokenExpired'], { address: PUBLIC, token: makeToken(SHARED_KEY, MONTH_S + 1) }, admitted],
  ['an admitted device stays at home with its token of last month', [101, 'expiredToken'], { token: makeToken(SHARED_KEY, MONTH_S + 1) }, admitted],
  ['an admitted device has another Client-Id', [403, 'clientMismatch'], { clientId: OTHER_CLIENT }, admitted],
  ['an admitted device has no Client-Id any more', [403, 'clientMismatch'], { clientId: '' }, admitted],
  ['an admitted device brings a forged token', [401, 'tokenForged'], { token: makeToken('guess') }, admitted],
  ['an admitted device comes when each needs a code', [403, 'needsCode'], { token: shared }, admitted, code],
  ['an admitted device is not listed', [403, 'notListed'], { token: shared }, admitted, allowlist],

  ['a bound device brings its token', [101, 'token'], { address: PUBLIC, token: own }, bound],
  ['a bound device brings its token on day 31', [101, 'expiredToken'], { address: PUBLIC, token: makeToken(OWN_KEY, MONTH_S + 1) }, bound],
  ['a bound device brings its token after years', [101, 'expiredToken'], { address: PUBLIC, token: makeToken(OWN_KEY, 40 * MONTH_S) }, bound],
  ['a bound device brings no token', [401, 'tokenMissing'], {}, bound],
  ['a bound device brings no token, and is listed', [401, 'tokenMissing'], {}, bound, listed],
  ['a bound device brings no token, from this machine', [401, 'tokenMissing'], { address: '127.0.0.1' }, bound],
  ['a bound device brings the token of an unbound one', [401, 'tokenForged'], { token: shared }, bound],
  ['a bound device brings that where it is wanted', [101, 'sharedToken'], { token: shared }, bound, vouched],
  ['a bound device brings that, and it is old', [401, 'tokenExpired'], { token: makeToken(SHARED_KEY, MONTH_S + 1) }, bound, vouched],
  ['a bound device brings a token of before its rotation', [401, 'tokenForged'], { token: own }, makeDevice({ state: 'bound', key: 'another', keyVersion: 2 })],
  ['a bound device brings an old token of before its rotation', [401, 'tokenForged'], { token: makeToken(OWN_KEY, MONTH_S + 1) }, makeDevice({ state: 'bound', key: 'another', keyVersion: 2 })],
  ['a bound device has another Client-Id', [403, 'clientMismatch'], { clientId: OTHER_CLIENT, token: own }, bound],
  ['a bound device brings the token of another Client-Id', [401, 'tokenForged'], { token: makeToken(OWN_KEY, 10, OTHER_CLIENT) }, bound],
  ['a bound device brings the token of another device (T022)', [401, 'tokenForged'], { token: makeToken(OWN_KEY, 10, CLIENT, '02:00:00:00:00:02') }, bound],
  ['a bound device comes when each needs a code', [101, 'token'], { address: PUBLIC, token: own }, bound, code],
  ['a bound device is not listed', [403, 'notListed'], { token: own }, bound, allowlist],

  ['a revoked device brings its token', [403, 'revoked'], { token: own }, revoked],
  ['a revoked device is listed', [403, 'revoked'], {}, revoked, listed],
  ['a Device-Id is in capitals, and its token is over them', [101, 'token'], { deviceId: '02:00:00:00:00:AB', token: makeToken(OWN_KEY, 10, CLIENT, '02:00:00:00:00:AB') }, makeDevice({ deviceId: '02:00:00:00:00:ab', state: 'bound' })],
  ['a Device-Id is in capitals, and its token is not', [101, 'token'], { deviceId: '02:00:00:00:00:AB', token: makeToken(OWN_KEY, 10, CLIENT, '02:00:00:00:00:ab') }, makeDevice({ deviceId: '02:00:00:00:00:ab', state: 'bound' })],

  ['nobody says who it is', [401, 'noDeviceId'], { deviceId: '' }],
  ['a program on this machine does not say who it is', [101, 'anonymous'], { deviceId: '', address: '127.0.0.1' }],
  ['a program on this machine does not say who it is, and codes are needed', [401, 'noDeviceId'], { deviceId: '', address: '127.0.0.1' }, undefined, code],
  ['a Device-Id is longer than any', [401, 'malformed'], { deviceId: 'a'.repeat(129) }],
  ['a Device-Id has a control character in it', [401, 'malformed'], { deviceId: 'a\u001b[31m' }],
  ['a Client-Id has a space in it', [401, 'malformed'], { clientId: 'a b' }],
  ['a token is longer than any', [401, 'malformed'], { token: 'a'.repeat(1025) }],
  ['the scheme is another one', [401, 'tokenForged'], { headers: { authorization: `Basic ${own}` } }, bound],
  ['nothing is checked', [101, 'unchecked'], { address: PUBLIC, token: 'letmein' }, revoked, { 'auth.mode': 'open' }]
]

for (const [claim, [status, count], knock, known, settings] of cases) {
  test(`${claim}: ${status} ${count}`, async t => {
    const rig = makeAdmission(t, settings, known === undefined ? [] : [known])
    assert.equal(await rig.knock(knock), status)
    assert.deepEqual(status === 101 ? [rig.accepted(), rig.refused()] : [rig.refused(), rig.accepted()], [{ [count]: 1 }, {}])
    assert.equal(rig.admission.undecided, 0)
  })
}

test('a new device is pinned to its Client-Id, and another one is refused', async t => {
  const rig = makeAdmission(t)
  assert.equal(await rig.knock(), 101)
  assert.equal(rig.devices.get(ID)?.clientId, CLIENT)
  assert.equal(await rig.knock({ clientId: OTHER_CLIENT }), 403)
  assert.equal(await rig.knock(), 101)
})

test('of two that come at once with one new id, one gets in', async t => {
  const rig = makeAdmission(t)
  const statuses = await Promise.all([rig.knock(), rig.knock({ clientId: OTHER_CLIENT })])
  assert.deepEqual(statuses, [101, 403])
})

test('what is new in the store counts at the next connection', async t => {
  const rig = makeAdmission(t, {}, [bound])
  assert.equal(await rig.knock({ token: own }), 101)
  rig.devices.set(ID, revoked)
  assert.equal(await rig.knock({ token: own }), 403)
})

test('identity is read from the query only where no header names the device', async t => {
  const query = `device-id=${ID}&client-id=${CLIENT}&authorization=Bearer%20${own}`
  const rig = makeAdmission(t, {}, [bound])
  assert.equal(await rig.knock({ deviceId: '', clientId: '', query }), 101)
  assert.deepEqual(rig.accepted(), { token: 1 })
  assert.equal(await rig.knock({ query }), 401) // the header has no token, and the query does not count
  assert.deepEqual(rig.refused(), { tokenMissing: 1 })
})

test('a store that fails refuses with 503, and counts as no mistake of the device', async t => {
  const rig = makeAdmission(t, { 'auth.deviceFailures': 1, 'auth.addressFailures': 1 }, [bound])
  const { find } = rig.directory
  for (const error of [new ChorusError('CHORUS_STORE_TIMEOUT', ['find', 4000]), new Error('anything')]) {
    rig.directory.find = () => Promise.reject(error)
    assert.equal(await rig.knock({ token: own }), 503)
  }
  rig.directory.find = find
  assert.equal(await rig.knock({ token: own }), 101)
})

test('a device that registered and waits for its approval is let in to hear its code, where that is wanted (WS-17)', async t => {
  for (const tellCode of [true, false]) {
    const rig = makeAdmission(t, { 'auth.admission': 'code', 'auth.tellCode': tellCode }, [bound])
    rig.directory.pendingActivation = (id, client) => Promise.resolve(id === 'new' && client === 'c' ? { code: '460609', challenge: 'x' } : undefined)
    const verdict = await rig.decide({ deviceId: 'NEW', clientId: 'c' })
    assert.deepEqual(verdict, tellCode ? { kind: 'accepted', deviceId: 'new', device: undefined, activationCode: '460609' } : { kind: 'refused', status: 403 })
    assert.equal(await rig.knock({ deviceId: 'new', clientId: 'other' }), 403)
    assert.equal(await rig.knock(), 401) // bound, and without its token
  }
})

test('a full store lets no new device in, and the known ones come', async t => {
  const rig = makeAdmission(t, {}, [bound])
  rig.directory.admit = () => Promise.reject(new ChorusError('CHORUS_STORE_FULL', ['devices', 1, 'store.maxDevices']))
  assert.equal(await rig.knock({ deviceId: 'new' }), 503)
  assert.equal(await rig.knock({ token: own }), 101)
})

test('only so many wait for an answer at once', async t => {
  const rig = makeAdmission(t, { 'auth.maxUndecided': 2 })
  let answer: () => void = () => {}
  rig.directory.find = () => new Promise(resolve => {
    const before = answer
    answer = () => { before(); resolve(undefined) }
  })
  const waiting = [rig.knock({ deviceId: 'a' }), rig.knock({ deviceId: 'b' })]
  assert.equal(rig.admission.undecided, 2)
  assert.equal(await rig.knock({ deviceId: 'c' }), 503)
  answer()
  assert.deepEqual(await Promise.all(waiting), [101, 101])
  assert.deepEqual([rig.admission.undecided, rig.refused()], [0, { undecided: 1 }])
})

test('no token, and no piece of one, is logged or counted', async t => {
  const rig = makeAdmission(t, {}, [bound])
  const tokens = [own, shared, makeToken('guess'), 'letmein']
  for (const token of tokens) await rig.knock({ token })
  rig.admission.close()
  const said = JSON.stringify([rig.lines, rig.admission.figures])
  for (const token of tokens) assert.ok(!said.includes(token.slice(0, 7)), token)
  assert.deepEqual(rig.lines.find(({ level }) => level === 'info')?.fields['reasons'], { tokenForged: 3 })
  assert.equal(rig.lines.filter(({ level }) => level === 'debug').length, 3)
})

test('the open mode warns at the start', t => {
  assert.equal(makeAdmission(t, { 'auth.mode': 'open' }).lines[0]?.level, 'warn')
  assert.equal(makeAdmission(t).lines.length, 0)
})

test('a private address behind an unknown proxy is no private address', async t => {
  const rig = makeAdmission(t)
  assert.equal(await rig.knock({ address: '127.0.0.1', headers: { 'x-forwarded-for': PRIVATE } }), 403)
  assert.equal(rig.lines.filter(({ level }) => level === 'warn').length, 1)
  assert.equal(await rig.knock({ address: PRIVATE, headers: { 'x-real-ip': '127.0.0.1' } }), 403)
})

test('a trusted proxy tells the address, and only it', async t => {
  const rig = makeAdmission(t, { 'auth.trustedProxies': ['10.0.0.0/8', '::1'] })
  assert.equal(await rig.knock({ address: '10.1.2.3', headers: { 'x-forwarded-for': PUBLIC } }), 403)
  assert.equal(await rig.knock({ address: '10.1.2.3', headers: { 'x-forwarded-for': `${PRIVATE}, ${PUBLIC}` } }), 403)
  assert.equal(await rig.knock({ address: '::1', headers: { 'x-forwarded-for': `${PUBLIC}, ${PRIVATE}, 10.9.9.9` } }), 101)
})
