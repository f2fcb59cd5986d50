import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { PacketQueue } from '../../src/session/packet-queue.js'

type Entry = Uint8Array | { readonly kind: 'sentence', readonly text: string } | { readonly kind: 'end' }

function peek (queue: PacketQueue): Entry { return queue.peekMark() ?? Uint8Array.from(queue.peekPacket()) }

test('packets and marks come out in order, through many wraps', () => {
  const entry = fc.oneof(
    fc.uint8Array({ maxLength: 700 }),
    fc.record({ kind: fc.constant('sentence' as const), text: fc.string() }),
    fc.constant('shift' as const),
    fc.constant('shift' as const),
    fc.constant('rest' as const)
  )
  fc.assert(fc.property(fc.array(entry, { maxLength: 80 }), list => {
    const queue = new PacketQueue(8)
    const model: Entry[] = []
    for (const item of list) {
      if (item === 'rest') {
        if (model.length === 0) queue.rest()
      } else if (item === 'shift') {
        if (model.length === 0) continue
        assert.deepEqual(peek(queue), model.shift())
        queue.shift()
      } else {
        const isTaken = item instanceof Uint8Array ? queue.pushPacket(item) : queue.pushMark(item)
        assert.equal(isTaken, model.length < 7)
        if (isTaken) model.push(item)
      }
      assert.equal(queue.length, model.length)
    }
    for (const item of model) {
      assert.deepEqual(peek(queue), item)
      queue.shift()
    }
  }), { numRuns: 1000, seed: 5 })
})

test('a packet is copied: the socket\'s memory is used again', () => {
  const queue = new PacketQueue(4)
  for (const bytes of [3, 600]) {
    const packet = new Uint8Array(bytes).fill(1)
    queue.pushPacket(packet)
    packet.fill(9)
    assert.deepEqual(queue.peekPacket(), new Uint8Array(bytes).fill(1))
    queue.shift()
  }
})

test('the end finds room when nothing else does', () => {
  const queue = new PacketQueue(4)
  while (queue.pushPacket(Uint8Array.of(1)));
  assert.ok(queue.isFull)
  assert.equal(queue.pushMark({ kind: 'sentence', text: 'x' }), false)
  assert.equal(queue.pushMark({ kind: 'end' }), true)
  assert.equal(queue.pushMark({ kind: 'end' }), false)
  assert.equal(queue.length, 4)
})

test('clearing counts the packets, not the marks', () => {
  const queue = new PacketQueue(8)
  queue.pushMark({ kind: 'sentence', text: 'a' })
  queue.pushPacket(new Uint8Array(2))
  queue.pushPacket(new Uint8Array(600))
  queue.pushMark({ kind: 'end' })
  assert.equal(queue.clear(), 2)
  assert.equal(queue.length, 0)
  assert.equal(queue.peekMark(), undefined)
  assert.equal(queue.clear(), 0)
})
