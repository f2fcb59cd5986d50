import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DeviceRecord } from '../../src/core/device-directory.js'
import { authenticateMqtt, isNearby } from '../../src/gateway/mqtt-admission.js'
import { signMqttPassword } from '../../src/protocol/mqtt-credentials.js'

const caller = { mqttClientId: 'g@@@02_00_00_00_00_01@@@u', deviceId: '02:00:00:00:00:01', clientId: 'u', username: 'n', password: '', address: '198.51.100.7' }

const nobody = { find: () => Promise.resolve(undefined) }

test('private and loopback addresses are nearby, and nothing else is', () => {
  const near = ['127.0.0.1', '10.9.8.7', '172.16.0.1', '172.31.255.255', '192.168.1.20', '169.254.1.1', '::1', 'fd00::1', 'fe80::1%eth0']
  const far = ['198.51.100.7', '172.32.0.1', '11.0.0.1', '2001:db8::1', '', 'rubbish']
  assert.deepEqual(near.filter(address => !isNearby(address)), [])
  assert.deepEqual(far.filter(isNearby), [])
})

test('without a key the address decides', async () => {
  const admit = authenticateMqtt('', nobody)
  assert.equal(await admit(caller), false)
  assert.equal(await admit({ ...caller, address: '192.168.1.20' }), true)
})

test('with a key the password decides, wherever the device is', async () => {
  const admit = authenticateMqtt('k', nobody)
  const password = signMqttPassword('k', caller.mqttClientId, caller.username)
  assert.equal(await admit({ ...caller, password }), true)
  assert.equal(await admit({ ...caller, address: '127.0.0.1' }), false)
  assert.equal(await admit({ ...caller, password, username: 'other' }), false)
})

test('a device that was revoked does not come in, with the best password', async () => {
  const directory = { find: () => Promise.resolve({ state: 'revoked' } as DeviceRecord) }
  const password = signMqttPassword('k', caller.mqttClientId, caller.username)
  assert.equal(await authenticateMqtt('k', directory)({ ...caller, password }), false)
  assert.equal(await authenticateMqtt('', directory)({ ...caller, address: '127.0.0.1' }), false)
})
