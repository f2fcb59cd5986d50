import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { ByteRing, createRingMemory } from '../../src/ring/byte-ring.js'
import { ASK, ATTACH, CANCEL, DEAF, DETACH, HEAR, HEAR_AUTO, HEAR_END, HEAR_GAP, HEAR_MANUAL, MAX_PAYLOAD_BYTES, UPLINK_FRAME } from '../../src/ring/layout.js'
import { RecordHeader } from '../../src/ring/record-header.js'
import { SlotTable } from '../../src/ring/slot-table.js'
import { SeatHandle } from '../../src/threads/seat-handle.js'
import { WorkerLine } from '../../src/threads/worker-line.js'

interface Record { readonly kind: number, readonly flags: number, readonly turn: number, readonly text: string }

interface End { readonly line: WorkerLine, rings: () => number, pop (): Record | undefined, popAll (): Record[] }

const RESERVE_BYTES = 64

function makeEnd (t: TestContext, bytes: number): End {
  const memory = createRingMemory(bytes, RESERVE_BYTES)
  const ring = new ByteRing(memory)
  const header = new RecordHeader()
  const payload = new Int32Array(MAX_PAYLOAD_BYTES / 4)
  let rings = 0
  const line = new WorkerLine(new ByteRing(memory), { ring: () => { rings++ } })
  t.after(() => { line.close() })
  const pop = (): Record | undefined => {
    const length = ring.pop(header, payload)
    if (length < 0) return undefined
    const { kind, flags, turn } = header
    return { kind, flags, turn, text: Buffer.from(payload.buffer, 0, length).toString() }
  }
  const popAll = (): Record[] => {
    const all: Record[] = []
    for (let record = pop(); record !== undefined; record = pop()) all.push(record)
    return all
  }
  return { line, rings: () => rings, pop, popAll }
}

function makeSeat (t: TestContext, bytes: number) {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const voice = makeEnd(t, bytes)
  const dialogue = makeEnd(t, bytes)
  const slots = SlotTable.create(2)
  const heard: string[] = []
  const recognition = {
    open: (slot: number, generation: number, language: string) => { heard.push(`open ${slot} ${generation} ${language}`) },
    forget: (slot: number) => { heard.push(`forget ${slot}`) },
    close: (slot: number) => { heard.push(`close ${slot}`) }
  }
  const links = { slots, voice: voice.line, dialogue: dialogue.line, recognition }
  const seat = new SeatHandle({ slot: 1, generation: 9, voice: 0, dialogue: 0 }, links, { conversation: 7, language: 'en' })
  return { seat, voice, dialogue, slots, heard, tick: () => { t.mock.timers.tick(5) } }
}

test('a seat\'s orders arrive in a ring that is far too small for them', t => {
  const { seat, voice, dialogue, tick } = makeSeat(t, 0)
  const orders: number[] = []
  for (let round = 0; round < 30; round++) {
    seat.hear(round % 2 === 0)
    seat.hearGap()
    seat.hearEnd()
    seat.deaf()
    seat.nextTurn()
    seat.ask(`question ${round}`)
    seat.cancel()
    orders.push(HEAR, HEAR_GAP, HEAR_END, DEAF)
  }
  seat.detach()
  const heard: Record[] = []
  const asked: Record[] = []
  for (let pass = 0; pass < 200; pass++) {
    heard.push(...voice.popAll())
    asked.push(...dialogue.popAll())
    tick()
  }
  assert.deepEqual(heard.map(({ kind }) => kind), [ATTACH, ...orders, DETACH])
  const modes = Array.from({ length: 30 }, (_, round) => round % 2 === 0 ? HEAR_MANUAL : HEAR_AUTO)
  assert.deepEqual(heard.filter(({ kind }) => kind === HEAR).map(({ flags }) => flags & 1), modes)
  assert.deepEqual(asked.map(({ kind, text }) => [kind, text]), [
    [ATTACH, '7 en'],
    ...Array.from({ length: 30 }, (_, round) => [[ASK, `question ${round}`], [CANCEL, '']]).flat(),
    [DETACH, '']
  ])
  assert.deepEqual(asked.filter(({ kind }) => kind === ASK).map(({ turn }) => turn), Array.from({ length: 30 }, (_, round) => round + 1))
})

test('frames are lost where there is no room, and counted as holes', t => {
  const { seat, voice, slots, tick } = makeSeat(t, 256)
  const packet = new Uint8Array(60).fill(1)
  for (let frame = 0; frame < 10; frame++) seat.pushFrame(packet)
  const frames = voice.popAll().filter(({ kind }) => kind === UPLINK_FRAME).length
  assert.ok(frames > 0 && frames < 10)
  assert.equal(slots.holes(1), 10 - frames)
  tick()
  seat.pushFrame(packet)
  assert.equal(voice.popAll().length, 1)
})

test('no frame overtakes an order that waits', t => {
  const { seat, voice, tick } = makeSeat(t, 0)
  for (let count = 0; count < 8; count++) seat.hear(false)
  const before = voice.popAll().length
  assert.ok(before < 9)
  seat.pushFrame(Uint8Array.of(1)) // there is room again, but orders wait
  for (let pass = 0; pass < 10; pass++) {
    assert.ok(voice.popAll().every(({ kind }) => kind !== UPLINK_FRAME))
    tick()
  }
})

test('the bell rings for what is pushed later, too, and then no more', t => {
  const { seat, voice, tick } = makeSeat(t, 0)
  for (let count = 0; count < 8; count++) seat.hear(false)
  const before = voice.rings()
  voice.popAll()
  tick()
  assert.equal(voice.rings(), before + 1)
  for (let pass = 0; pass < 10; pass++) {
    voice.popAll()
    tick()
  }
  const after = voice.rings()
  for (let pass = 0; pass < 10; pass++) tick()
  assert.equal(voice.rings(), after)
})

test('a closed line tries no more', t => {
  const { seat, voice, tick } = makeSeat(t, 0)
  for (let count = 0; count < 8; count++) seat.hear(false)
  voice.popAll()
  voice.line.close()
  tick()
  assert.equal(voice.popAll().length, 0)
})

test('a question longer than a record is cut between two characters', t => {
  const { seat, dialogue } = makeSeat(t, 16_384)
  seat.ask(`a${'好'.repeat(5000)}`)
  const [, ask] = dialogue.popAll()
  assert.equal(ask!.text, `a${'好'.repeat((MAX_PAYLOAD_BYTES - 1) / 3)}`)
})

test('to hear afresh or not at all drops what is still being recognised', t => {
  const { seat, heard } = makeSeat(t, 4096)
  seat.hear(true)
  seat.hearEnd()
  seat.hearGap()
  seat.nextTurn()
  seat.cancel()
  seat.deaf()
  assert.deepEqual(heard, ['open 1 9 en', 'forget 1', 'forget 1'])
})

test('a detached seat is silent, and its epoch is nobody\'s', t => {
  const { seat, voice, dialogue, slots, heard } = makeSeat(t, 4096)
  seat.nextTurn()
  assert.ok(slots.isCurrent(1, 9, 1))
  seat.detach()
  voice.popAll()
  dialogue.popAll()
  seat.detach()
  seat.hear(false)
  seat.ask('x')
  seat.pushFrame(Uint8Array.of(1))
  seat.nextTurn()
  assert.deepEqual([...voice.popAll(), ...dialogue.popAll()], [])
  assert.equal(slots.generation(1), 0)
  assert.deepEqual(heard, ['open 1 9 en', 'close 1'])
})
