import type { Edit } from './load-model.js'

/** A bug, and the scenario (file, name, arguments) that must find it. */
export interface Mutation extends Edit { readonly scenario: readonly [string, string, ...number[]] }

const BYTE_RING = 'src/ring/byte-ring.ts'
const DOORBELL = 'src/ring/doorbell.ts'
const OUTBOX = 'src/ring/outbox.ts'
const SLOT_TABLE = 'src/ring/slot-table.ts'
const ARENA = 'src/ring/utterance-arena.ts'
const INBOUND = 'src/threads/inbound.ts'
const SEAT_HANDLE = 'src/threads/seat-handle.ts'
const SLOT_POOL = 'src/threads/slot-pool.ts'

export const mutations: Readonly<Record<string, Mutation>> = {
  'a record is published before its payload is there': {
    file: BYTE_RING,
    from: '    this.#writePayload((at + RECORD_HEADER_BYTES) & this.#mask, payload, length)\n' +
      '    Atomics.store(this.#index, HEAD, (head + recordBytes(length)) | 0) // publishes the bytes above\n',
    to: '    Atomics.store(this.#index, HEAD, (head + recordBytes(length)) | 0)\n' +
      '    this.#writePayload((at + RECORD_HEADER_BYTES) & this.#mask, payload, length)\n',
    scenario: ['rings.ts', 'fullRing', 0, 3]
  },
  'a record is published by a plain store': {
    file: BYTE_RING,
    from: 'Atomics.store(this.#index, HEAD, (head + recordBytes(length)) | 0)',
    to: 'this.#index[HEAD] = (head + recordBytes(length)) | 0',
    scenario: ['rings.ts', 'fullRing', 0, 3]
  },
  'room is given back before the record is read': {
    file: BYTE_RING,
    from: '    const length = this.#readHeader(at, header)\n',
    to: '    const length = this.#readHeader(at, header)\n    Atomics.store(this.#index, TAIL, (tail + recordBytes(length)) | 0)\n',
    scenario: ['rings.ts', 'fullRing', 0, 4]
  },
  'a ring takes more than it has room for': {
    file: BYTE_RING,
    from: 'return this.usedBytes + recordBytes(payloadBytes) <= limit',
    to: 'return this.usedBytes + recordBytes(payloadBytes) <= limit + 24',
    scenario: ['rings.ts', 'fullRing', 0, 3]
  },
  'counters are compared without their wrap': {
    file: BYTE_RING,
    from: '(Atomics.load(this.#index, HEAD) - Atomics.load(this.#index, TAIL)) | 0',
    to: 'Atomics.load(this.#index, HEAD) - Atomics.load(this.#index, TAIL)',
    scenario: ['rings.ts', 'fullRing', 2 ** 31 - 32, 4]
  },
  'control has no reserve': {
    file: BYTE_RING,
    from: 'kind < FIRST_CONTROL_KIND ? this.#audioLimit : this.#controlLimit',
    to: 'this.#audioLimit + kind * 0',
    scenario: ['rings.ts', 'reserveForControl']
  },
  'a sleeper looks before it says that it sleeps': {
    file: DOORBELL,
    from: '    Atomics.store(this.#words, ASLEEP, 1)\n    if (!hasWork()) Atomics.wait(',
    to: '    const isIdle = !hasWork()\n    Atomics.store(this.#words, ASLEEP, 1)\n    if (isIdle) Atomics.wait(',
    scenario: ['rings.ts', 'sleeper', 1, 1]
  },
  'a bell leaves the sleeper marked as asleep': {
    file: DOORBELL,
    from: 'Atomics.exchange(this.#words, ASLEEP, 0) === 1',
    to: 'Atomics.load(this.#words, ASLEEP) === 1',
    scenario: ['rings.ts', 'sleeper', 1, 1]
  },
  'a loop says that it listens only after it has drained': {
    file: DOORBELL,
    from: '      if (!this.#takeOne()) return\n',
    to: '      if (!this.#takeOne()) { Atomics.store(this.#words, PENDING, 0); return }\n',
    scenario: ['loops.ts', 'eventLoop', 3, 4]
  },
  'a bell rings although a message is under way': {
    file: DOORBELL,
    from: 'if (Atomics.exchange(this.#words, PENDING, 1) === 0) this.#port',
    to: 'if (Atomics.exchange(this.#words, PENDING, 1) <= 1) this.#port',
    scenario: ['loops.ts', 'eventLoop', 3, 4]
  },
  'a slice that was cut is not gone on with': {
    file: DOORBELL,
    from: '    this.poke() // nobody needs to ring until then\n',
    to: '',
    scenario: ['loops.ts', 'eventLoop', 3, 4]
  },
  'a cut slice leaves the bell free': {
    file: DOORBELL,
    from: 'if (Atomics.exchange(this.#words, PENDING, 1) === 0) setImmediate',
    to: 'if (Atomics.load(this.#words, PENDING) <= 1) setImmediate',
    scenario: ['loops.ts', 'eventLoop', 4, 4]
  },
  'audio overtakes control that waits': {
    file: OUTBOX,
    from: 'if (this.#waiting.length > 0 || !this.#ring.push(header, payload, payload.length)) return false',
    to: 'if (!this.#ring.push(header, payload, payload.length)) return false',
    scenario: ['rings.ts', 'heldUpControl']
  },
  'control that finds no room is dropped': {
    file: OUTBOX,
    from: '    this.#waiting.push({',
    to: '    if (payload.length > 9) this.#waiting.push({',
    scenario: ['rings.ts', 'heldUpControl']
  },
  'what waited for room goes in without a ring': {
    file: OUTBOX,
    from: '      this.#hasNews = true\n    }\n',
    to: '    }\n',
    scenario: ['loops.ts', 'eventLoop', 3, 1]
  },
  'a refused frame leaves no gap in the sequence': {
    file: SEAT_HANDLE,
    from: '    this.#sequence = (this.#sequence + 1) & 0xffff\n    if (!this.#links.voice.pushFrame(this.#header, packet)) this.#links.slots.addHole(this.slot)\n',
    to: '    if (!this.#links.voice.pushFrame(this.#header, packet)) this.#links.slots.addHole(this.slot)\n' +
      '    else this.#sequence = (this.#sequence + 1) & 0xffff\n',
    scenario: ['seats.ts', 'holesOfAFullRing', 1, 3]
  },
  'frames that left are counted without an atomic': {
    file: SLOT_TABLE,
    from: 'Atomics.add(this.#words, slot * ROW_WORDS + SENT, 1)',
    to: 'this.#words[slot * ROW_WORDS + SENT] = this.#words[slot * ROW_WORDS + SENT]! + 1',
    scenario: ['seats.ts', 'bargeIn', 3, 2]
  },
  'a release reads and writes apart': {
    file: ARENA,
    from: 'if (Atomics.sub(this.#references, page, 1) > 0) return',
    to: 'const held = Atomics.load(this.#references, page)\n    Atomics.store(this.#references, page, held - 1)\n    if (held > 0) return',
    scenario: ['pages.ts', 'sharedPage']
  },
  'a release forgets to count': {
    file: ARENA,
    from: 'if (Atomics.sub(this.#references, page, 1) > 0) return',
    to: 'if (Atomics.load(this.#references, page) > 0) return',
    scenario: ['pages.ts', 'sharedPage']
  },
  'a page is taken without a reference': {
    file: ARENA,
    from: 'Atomics.compareExchange(this.#references, page, 0, 1) === 0',
    to: 'Atomics.compareExchange(this.#references, page, 0, 0) === 0',
    scenario: ['pages.ts', 'pagesOfThree', 1, 3]
  },
  'retaining a page does nothing': {
    file: ARENA,
    from: 'retain (page: number): void { Atomics.add(this.#references, page, 1) }',
    to: 'retain (page: number): void { Atomics.load(this.#references, page) }',
    scenario: ['pages.ts', 'sharedPage']
  },
  'a stale frame keeps its credit': {
    file: INBOUND,
    from: '    else this.#slots.addSent(slot)\n',
    to: '',
    scenario: ['seats.ts', 'bargeIn', 3, 2]
  },
  'a stale frame goes to the device': {
    file: INBOUND,
    from: 'if (this.#slots.isCurrent(slot, generation, turn)) this.#sink.onFrame',
    to: 'if (this.#slots.isAttached(slot, generation)) this.#sink.onFrame',
    scenario: ['seats.ts', 'bargeIn', 3, 2]
  },
  'a barge-in is not stored': {
    file: SEAT_HANDLE,
    from: 'if (this.#isAttached) this.#links.slots.setEpoch(this.slot, this.generation, this.#turn)',
    to: 'if (!this.#isAttached) this.#links.slots.setEpoch(this.slot, this.generation, this.#turn)',
    scenario: ['seats.ts', 'bargeIn', 3, 2]
  },
  'a slot is reused when the first of its holders let go': {
    file: SLOT_POOL,
    from: '    if (slot.holders.size > 0) return\n',
    to: '    slot.holders.clear()\n',
    scenario: ['seats.ts', 'reusedSlot', 2, 2, 2]
  },
  'a stamp is marked before its time is there': {
    file: SLOT_TABLE,
    from: '    Atomics.store(this.#words, at + 1, time)\n    Atomics.store(this.#words, at, epoch) // last: whoever sees it sees the time, too\n',
    to: '    Atomics.store(this.#words, at, epoch)\n    Atomics.store(this.#words, at + 1, time)\n',
    scenario: ['stamps.ts', 'stampsOfTurns', 2]
  },
  'a turn that was cut is stamped': {
    file: SLOT_TABLE,
    from: ' || this.epoch(slot) !== epoch) return',
    to: ') return',
    scenario: ['stamps.ts', 'stampsOfTurns', 2]
  },
  'the last of its kind is stamped': {
    file: SLOT_TABLE,
    from: 'if (Atomics.load(this.#words, at) === epoch || this.epoch(slot) !== epoch) return',
    to: 'if (this.epoch(slot) !== epoch) return',
    scenario: ['stamps.ts', 'stampsOfTurns', 2]
  }
}
