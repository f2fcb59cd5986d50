import assert from 'node:assert/strict'
import { createCipheriv, createHmac, pbkdf2Sync } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { VisionTokens } from '../../src/protocol/vision-token.js'

const nowMs = 1_700_000_000_000
const tokens = await VisionTokens.create('secret')
const base64url = (bytes: Uint8Array | string): string => Buffer.from(bytes).toString('base64url')

/** As the replaced server makes one, written from its description alone. */
function referenceToken (key: string, plain: string, alg = 'HS256'): string {
  const iv = Buffer.alloc(12, 7)
  const cipher = createCipheriv('aes-256-gcm', pbkdf2Sync(key, 'fixed_salt_placeholder', 100_000, 32, 'sha256'), iv)
  const data = Buffer.concat([iv, cipher.update(plain), cipher.final(), cipher.getAuthTag()]).toString('base64').replace(/\+/g, '-').replace(/\//g, '_')
  const signed = `${base64url(JSON.stringify({ typ: 'JWT', alg }))}.${base64url(JSON.stringify({ data }))}`
  return `${signed}.${createHmac('sha256', key).update(signed).digest('base64url')}`
}

test('a token tells whose it is, for an hour', () => {
  const token = tokens.sign('aa:bb', nowMs)
  assert.equal(tokens.verify(token, nowMs), 'aa:bb')
  assert.equal(tokens.verify(token, nowMs + 3_599_000), 'aa:bb')
  assert.equal(tokens.verify(token, nowMs + 3_600_000), undefined)
})

test('a token of the replaced server is valid here', () => {
  assert.equal(tokens.verify(referenceToken('secret', '{"device_id": "aa:bb", "exp": 1700003600.25}'), nowMs), 'aa:bb')
})

test('what is in our token is what the replaced server looks for, padded as its decoder wants it', () => {
  const { data } = JSON.parse(Buffer.from(tokens.sign('aa:bb', nowMs).split('.')[1]!, 'base64url').toString()) as { data: string }
  assert.equal(data.length % 4, 0)
  assert.match(data, /^[\w-]+=*$/)
})

for (const [name, token] of [
  ['another key', referenceToken('other', '{"device_id": "aa:bb", "exp": 1700003600}')],
  ['no algorithm', referenceToken('secret', '{"device_id": "aa:bb", "exp": 1700003600}', 'none')],
  ['no device', referenceToken('secret', '{"exp": 1700003600}')],
  ['no expiry', referenceToken('secret', '{"device_id": "aa:bb"}')],
  ['an expiry that is a text', referenceToken('secret', '{"device_id": "aa:bb", "exp": "1700003600"}')],
  ['no JSON inside', referenceToken('secret', 'aa:bb')],
  ['nothing', ''], ['rubbish', 'a.b.c'], ['a long one', 'a'.repeat(3000)]
] as const) {
  test(`a token with ${name} is refused (T120)`, () => { assert.equal(tokens.verify(token, nowMs), undefined) })
}

test('a changed character makes a token invalid', () => {
  const token = tokens.sign('aa:bb', nowMs)
  // The last character of a signature holds two bits that count for nothing.
  fc.assert(fc.property(fc.nat(token.length - 2), fc.constantFrom('A', '_', 'z'), (at, character) => {
    fc.pre(token[at] !== character)
    assert.equal(tokens.verify(token.slice(0, at) + character + token.slice(at + 1), nowMs), undefined)
  }), { seed: 5, numRuns: 300 })
})
