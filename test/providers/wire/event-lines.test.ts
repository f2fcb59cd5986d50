import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventsOf, linesOf, type ServerEvent } from '../../../src/providers/wire/event-lines.js'

async function * cut (text: string, size: number): AsyncGenerator<Uint8Array, void, void> {
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; at += size) {
    await Promise.resolve()
    yield bytes.subarray(at, at + size)
  }
}

async function collect<T> (items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

test('lines are the same however they are cut', async () => {
  for (const size of [1, 2, 3, 5, 100]) assert.deepEqual(await collect(linesOf(cut('你好\r\n\n😀 b\nlast', size))), ['你好', '', '😀 b', 'last'])
})

test('events have their names and all lines of their data', async () => {
  const text = ': a comment\nevent: message\ndata: {"a":1}\n\ndata:one\ndata: two\n\nid: 7\n\nevent: done\ndata\n\ndata: without an end'
  const events: ServerEvent[] = [
    { event: 'message', data: '{"a":1}' }, { event: '', data: 'one\ntwo' }, { event: 'done', data: '' }, { event: '', data: 'without an end' }
  ]
  for (const size of [1, 7, 1000]) assert.deepEqual(await collect(eventsOf(cut(text, size))), events)
})

test('a line that never ends is refused', async () => {
  await assert.rejects(collect(linesOf(cut('a'.repeat(5_000_000), 100_000))), RangeError)
})
