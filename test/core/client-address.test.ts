import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ClientAddresses, normalise } from '../../src/core/client-address.js'

const none = (): string => ''
const addresses = new ClientAddresses([])

test('private and loopback addresses are known in every form', () => {
  const table: Readonly<Record<string, readonly [isPrivate: boolean, isLoopback: boolean]>> = {
    '127.0.0.1': [true, true],
    '127.9.9.9': [true, true],
    '10.0.0.1': [true, false],
    '172.16.0.1': [true, false],
    '172.31.255.255': [true, false],
    '172.32.0.1': [false, false],
    '192.168.0.1': [true, false],
    '192.169.0.1': [false, false],
    '169.254.1.1': [true, false],
    '100.64.0.1': [false, false],
    '8.8.8.8': [false, false],
    '0.0.0.0': [false, false],
    '::1': [true, true],
    '0000:0000:0000:0000:0000:0000:0000:0001': [true, true],
    '::': [false, false],
    'fe80::1%eth0': [true, false],
    'fd12:3456::1': [true, false],
    'fec0::1': [false, false],
    '2001:db8::1': [false, false],
    '::ffff:127.0.0.1': [true, true],
    '0000:0000:0000:0000:0000:ffff:c0a8:0001': [true, false],
    '::ffff:8.8.8.8': [false, false],
    '': [false, false],
    'not an address': [false, false]
  }
  for (const [address, expected] of Object.entries(table)) {
    const { isPrivate, isLoopback } = addresses.originOf(address, none)
    assert.deepEqual([isPrivate, isLoopback], expected, address)
  }
})

test('one address has one form', () => {
  assert.equal(normalise('2001:DB8::1'), normalise('2001:0db8:0000:0000:0000:0000:0000:0001'))
  assert.equal(normalise('::ffff:192.168.0.1'), '192.168.0.1')
  assert.equal(addresses.originOf('2001:db8:1:2:3:4:5:6', none).network, '2001:db8:1:2::/64')
})

test('whatever a proxy or a device writes, the answer is an address of somebody', () => {
  const trusting = new ClientAddresses(['127.0.0.1'])
  fc.assert(fc.property(fc.string(), fc.string(), (forwarded, real) => {
    const headers: Readonly<Record<string, string>> = { 'x-forwarded-for': forwarded, 'x-real-ip': real }
    const origin = trusting.originOf('127.0.0.1', name => headers[name] ?? '')
    assert.ok(origin.network.length <= 64)
    assert.ok(origin.isHidden || forwarded.trim() + real.trim() === '' || origin.address !== '127.0.0.1' || [forwarded, real].some(text => text.includes('127.')))
  }))
})

test('two headers that contradict each other make an address of the internet', () => {
  const trusting = new ClientAddresses(['127.0.0.1'])
  const origin = (headers: Readonly<Record<string, string>>) => trusting.originOf('127.0.0.1', name => headers[name] ?? '')
  assert.equal(origin({ 'x-forwarded-for': '192.168.1.1', 'x-real-ip': '192.168.1.1' }).isPrivate, true)
  assert.equal(origin({ 'x-forwarded-for': '8.8.8.8', 'x-real-ip': '192.168.1.1' }).isPrivate, false)
  assert.equal(origin({ 'x-forwarded-for': '192.168.1.1', 'x-real-ip': '8.8.8.8' }).isPrivate, false)
  assert.equal(origin({ 'x-real-ip': '192.168.1.1' }).isPrivate, true)
  assert.equal(origin({ 'x-real-ip': 'nonsense' }).isPrivate, false)
})

test('a proxy that is no address is refused at the start', () => {
  for (const proxy of ['nginx', '', '10.0.0.0/33', '10.0.0.0/', '10.0.0.0/x', '::1/129', '10.0.0/8']) {
    assert.throws(() => new ClientAddresses([proxy]), { code: 'CHORUS_CONFIG_INVALID' }, proxy)
  }
})

test('a proxy that is trusted tells the address; what the client wrote before it does not count', () => {
  const of = (trusted: readonly string[], peer: string, forwarded: string, name = 'x-forwarded-for') => {
    const { address, isPrivate } = new ClientAddresses(trusted).originOf(peer, header => header === name ? forwarded : '')
    return [address, isPrivate]
  }
  assert.deepEqual(of(['10.0.0.1'], '10.0.0.1', '192.168.0.1, 8.8.8.8'), ['8.8.8.8', false])
  assert.deepEqual(of(['10.0.0.0/8', '::1'], '::1', '8.8.8.8, 192.168.0.1, 10.1.1.1'), ['192.168.0.1', true])
  assert.deepEqual(of(['10.0.0.1'], '10.0.0.1', 'rubbish'), ['10.0.0.1', false])
  assert.deepEqual(of(['10.0.0.1'], '10.0.0.1', ''), ['10.0.0.1', true])
  assert.deepEqual(of(['10.0.0.1'], '10.0.0.1', '8.8.8.8', 'x-real-ip'), ['8.8.8.8', false])
  assert.deepEqual(of(['10.0.0.1'], '10.0.0.1', 'for=192.168.0.1', 'forwarded'), ['10.0.0.1', false], 'not read, and so not local')
})

test('behind a proxy that nobody vouches for nobody is local', () => {
  for (const name of ['x-forwarded-for', 'x-real-ip', 'forwarded']) {
    const { address, isPrivate } = addresses.originOf('10.0.0.1', header => header === name ? '192.168.0.1' : '')
    assert.deepEqual([address, isPrivate], ['10.0.0.1', false], name)
  }
})

test('a proxy is known by its address in every form', () => {
  const trusting = new ClientAddresses(['10.0.0.1', '::1'])
  assert.deepEqual(['10.0.0.1', '::ffff:10.0.0.1', '0:0:0:0:0:0:0:1', '10.0.0.2', ''].map(address => trusting.isTrusted(address)), [true, true, true, false, false])
})
