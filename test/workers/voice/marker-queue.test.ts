import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MarkerQueue } from '../../../workers/voice/marker-queue.js'

const encoder = new TextEncoder()
const decoder = new TextDecoder()

function takeAll (queue: MarkerQueue): string[] {
  const texts: string[] = []
  for (let marker = queue.first; marker !== undefined; marker = queue.first) {
    texts.push(`${marker.at}:${marker.kind}:${marker.flags}:${decoder.decode(marker.payload)}`)
    queue.shift()
  }
  return texts
}

test('markers leave in their order, however many wait and however long they are', () => {
  const queue = new MarkerQueue()
  const expected: string[] = []
  let at = 0
  for (const batch of [3, 2, 9, 40, 1]) { // the queue wraps, then grows, then wraps again
    for (let count = 0; count < batch; count++, at++) {
      const text = 'é'.repeat(at % 7 === 0 ? 500 : at % 5)
      queue.push(at, at % 3, at % 2, encoder.encode(text))
      expected.push(`${at}:${at % 3}:${at % 2}:${text}`)
    }
    const left = takeAll(queue)
    assert.deepEqual(left, expected.splice(0))
    assert.equal(queue.length, 0)
    queue.push(0, 0, 0, encoder.encode('between')) // so that the head moves
    queue.shift()
  }
})

test('a marker keeps its bytes when those that it was made of change, and none when all are dropped', () => {
  const queue = new MarkerQueue()
  const bytes = encoder.encode('mine')
  queue.push(1, 2, 3, bytes)
  bytes.fill(0)
  assert.deepEqual(takeAll(queue), ['1:2:3:mine'])
  queue.push(1, 2, 3, bytes)
  queue.push(1, 2, 3, bytes)
  queue.clear()
  assert.equal(queue.first, undefined)
  assert.deepEqual(takeAll(queue), [])
  queue.shift() // nothing there: nothing happens
  assert.equal(queue.length, 0)
})
