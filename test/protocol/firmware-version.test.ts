import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isNewerVersion, isSafeVersion } from '../../src/protocol/firmware-version.js'

for (const [offered, current, isNewer] of [
  ['2.4.2', '2.2.6', true], ['2.4.2', '2.4.2', false], ['2.3.0', '2.4.2', false], ['2.10.0', '2.9.9', true],
  ['2.4.2.1', '2.4.2', true], ['2.4', '2.4.0', false], ['2.4.0-beta', '2.4.0', false], ['2.4.1', '2.4.0-beta', true],
  ['1', '', true], ['', '1', false], ['0', '', true]
] as const) {
  test(`${offered || 'nothing'} is ${isNewer ? '' : 'not '}newer than ${current || 'nothing'} (T007, T008)`, () => {
    assert.equal(isNewerVersion(offered, current), isNewer)
  })
}

test('of two versions at most one is newer, and none than itself', () => {
  const version = fc.array(fc.nat(12), { minLength: 1, maxLength: 4 }).map(parts => parts.join('.'))
  fc.assert(fc.property(version, version, (one, other) => {
    assert.equal(isNewerVersion(one, one), false)
    assert.ok(!(isNewerVersion(one, other) && isNewerVersion(other, one)))
    assert.equal(one === other, !isNewerVersion(one, other) && !isNewerVersion(other, one))
  }), { seed: 3 })
})

test('only dotted numbers are safe', () => {
  for (const version of ['2.4.2', '0', '1.2.3.4.5.6.7.8']) assert.ok(isSafeVersion(version), version)
  for (const version of ['v2.0', '', '.', '2.', '1.2.3.4.5.6.7.8.9', '1234567890', '2.4.2 ']) assert.ok(!isSafeVersion(version), version)
})
