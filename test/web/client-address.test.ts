import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ClientAddresses } from '../../src/web/client-address.js'

const of = (trusted: readonly string[], peer: string, forwarded?: string) => {
  const headers = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded }
  return new ClientAddresses(trusted).of({ headers, socket: { remoteAddress: peer } })
}

for (const [address, isLocal] of [
  ['127.0.0.1', true], ['::1', true], ['::ffff:192.168.0.9', true], ['10.255.0.1', true], ['172.16.0.1', true], ['172.31.255.255', true],
  ['172.32.0.1', false], ['169.254.1.1', true], ['fe80::1%eth0', true], ['fd12::1', true], ['100.64.0.1', false], ['8.8.8.8', false],
  ['2001:db8::1', false], ['11.0.0.1', false], ['', false]
] as const) {
  test(`${address || 'no address'} is ${isLocal ? '' : 'not '}in a private network`, () => { assert.equal(of([], address).isLocal, isLocal) })
}

test('a proxy that is trusted tells the address; what the client wrote before it does not count', () => {
  assert.deepEqual(of(['10.0.0.1'], '10.0.0.1', '192.168.0.1, 8.8.8.8'), { address: '8.8.8.8', isLocal: false })
  assert.deepEqual(of(['10.0.0.0/8', '::1'], '::1', '8.8.8.8, 192.168.0.1, 10.1.1.1'), { address: '192.168.0.1', isLocal: true })
  assert.deepEqual(of(['10.0.0.1'], '10.0.0.1', 'rubbish'), { address: '10.0.0.1', isLocal: false })
  assert.deepEqual(of(['10.0.0.1'], '10.0.0.1'), { address: '10.0.0.1', isLocal: true })
})

test('behind a proxy that nobody vouches for nobody is local', () => {
  assert.deepEqual(of([], '10.0.0.1', '192.168.0.1'), { address: '10.0.0.1', isLocal: false })
})

for (const network of ['proxy.example', '10.0.0.0/33', '::/129', '', '10.0.0.0/']) {
  test(`"${network}" is no network and stops the start`, () => {
    assert.throws(() => new ClientAddresses([network]), { code: 'CHORUS_CONFIG_INVALID' })
  })
}

test('X-Real-IP serves where there is no X-Forwarded-For', () => {
  const addresses = new ClientAddresses(['10.0.0.1'])
  const socket = { remoteAddress: '10.0.0.1' }
  assert.deepEqual(addresses.of({ headers: { 'x-real-ip': '8.8.8.8' }, socket }), { address: '8.8.8.8', isLocal: false })
  assert.deepEqual(addresses.of({ headers: { 'x-real-ip': '10.0.0.2' }, socket: { remoteAddress: '10.0.0.9' } }), { address: '10.0.0.9', isLocal: false })
})
