import assert from 'node:assert/strict'
import { ByteRing, createRingMemory } from '../../../../src/ring/byte-ring.js'
import { ASK, ATTACH, DETACH, DETACHED, DOWNLINK_FRAME, HEAR, SPEECH_PCM, UPLINK_FRAME } from '../../../../src/ring/layout.js'
import { Outbox, type Bell } from '../../../../src/ring/outbox.js'
import { RecordHeader } from '../../../../src/ring/record-header.js'
import { SlotTable } from '../../../../src/ring/slot-table.js'
import type { EngineSink } from '../../../../src/threads/engine-sink.js'
import { Inbound } from '../../../../src/threads/inbound.js'
import type { Recognition } from '../../../../src/threads/recognition.js'
import { SeatHandle } from '../../../../src/threads/seat-handle.js'
import { SlotPool } from '../../../../src/threads/slot-pool.js'
import { WorkerLine } from '../../../../src/threads/worker-line.js'
import type { Scenario } from '../explore.js'

const NO_BELL: Bell = { ring () {} }
const SLOT = 0
const EMPTY: Uint8Array = new Uint8Array(0)
const packet = Uint8Array.of(1, 2, 3, 4)
const guest = { conversation: 1, language: '' }
/** Nobody speaks here; whatever it is told, it does nothing. */
const recognition = new Proxy({}, { get: () => () => {} }) as Recognition

/** A ring with one side of each kind. */
class Line {
  readonly out: ByteRing
  readonly in: ByteRing

  constructor (bytes = 128, reserve = 0) {
    const memory = createRingMemory(bytes, reserve)
    this.out = new ByteRing(memory)
    this.in = new ByteRing(memory)
  }
}

/**
 * What a worker keeps for the slot, as a word that it writes whenever it acts for a lease. It is
 * not atomic, and the gateway writes it, too, when it gives the slot out: unless the worker has let
 * go of the slot before, in the eyes of the memory model, the two race.
 */
class Belongings {
  readonly #words = new Int32Array(new SharedArrayBuffer(4))

