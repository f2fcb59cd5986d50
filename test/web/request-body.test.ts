import assert from 'node:assert/strict'
import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import fc from 'fast-check'
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
