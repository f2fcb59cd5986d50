import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import type { DeviceRecord } from '../../src/core/device-directory.js'
import { authenticateMqtt } from '../../src/gateway/mqtt-admission.js'
import { signMqttPassword } from '../../src/protocol/mqtt-credentials.js'
import { CLIENT, ID, makeAdmission, makeDevice, makeToken, MONTH_S, OWN_KEY, PRIVATE, PUBLIC, SHARED_KEY } from './admission-rig.js'

const ids = { mqttClientId: `g@@@02_00_00_00_00_01@@@${CLIENT}`, deviceId: ID, clientId: CLIENT }
const caller = { ...ids, username: 'n', password: '', address: PUBLIC }
const bound = makeDevice({ state: 'bound', keyVersion: 3, firmwareVersion: '2.4.2' })

interface RigOptions {
  readonly signatureKey?: string
  readonly settings?: Readonly<Record<string, unknown>>
  readonly known?: DeviceRecord
}

function makeRig (t: TestContext, { signatureKey = '', settings = {}, known }: RigOptions = {}) {
  const rig = makeAdmission(t, settings, known === undefined ? [] : [known])
  const isOpen = settings['auth.mode'] === 'open'
  const authenticate = authenticateMqtt({ signatureKey, isOpen, directory: rig.directory, admission: rig.admission })
  return { ...rig, enter: (given: Partial<typeof caller> = {}) => authenticate({ ...caller, ...given }) }
}

test('without a key the rules of WebSocket decide: a new device comes in from nearby only', async t => {
  const { enter, devices } = makeRig(t)
  assert.equal(await enter(), undefined)
  assert.equal(devices.size, 0)
  assert.notEqual(await enter({ address: PRIVATE }), undefined)
  assert.equal(devices.get(ID)?.clientId, CLIENT)
})

test('whoever comes through a trusted proxy is not from nearby, and a token counts there as well', async t => {
  const settings = { 'auth.trustedProxies': ['127.0.0.0/8', PRIVATE] }
  for (const address of [PRIVATE, '127.0.0.1']) {
    assert.equal(await makeRig(t, { settings }).enter({ address }), undefined, address)
    assert.notEqual(await makeRig(t, { settings, known: bound }).enter({ address, password: makeToken(OWN_KEY) }), undefined, address)
  }
})

test('a device\'s own token is its password, from wherever it comes, on day 31 too', async t => {
  const { enter } = makeRig(t, { known: bound })
  assert.equal((await enter({ password: makeToken(OWN_KEY) }))?.keyVersion, 3)
  assert.equal((await enter({ password: makeToken(OWN_KEY, MONTH_S + 1) }))?.firmwareVersion, '2.4.2')
})

test('a bound device needs its token, also on a private network', async t => {
  const { enter, refused } = makeRig(t, { known: bound })
  for (const password of ['', 'letmein', makeToken(SHARED_KEY), makeToken('another key')]) {
    assert.equal(await enter({ address: PRIVATE, password }), undefined, password)
  }
  assert.equal(await enter({ address: PRIVATE, password: makeToken(OWN_KEY), clientId: 'another' }), undefined)
  assert.deepEqual(refused(), { tokenMissing: 1, tokenForged: 3, clientMismatch: 1 })
})

test('with a key, a password that it signed or a token counts, and no address', async t => {
  const { enter } = makeRig(t, { signatureKey: 'k', known: bound })
  const password = signMqttPassword('k', caller.mqttClientId, caller.username)
  const facts = await enter({ password })
  assert.deepEqual([facts?.isKept, facts?.keyVersion], [true, undefined], 'another key of the device changes nothing for it')
  assert.notEqual(await enter({ password: makeToken(OWN_KEY) }), undefined)
  assert.equal(await enter({ password, username: 'other' }), undefined)
  assert.equal(await enter({ address: '127.0.0.1' }), undefined)
})

test('where nothing is checked a key is all the same', async t => {
  const open = { 'auth.mode': 'open' }
  assert.notEqual(await makeRig(t, { settings: open }).enter(), undefined)
  assert.equal(await makeRig(t, { settings: open, signatureKey: 'k' }).enter({ password: 'wrong' }), undefined)
})

test('a device that was revoked does not come in, with the best password', async t => {
  const known = makeDevice({ state: 'revoked' })
  const password = signMqttPassword('k', caller.mqttClientId, caller.username)
  assert.equal(await makeRig(t, { signatureKey: 'k', known }).enter({ password }), undefined)
  assert.equal(await makeRig(t, { known }).enter({ address: '127.0.0.1', password: makeToken(OWN_KEY) }), undefined)
})

test('one that may only hear its code does not come in by MQTT', async t => {
  const rig = makeRig(t)
  rig.directory.pendingActivation = () => Promise.resolve({ code: '123456', challenge: 'c' })
  assert.equal(await rig.enter(), undefined)
})

test('whoever tries passwords has to wait', async t => {
  const { enter, refused } = makeRig(t, { signatureKey: 'k', known: bound, settings: { 'auth.deviceFailures': 3 } })
  for (let attempt = 0; attempt < 6; attempt++) assert.equal(await enter({ password: `guess ${attempt}` }), undefined)
  assert.deepEqual(refused(), { tokenForged: 3, backOff: 3 })
})