  use (generation: number): void {
    assert.equal(this.#words[0], generation, 'acted for a lease that is not the present one')
    this.#words[0] = generation
  }

  begin (generation: number): void { this.#words[0] = generation }
}

/** What a worker does with its slot: the rules that VoiceLoop and DialogueDesk follow. */
class Holder {
  generation = 0
  readonly belongings: Belongings
  readonly header = new RecordHeader()
  readonly #payload = new Int32Array(16)
  readonly #outbox: Outbox
  readonly #in: ByteRing

  constructor (from: Line, to: Line, belongings: Belongings) {
    this.#in = from.in
    this.#outbox = new Outbox(to.out, NO_BELL)
    this.belongings = belongings
  }

  /** @returns the kind of the record that is to be acted on, or -1 when nothing is to do */
  take (): number {
    if (this.#in.pop(this.header, this.#payload) < 0) return -1
    const { kind, generation } = this.header
    if (kind === ATTACH) this.generation = generation
    if (generation !== this.generation) return -1
    this.belongings.use(generation)
    if (kind === DETACH) {
      this.generation = -1
      this.send(DETACHED, generation, 0)
    }
    return kind
  }

  send (kind: number, generation: number, turn: number): void {
    this.#outbox.send(kind, 0, SLOT, generation, turn)
    this.#outbox.flush()
  }
}

interface Gateway {
  readonly slots: SlotTable
  readonly pool: SlotPool
  readonly lines: { readonly toVoice: Line, readonly toDialogue: Line, readonly fromVoice: Line, readonly fromDialogue: Line }
  /** A new lease of the only slot, if it is free. */
  attach (): SeatHandle | undefined
  /** Takes what the workers sent. */
  takeAll (): void
  readonly belongings: readonly [Belongings, Belongings]
}

/** The gateway's side with its real parts. */
function makeGateway (toVoice: Line): Gateway {
  const slots = SlotTable.create(1)
  const pool = new SlotPool(1, 1, 1)
  const lines = { toVoice, toDialogue: new Line(), fromVoice: new Line(), fromDialogue: new Line() }
  const belongings = [new Belongings(), new Belongings()] as const
  let seat: SeatHandle | undefined
  const sink = {
    onFrame (slot: number, turn: number) {
      assert.equal(turn, seat?.turn, 'a frame of an older turn went to the device')
      slots.addSent(slot)
    }
  } as unknown as EngineSink
  const inbound = new Inbound(slots, pool, sink, recognition, () => 0)
  const voice = new WorkerLine(lines.toVoice.out, NO_BELL)
  const dialogue = new WorkerLine(lines.toDialogue.out, NO_BELL)
  return {
    slots,
    pool,
    lines,
    belongings,
    attach () {
      const lease = pool.lease()
      if (lease === undefined) return undefined
      for (const own of belongings) own.begin(lease.generation)
      seat = new SeatHandle(lease, { slots, voice, dialogue, recognition }, guest)
      return seat
    },
    takeAll () {
      while (inbound.takeFromVoice(lines.fromVoice.in));
      while (inbound.takeFromDialogue(lines.fromDialogue.in));
    }
  }
}

const VOICE = 1
const DIALOGUE = 2

/**
 * Sessions after each other in one slot, records of the first still under way. Of the workers,
 * `busy` (a sum of VOICE and DIALOGUE) are threads; the others answer when the gateway looks.
 */
export function reusedSlot (leases: number, looks: number, busy: number): Scenario {
  const gateway = makeGateway(new Line())
  const { pool, lines, belongings } = gateway
  const voice = new Holder(lines.toVoice, lines.fromVoice, belongings[0])
  const dialogue = new Holder(lines.toDialogue, lines.fromDialogue, belongings[1])
  const act = (holder: Holder): void => {
    const kind = holder.take()
    if (kind === UPLINK_FRAME || kind === ASK) assert.equal(holder.header.turn, 0)
  }
  const answer = (holders: number): void => {
    for (let record = 0; record < 4; record++) {
      if ((holders & VOICE) !== 0) act(voice)
      if ((holders & DIALOGUE) !== 0) act(dialogue)
    }
  }
  const threads: Record<string, () => void> = {
    gateway () {
      for (let lease = 0, look = 0; lease < leases && look < looks; look++) {
        const seat = gateway.attach()
        if (seat !== undefined) {
          lease++
          seat.pushFrame(packet)
          seat.detach()
        }
        answer((VOICE | DIALOGUE) & ~busy)
        gateway.takeAll()
      }
    }
  }
  if ((busy & VOICE) !== 0) threads['voice'] = () => { for (let record = 0; record < 3; record++) act(voice) }
  if ((busy & DIALOGUE) !== 0) threads['dialogue'] = () => { for (let record = 0; record < 3; record++) act(dialogue) }
  return {
    threads,
    check () {
      for (let round = 0; round < leases; round++) answer(VOICE | DIALOGUE)
      gateway.takeAll()
      assert.equal(pool.usedSlots, 0)
    }
  }
}

/** A barge-in while frames are encoded and sent: no old frame leaves, no credit is lost. */
export function bargeIn (frames: number, mostAhead: number): Scenario {
  const gateway = makeGateway(new Line())
  const { lines } = gateway
  const slots = new SlotTable(gateway.slots.memory)
  const seat = gateway.attach()!
  const outbox = new Outbox(lines.fromVoice.out, NO_BELL)
  const header = new RecordHeader()
  return {
    threads: {
      gateway () {
        gateway.takeAll()
        seat.nextTurn()
        gateway.takeAll()
      },
      voice () {
        for (let frame = 0; frame < frames; frame++) {
          const turn = slots.turn(SLOT)
          const ahead = slots.framesAhead(SLOT)
          assert.ok(ahead >= 0 && ahead <= mostAhead, `${ahead} frames ahead`)
          if (ahead === mostAhead) continue
          header.set(DOWNLINK_FRAME, SLOT, seat.generation, turn)
          slots.addEncoded(SLOT)
          assert.ok(outbox.push(header, packet))
        }
      }
    },
    check () {
      gateway.takeAll()
      assert.equal(slots.framesAhead(SLOT), 0)
    }
  }
}

/**
 * Frames that a full ring refuses leave a gap in the sequence, as long as they were and where they
 * were: what is popped and what is missing, together, is what was offered since the order to hear.
 */
export function holesOfAFullRing (before: number, after: number): Scenario {
  const gateway = makeGateway(new Line(68, 60)) // two frames, and the reserve for the orders
  const { lines, slots } = gateway
  const seat = gateway.attach()!
  const header = new RecordHeader()
  const payload = new Int32Array(16)
  let next = 0
  let listens = false
  let popped = 0
  let missing = 0
  const take = (): void => {
    if (lines.toVoice.in.pop(header, payload) < 0) return
    if (header.kind === HEAR) {
      next = payload[0]!
      listens = true
    } else if (header.kind === UPLINK_FRAME) {
      if (listens) {
        popped++
        missing += header.sequence - next
        assert.ok(header.sequence >= next)
      }
      next = header.sequence + 1
    }
  }
  take()
  return {
    threads: {
      gateway () {
        for (let frame = 0; frame < before; frame++) seat.pushFrame(packet)
        seat.hear(false)
        for (let frame = 0; frame < after; frame++) seat.pushFrame(packet)
      },
      voice () { for (let record = 0; record < 4; record++) take() }
    },
    check () {
      for (let record = 0; record < before + after; record++) take()
      seat.pushFrame(packet) // shows what was refused last
      take()
      assert.equal(popped + missing, after + 1)
      assert.ok(slots.holes(SLOT) >= missing)
    }
  }
}

/** PCM on its way to voice: never more than the credit, and all of it comes back. */
export function speechCredit (records: number, credit: number): Scenario {
  const slots = SlotTable.create(1)
  const line = new Line()
  const header = new RecordHeader()
  const taken = new RecordHeader()
  const payload = new Int32Array(16)
  const dialogue = new SlotTable(slots.memory)
  const voice = new SlotTable(slots.memory)
  const take = (): void => {
    const length = line.in.pop(taken, payload)
    if (length > 0) voice.addPcmPopped(SLOT, length >> 1)
  }
  return {
    threads: {
      dialogue () {
        for (let record = 0; record < records; record++) {
          const ahead = dialogue.pcmAhead(SLOT)
          assert.ok(ahead >= 0 && ahead <= credit, `${ahead} samples ahead`)
          if (ahead + 2 > credit) continue
          dialogue.addPcmPushed(SLOT, 2)
          assert.ok(line.out.push(header.set(SPEECH_PCM, SLOT, 1, 1), packet, 4))
        }
      },
      voice () { for (let record = 0; record < records; record++) take() }
    },
    check () {
      for (let record = 0; record < records; record++) take()
      assert.equal(slots.pcmAhead(SLOT), 0)
    }
  }
}

/** Is what nobody listens to any more dropped, whatever was popped before? */
export function staleAfterStore (): Scenario {
  const slots = SlotTable.create(1)
  const line = new Line()
  const header = new RecordHeader()
  const taken = new RecordHeader()
  const payload = new Int32Array(16)
  let acted = 0
  let stale = 0
  return {
    threads: {
      gateway () {
        for (let turn = 1; turn <= 3; turn++) {
          slots.setEpoch(SLOT, 0xffff, turn)
          assert.ok(line.out.push(header.set(ASK, SLOT, 0xffff, turn), EMPTY, 0))
        }
      },
      dialogue () {
        let last = 0
        for (let record = 0; record < 3; record++) {
          if (line.in.pop(taken, payload) < 0) continue
          // A record is never newer than the epoch: the store comes before the push.
          assert.ok(slots.turn(SLOT) >= taken.turn)
          if (!slots.isCurrent(SLOT, taken.generation, taken.turn)) { stale++; continue }
          assert.ok(taken.turn > last)
          last = taken.turn
          acted++
        }
      }
    },
    check () { assert.ok(acted + stale <= 3) }
  }
}
