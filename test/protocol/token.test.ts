import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { signToken, TOKEN_LIFETIME_S, verifyToken } from '../../src/protocol/token.js'

const owner = { clientId: 'c1', deviceId: '11:22:33:44:55:66' }
const ISSUED_S = 1_700_000_000
// Computed with the algorithm of the replaced server.
const REFERENCE = 'mXYQYHww3lsvU5MM7ZJzdZhJIf0rG3Zs9IE-QpF9RZ0.1700000000'

test('a token is the one that the replaced server makes', () => {
  assert.equal(signToken('secret', owner, ISSUED_S), REFERENCE)
})

test('a token of the replaced server is valid until its lifetime is over', () => {
  assert.deepEqual(verifyToken('secret', owner, REFERENCE, ISSUED_S + TOKEN_LIFETIME_S), { kind: 'valid', issuedAtS: ISSUED_S })
  assert.deepEqual(verifyToken('secret', owner, REFERENCE, ISSUED_S + TOKEN_LIFETIME_S + 1), { kind: 'expired', issuedAtS: ISSUED_S })
})

test('a token is of one device, one client and one key', () => {
  for (const [key, other] of [['other', owner], ['secret', { ...owner, clientId: 'c2' }], ['secret', { ...owner, deviceId: '11:22:33:44:55:67' }]] as const) {
    assert.equal(verifyToken(key, other, REFERENCE, ISSUED_S).kind, 'forged')
  }
})

test('nothing but a token is one, and nothing throws', () => {
  fc.assert(fc.property(fc.oneof(fc.string(), fc.constantFrom('', '.', `${REFERENCE}.1`, `=${REFERENCE}`, REFERENCE.replace('.', ' '))), text => {
    assert.ok(['malformed', 'forged'].includes(verifyToken('secret', owner, text, ISSUED_S).kind))
  }))
})
