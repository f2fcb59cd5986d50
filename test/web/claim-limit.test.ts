import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ClaimLimit } from '../../src/web/claim-limit.js'
import { deviceHeaders, makeWebRig, otaOf, post } from './web-rig.js'

test('an address begins so many activations an hour, and others are not concerned', () => {
  let nowMs = 0
  const limit = new ClaimLimit(2, () => nowMs)
  assert.deepEqual(['8.8.8.8', '8.8.8.8', '8.8.8.8', '8.8.4.4'].map(address => limit.take(address)), [true, true, false, true])
  nowMs = 3_599_999
  assert.equal(limit.take('8.8.8.8'), false)
  nowMs = 3_600_000
  assert.equal(limit.take('8.8.8.8'), true)
})

test('an IPv6 network of 64 bits counts as one address', () => {
  const limit = new ClaimLimit(1)
  assert.equal(limit.take('2001:db8:1:2::1'), true)
  for (const same of ['2001:db8:1:2:ffff::', '2001:db8:1:2:3:4:5:6', '2001:db8:1:2::9']) assert.equal(limit.take(same), false, same)
  assert.equal(limit.take('2001:db8:1:3::1'), true)
  assert.equal(limit.take('2001:db8::1'), true)
})

test('who makes up Device-Ids is told to wait, and a device that has a code keeps it', async t => {
  const { send } = await makeWebRig(t, { settings: { 'auth.trustedProxies': ['127.0.0.1'], 'ota.codesPerAddress': 2 } })
  const from = (address: string, id: string): string => post('/xiaozhi/ota/', '{}', { ...deviceHeaders, 'Device-Id': id, 'X-Forwarded-For': address })
  const { activation } = otaOf(await send(from('8.8.8.8', 'a:1')))
  otaOf(await send(from('8.8.8.8', 'a:2')))
  assert.equal((await send(from('8.8.8.8', 'a:3'))).status, 503)
  assert.deepEqual(otaOf(await send(from('8.8.8.8', 'a:1'))).activation, activation)
  otaOf(await send(from('8.8.4.4', 'a:3')))
})
