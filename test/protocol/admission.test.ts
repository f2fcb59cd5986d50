import assert from 'node:assert/strict'
import { test } from 'node:test'
import { judgeAdmission, type Admission, type AdmissionFacts } from '../../src/protocol/admission.js'

const known = (state: 'admitted' | 'bound' | 'revoked', clientId = 'c1') => ({ state, clientId })
const base: AdmissionFacts = { mode: 'on', admission: 'open', record: undefined, clientId: 'c1', isLocal: true, isListed: false }

const cases: readonly (readonly [string, Partial<AdmissionFacts>, Admission])[] = [
  ['a new device of the private network is let in', {}, 'admit'],
  ['a new device of the internet needs a code', { isLocal: false }, 'activate'],
  ['a known device comes again', { record: known('admitted') }, 'enter'],
  ['a known device from the internet that nobody approved needs a code', { record: known('admitted'), isLocal: false }, 'activate'],
  ['a known Device-Id with another Client-Id needs a code', { record: known('admitted', 'c2') }, 'activate'],
  ['a bound Device-Id with another Client-Id needs a code', { record: known('bound', 'c2') }, 'activate'],
  ['a bound device comes from anywhere', { record: known('bound'), isLocal: false }, 'enter'],
  ['a revoked device is refused', { record: known('revoked') }, 'refuse'],
  ['a revoked device is refused though it is listed', { record: known('revoked'), isListed: true }, 'refuse'],
  ['where nothing is checked anybody comes in', { mode: 'open', admission: 'allowlist', record: known('revoked', 'c2'), isLocal: false }, 'enter'],
  ['where nothing is checked anybody new comes in', { mode: 'open', admission: 'code', isLocal: false }, 'admit'],
  ['with code a new device needs one', { admission: 'code' }, 'activate'],
  ['with code a device that was let in without one needs one', { admission: 'code', record: known('admitted') }, 'activate'],
  ['with code a bound device comes in', { admission: 'code', record: known('bound') }, 'enter'],
  ['a listed device needs no code', { admission: 'code', isListed: true, isLocal: false }, 'admit'],
  ['with allowlist a listed device comes in', { admission: 'allowlist', isListed: true }, 'admit'],
  ['with allowlist others are refused', { admission: 'allowlist' }, 'refuse'],
  ['with allowlist others are refused though they are bound', { admission: 'allowlist', record: known('bound') }, 'refuse'],
  ['with allowlist a listed one that comes with another Client-Id needs a code', { admission: 'allowlist', isListed: true, record: known('admitted', 'c2') }, 'activate']
]

for (const [name, facts, expected] of cases) {
  test(name, () => { assert.equal(judgeAdmission({ ...base, ...facts }), expected) })
}
