import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { UdpSession } from '../../src/mqtt/udp-session.js'
import { UdpTable } from '../../src/mqtt/udp-table.js'
import { openDatagram, sealDatagram } from '../../src/protocol/udp-packet.js'

const HOME = { address: '192.0.2.1', port: 4000 }
const AWAY = { address: '192.0.2.1', port: 4001 }
const STRANGER = { address: '203.0.113.9', port: 4000 }
const rules = { maxSequenceJump: 50, moveAfterPackets: 3 }

function makeRig () {
  const counts = new Map<string, number>()
  const heard: [sequence: number, missing: number][] = []
  const table = new UdpTable(rules, (name, by = 1) => { counts.set(name, (counts.get(name) ?? 0) + by) })
  const session = table.open((frame, missing) => { heard.push([frame.readUInt32BE(12), missing]) })
  const send = (sequence: number, from = HOME, of: UdpSession = session, key: Buffer = of.key): void => {
    table.receive(sealDatagram(key, { connectionId: of.connectionId, timestamp: 0, sequence }, Buffer.from('5801020304', 'hex')), from)
  }
  const sequences = (): number[] => heard.map(([sequence]) => sequence)
  return { table, session, counts, heard, send, sequences }
}

/** A key under which the packets of the rig decrypt to no Opus. */
function wrongKeyFor (session: UdpSession, sequence: number, isPlausible: boolean): Buffer {
  for (let value = 0; ; value++) {
    const key = Buffer.alloc(16, value)
    const datagram = sealDatagram(key, { connectionId: session.connectionId, timestamp: 0, sequence }, Buffer.from('5801020304', 'hex'))
    const opened = openDatagram(session.key, datagram)
    if ((opened[16]! & 4) === 0 === isPlausible && (opened[16]! & 3) === 0) return key
  }
}

test('old and equal sequences are dropped, and gaps are told (T136, T139)', () => {
  const { send, heard, counts } = makeRig()
  for (const sequence of [1, 2, 5, 4, 5, 6]) send(sequence)
  assert.deepEqual(heard, [[1, 0], [2, 0], [5, 2], [6, 0]])
  assert.equal(counts.get('dropOldSequence'), 2)
  assert.equal(counts.get('uplinkMissing'), 2)
})

test('a sequence too far ahead is no device\'s, and the session goes on', () => {
  const { send, sequences, counts } = makeRig()
  for (const sequence of [1, 52, 51, 0xffffffff, 52]) send(sequence)
  assert.deepEqual(sequences(), [1, 51, 52])
  assert.equal(counts.get('dropFarSequence'), 2)
})

test('audio goes nowhere before the device has sent some (T134)', () => {
  const { session, send } = makeRig()
  assert.equal(session.peer, undefined)
  send(1, HOME, session, wrongKeyFor(session, 1, false))
  assert.equal(session.peer, undefined)
  send(1)
  assert.deepEqual(session.peer, HOME)
})

test('a new address is followed after three valid packets in a row, and nothing of them is lost (T135)', () => {
  const { session, send, sequences, heard } = makeRig()
  send(1)
  for (const sequence of [2, 3]) send(sequence, AWAY)
  assert.deepEqual(session.peer, HOME)
  assert.deepEqual(sequences(), [1])
  send(5, AWAY)
  assert.deepEqual(session.peer, AWAY)
  assert.deepEqual(heard, [[1, 0], [2, 0], [3, 0], [5, 1]])
  send(6, HOME)
  assert.deepEqual(session.peer, AWAY, 'one packet leads it back nowhere')
})

test('a packet of the device starts the count of a new address afresh', () => {
  const { session, send, sequences } = makeRig()
  const arrivals = [[1, HOME], [2, AWAY], [3, AWAY], [2, HOME], [4, AWAY], [5, AWAY], [3, HOME]] as const
  for (const [sequence, from] of arrivals) send(sequence, from)
  assert.deepEqual(session.peer, HOME)
  assert.deepEqual(sequences(), [1, 2, 3])
})

test('packets recorded from the wire and sent again from elsewhere do nothing', () => {
  const { session, send, sequences } = makeRig()
  for (let sequence = 1; sequence <= 20; sequence++) send(sequence)
  for (let sequence = 1; sequence <= 20; sequence++) send(sequence, STRANGER)
  assert.deepEqual(session.peer, HOME)
  assert.equal(sequences().length, 20)
})

test('a stranger who knows the connection id and not the key cannot run ahead with the sequence', () => {
  const { session, send, sequences, counts } = makeRig()
  send(1)
  send(45, STRANGER, session, wrongKeyFor(session, 45, true))
  send(46, STRANGER, session, wrongKeyFor(session, 46, false))
  assert.equal(counts.get('dropBadAudio'), 1)
  for (const sequence of [2, 3]) send(sequence)
  assert.deepEqual(session.peer, HOME)
  assert.deepEqual(sequences(), [1, 2, 3])
})

test('whatever an off-path stranger sends changes nothing and throws nothing', () => {
  fc.assert(fc.property(fc.array(fc.uint8Array({ maxLength: 80 }), { maxLength: 30 }), datagrams => {
    const { table, session, send, sequences } = makeRig()
    send(1)
    for (const datagram of datagrams) {
      if (datagram.length >= 8 && Buffer.from(datagram).readUInt32BE(4) === session.connectionId) continue
      table.receive(Buffer.from(datagram), STRANGER)
      table.receive(Buffer.from(datagram), HOME)
    }
    send(2)
    assert.deepEqual(session.peer, HOME)
    assert.deepEqual(sequences(), [1, 2])
  }))
})

test('every header that was tampered with is dropped or is another session\'s', () => {
  fc.assert(fc.property(fc.integer({ min: 0, max: 7 }), fc.integer({ min: 1, max: 255 }), (at, flip) => {
    const { table, session, heard } = makeRig()
    const datagram = sealDatagram(session.key, { connectionId: session.connectionId, timestamp: 0, sequence: 1 }, Buffer.from('5801020304', 'hex'))
    datagram[at] = datagram[at]! ^ flip
    table.receive(datagram, HOME)
    assert.deepEqual(heard, [])
  }))
})

test('the downlink counts from 1, each datagram with a counter block of its own (T138)', () => {
  const { session } = makeRig()
  const sealed = Array.from({ length: 100 }, (_, index) => session.seal(Buffer.from([0x58, index]), 60 * (index + 1)))
  assert.deepEqual(sealed.map(datagram => datagram.readUInt32BE(12)), Array.from({ length: 100 }, (_, index) => index + 1))
  assert.equal(new Set(sealed.map(datagram => datagram.subarray(0, 16).toString('hex'))).size, 100)
  assert.deepEqual(openDatagram(session.key, sealed[7]!).subarray(16), Buffer.from([0x58, 7]))
})

test('a session that was closed is unknown, and the next one has another key', () => {
  const { table, session, send, counts } = makeRig()
  const other = table.open(() => {})
  assert.notDeepEqual(other.key, session.key)
  assert.notEqual(other.connectionId, session.connectionId)
  table.close(session)
  send(1)
  assert.equal(counts.get('dropUnknownId'), 1)
  assert.equal(table.size, 1)
})
