import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isWellFormed, readApplicant } from '../../src/gateway/applicant.js'
import { ClientAddresses, normalise } from '../../src/core/client-address.js'

const names = ['device-id', 'client-id', 'authorization'] as const
const value = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom('', 'Bearer', 'Bearer ', 'bearer  x.1', 'aa:bb:cc:dd:ee:ff', '%', '%zz', '+', 'x'.repeat(129), 'x'.repeat(1025))
)
const given = fc.dictionary(fc.constantFrom(...names), value)

test('whatever headers and query hold, an applicant is texts, and only short plain ids are well formed', () => {
  fc.assert(fc.property(given, fc.oneof(fc.string(), given.map(fields => new URLSearchParams(fields).toString())), (headers, query) => {
    const applicant = readApplicant({ query, header: name => headers[name] ?? '' })
    const { deviceId, statedId, clientId, token } = applicant
    assert.equal(deviceId, statedId.toLowerCase())
    assert.notEqual(token, '')
    if (!isWellFormed(applicant)) return
    for (const id of [deviceId, clientId]) assert.match(id, /^[\x21-\x7e]{0,128}$/)
    assert.ok((token ?? '').length <= 1024)
  }), { seed: 31, numRuns: 2000 })
})

test('headers that name a device are believed before any query, and a query is read like headers', () => {
  const id = fc.stringMatching(/^[a-z0-9:]{1,20}$/)
  fc.assert(fc.property(id, id, id, (one, other, client) => {
    const query = new URLSearchParams({ 'device-id': other, 'client-id': client, authorization: 'Bearer t' }).toString()
    assert.equal(readApplicant({ query, header: name => name === 'device-id' ? one : '' }).deviceId, one)
    assert.deepEqual(readApplicant({ query, header: () => '' }), { deviceId: other, statedId: other, clientId: client, token: 't' })
  }), { seed: 32 })
})

test('every way to write an address is the same address, and counts for the same network', () => {
  const addresses = new ClientAddresses([])
  const groups = fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 8, maxLength: 8 }).filter(list => list[0] !== 0)
  fc.assert(fc.property(groups, list => {
    const full = list.map(group => group.toString(16).padStart(4, '0')).join(':')
    const short = new URL(`http://[${full}]/`).hostname.slice(1, -1)
    assert.equal(normalise(short), normalise(full.toUpperCase()))
    assert.equal(addresses.originOf(short, () => '').network, addresses.originOf(full, () => '').network)
  }), { seed: 33 })
  fc.assert(fc.property(fc.ipV4(), address => { assert.equal(normalise(`::ffff:${address}`), address) }), { seed: 34 })
})

test('any chain of proxies gives an address, and none that a device wrote makes it local', () => {
  const addresses = new ClientAddresses(['8.8.4.4'])
  const hop = fc.oneof(fc.ipV4(), fc.ipV6(), fc.string({ maxLength: 12 }), fc.constantFrom('', '127.0.0.1', '::1', '%', '::ffff:127.0.0.1', '1::%x'))
  const chain = fc.array(hop, { maxLength: 6 }).map(hops => hops.join(','))
  fc.assert(fc.property(fc.constantFrom('8.8.4.4', '9.9.9.9'), chain, hop, (peer, forwarded, real) => {
    const headers: Readonly<Record<string, string>> = { 'x-forwarded-for': forwarded === '' ? '' : `${forwarded},1.1.1.1`, 'x-real-ip': real }
    const { address, network, isPrivate, isLoopback } = addresses.originOf(peer, name => headers[name] ?? '')
    assert.ok(address !== '' && network !== '')
    if (forwarded !== '' || peer === '9.9.9.9') assert.deepEqual([isPrivate, isLoopback], [false, false])
  }), { seed: 35, numRuns: 2000 })
})
