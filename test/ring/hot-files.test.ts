import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { MessagePort } from 'node:worker_threads'
import { ByteRing, createRingMemory } from '../../src/ring/byte-ring.js'
import { LoopBell, SleeperBell } from '../../src/ring/doorbell.js'
import { DOWNLINK_FRAME, MAX_PAYLOAD_BYTES, UPLINK_FRAME } from '../../src/ring/layout.js'
import { Outbox } from '../../src/ring/outbox.js'
import { RecordHeader } from '../../src/ring/record-header.js'
import { SlotTable } from '../../src/ring/slot-table.js'
import { createArenaMemory, UtteranceArena } from '../../src/ring/utterance-arena.js'
import { assertNoGarbage, countCollections, haveSameMap } from './hot-path.js'

const port = { postMessage () {} } as unknown as MessagePort
const packet = new Uint8Array(160)

interface Parts {
  readonly ring: ByteRing
  readonly header: RecordHeader
  readonly outbox: Outbox
  readonly slots: SlotTable
  readonly arena: UtteranceArena
  readonly bell: SleeperBell
  readonly loopBell: LoopBell
}

function makeParts (): Parts {
  const ring = new ByteRing(createRingMemory(4096))
  const loopBell = new LoopBell(new SharedArrayBuffer(64), port)
  return {
    ring,
    header: new RecordHeader(),
    outbox: new Outbox(ring, loopBell),
    slots: SlotTable.create(4),
    arena: new UtteranceArena(createArenaMemory(2)),
    bell: new SleeperBell(),
    loopBell
  }
}

const payload = new Int32Array(MAX_PAYLOAD_BYTES / 4)
const samples = new Int16Array(512)

/** What happens to a frame on its way through the rings, `rounds` times. */
function moveFrames ({ ring, header, outbox, slots, arena, bell }: Parts, rounds: number): number {
  let moved = 0
  for (let round = 0; round < rounds; round++) {
    header.set(UPLINK_FRAME, 1, 2, 3)
    header.sequence = round & 0xffff
    header.time = round
    if (ring.push(header, packet, 160)) bell.ring()
    else slots.addHole(1)
    if (ring.pop(header, payload) === 160) moved++
    slots.addEncoded(1)
    header.set(DOWNLINK_FRAME, 1, 2, 3)
    if (slots.framesAhead(1) < 17 && outbox.push(header, packet)) outbox.flush()
    if (slots.isCurrent(header.slot, header.generation, header.turn)) moved++
    ring.pop(header, payload)
    slots.addSent(1)
    slots.addPcmPopped(1, 1440)
    slots.setUnencodedMs(1, round & 1023)
    slots.holes(1)
    const page = arena.take()
    arena.write(page, 0, samples, 0, 512)
    arena.release(page)
  }
  return moved
}

test('use does not change the shape of any object of the hot path', () => {
  const used = makeParts()
  used.outbox.send(DOWNLINK_FRAME, 1, 1, 1, 1, packet)
  used.slots.setEpoch(1, 0xffff, 0xffff)
  moveFrames(used, 20_000)
  const fresh = makeParts()
  for (const part of Object.keys(used) as (keyof Parts)[]) assert.ok(haveSameMap(used[part], fresh[part]), part)
})

test('a million frames through the rings collect no garbage', async () => {
  const parts = makeParts()
  moveFrames(parts, 20_000)
  await assertNoGarbage(1_000_000, () => { assert.equal(moveFrames(parts, 500_000), 500_000) })
})

test('the counter of collections sees garbage', async () => {
  const kept: object[] = []
  const few = await countCollections(() => {
    for (let at = 0; at < 10_000; at++) kept[at & 7] = { at }
  })
  assert.ok(few.minor > 0 || few.allocatedBytes > 100_000, `${few.allocatedBytes} bytes`)
  const { minor } = await countCollections(() => {
    for (let at = 0; at < 2_000_000; at++) kept[at & 7] = { at }
  })
  assert.ok(minor > 0)
})
