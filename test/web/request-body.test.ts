import assert from 'node:assert/strict'
import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import fc from 'fast-check'
import { ClientAddresses } from '../../src/web/client-address.js'
import { readBody } from '../../src/web/request-body.js'

const LIMIT = 1000

/** A request whose body comes in these chunks; it tells how many were taken. */
function requestOf (chunks: readonly Uint8Array[]): { readonly request: IncomingMessage, readonly taken: () => number } {
  let taken = 0
  function * give (): Generator<Buffer> {
    for (const chunk of chunks) {
      taken += chunk.length
      yield Buffer.from(chunk)
    }
  }
  return { request: Readable.from(give(), { highWaterMark: 1 }) as unknown as IncomingMessage, taken: () => taken }
}

test('a body is whole however it is cut, and none when it is over the limit', async () => {
  await fc.assert(fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 400 }), { maxLength: 8 }), async chunks => {
    const bytes = Buffer.concat(chunks)
    const body = await readBody(requestOf(chunks).request, LIMIT)
    assert.equal(body, bytes.length <= LIMIT ? bytes.toString() : undefined)
  }), { seed: 21 })
})

test('of a body without end no more is taken than patience allows', async () => {
  await fc.assert(fc.asyncProperty(fc.integer({ min: 1, max: 2000 }), async size => {
    const { request, taken } = requestOf(Array.from({ length: 20_000 }, () => Buffer.alloc(size)))
    assert.equal(await readBody(request, LIMIT), undefined)
    assert.ok(taken() <= 4 * LIMIT + 3 * size, `${taken()} bytes were taken`)
  }), { seed: 22, numRuns: 20 })
})

test('whatever stands in the headers of proxies, a client has an address, and only who is near is local', () => {
  const addresses = new ClientAddresses(['10.0.0.1', 'fd00::/8'])
  const hop = fc.oneof(fc.ipV4(), fc.ipV6(), fc.string({ maxLength: 20 }), fc.constantFrom('', ',', '::ffff:', '%', '10.0.0.1', '::ffff:10.0.0.1', 'fe80::1%eth0'))
  const chain = fc.array(hop, { maxLength: 6 }).map(hops => hops.join(', '))
  const peer = fc.constantFrom('10.0.0.1', '::ffff:10.0.0.1', 'fd00::1', '8.8.8.8', '192.168.0.1', '')
  const name = fc.constantFrom('x-forwarded-for', 'x-real-ip', 'forwarded')
  fc.assert(fc.property(peer, name, chain, (remoteAddress, header, value) => {
    const { address, isLocal } = addresses.of({ headers: { [header]: value }, socket: { remoteAddress } })
    const plainPeer = remoteAddress.replace('::ffff:', '')
    const isTrusted = plainPeer === '10.0.0.1' || plainPeer === 'fd00::1'
    if (!isTrusted) assert.equal(address, plainPeer)
    if (!isTrusted && value.split(', ').some(one => isIP(one) !== 0)) assert.equal(isLocal, false)
    if (isLocal) assert.notEqual(address, '8.8.8.8')
  }), { seed: 23, numRuns: 2000 })
})
