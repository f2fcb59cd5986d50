import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { deviceTopic, mqttSettings, parseMqttClientId, signMqttPassword, verifyMqttPassword } from '../../src/protocol/mqtt-credentials.js'

const CLIENT_ID = 'GID_default@@@11_22_33_44_55_66@@@11_22_33_44_55_66'
const USERNAME = 'eyJpcCI6ICJ1bmtub3duIn0='

test('a client id names group, device and client, and nothing else passes', () => {
  assert.deepEqual(parseMqttClientId('GID_x@@@AA_bb_cc_dd_ee_0f@@@u-1'), { group: 'GID_x', deviceId: 'aa:bb:cc:dd:ee:0f', clientId: 'u-1' })
  assert.deepEqual(parseMqttClientId('g@@@aa_bb_cc_dd_ee_0f')?.clientId, '')
  for (const wrong of ['', 'aa_bb_cc_dd_ee_0f', 'g@@@aa_bb_cc_dd_ee', 'g@@@aa_bb_cc_dd_ee_0f@@@u@@@v', 'g@@@aa_bb_cc_dd_ee_0g@@@u', 'g@@@+/#@@@u']) {
    assert.equal(parseMqttClientId(wrong), undefined, wrong)
  }
  fc.assert(fc.property(fc.string(), text => { parseMqttClientId(text) }))
})

test('a password is that of the key, the client id and the user name', () => {
  const password = signMqttPassword('test', CLIENT_ID, USERNAME)
  assert.equal(password, 'hZJwgmOR6HqJpjUkj9+lCO8jguzt71NO6d+ddeiDVUM=') // as the replaced server makes it
  assert.ok(verifyMqttPassword('test', CLIENT_ID, USERNAME, password))
  assert.ok(!verifyMqttPassword('other', CLIENT_ID, USERNAME, password))
  assert.ok(!verifyMqttPassword('test', CLIENT_ID.replace('66', '67'), USERNAME, password))
  assert.ok(!verifyMqttPassword('test', CLIENT_ID, '', password))
  assert.ok(!verifyMqttPassword('', CLIENT_ID, USERNAME, signMqttPassword('', CLIENT_ID, USERNAME)), 'without a key nothing is valid')
  fc.assert(fc.property(fc.string(), wrong => wrong === password || !verifyMqttPassword('test', CLIENT_ID, USERNAME, wrong)))
})

test('the block of an OTA answer is one that a device can store, and its password verifies (T130)', () => {
  const block = mqttSettings({ endpoint: '10.0.0.1:1883', board: 'bread: one', deviceId: '11:22:33:44:55:66', signatureKey: 'test' })
  assert.deepEqual(Object.keys(block).filter(name => name.length > 15), [])
  assert.equal(block.client_id, 'GID_bread__one@@@11_22_33_44_55_66@@@11_22_33_44_55_66')
  assert.equal(block.username, USERNAME)
  assert.ok(verifyMqttPassword('test', block.client_id, block.username, block.password))
  assert.equal(block.subscribe_topic, deviceTopic('11:22:33:44:55:66'))
})

test('a token is the password where no key signs one, and the client id names its owner', () => {
  const account = { endpoint: '10.0.0.1:1883', board: 'b', deviceId: '11:22:33:44:55:66', token: { clientId: 'u-1', token: 'a.1' } }
  const block = mqttSettings({ ...account, signatureKey: '' })
  assert.deepEqual([block.password, parseMqttClientId(block.client_id)?.clientId], ['a.1', 'u-1'])
  const signed = mqttSettings({ ...account, signatureKey: 'test' })
  assert.ok(verifyMqttPassword('test', signed.client_id, signed.username, signed.password))
})
