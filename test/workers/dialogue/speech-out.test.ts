import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { ByteRing, createRingMemory } from '../../../src/ring/byte-ring.js'
import { SleeperBell } from '../../../src/ring/doorbell.js'
import { MAX_PAYLOAD_BYTES } from '../../../src/ring/layout.js'
import { RecordHeader } from '../../../src/ring/record-header.js'
import { SlotTable } from '../../../src/ring/slot-table.js'
import { SpeechOut } from '../../../workers/dialogue/speech-out.js'

const SLOT = 1
const RATE_HZ = 16_000
const MUCH = 4 * RATE_HZ

function makeRig () {
  const memory = createRingMemory(512 * 1024)
  const slots = SlotTable.create(2)
  const voice = new ByteRing(memory)
  const header = new RecordHeader()
  const payload = new Int32Array(MAX_PAYLOAD_BYTES / 4)
  return {
    slots,
    open: () => new SpeechOut(new ByteRing(memory), new SleeperBell(), slots),
    /** Voice pops what there is, as VoiceLoop counts it. */
    popAll: () => {
      let samples = 0
      for (let length = voice.pop(header, payload); length >= 0; length = voice.pop(header, payload)) {
        slots.addPcmPopped(SLOT, length >> 1)
        samples += length >> 1
      }
      return samples
    }
  }
}

/** Pushes 4 s and gives up where it has to wait. */
async function pushMuch (out: SpeechOut, generation: number): Promise<void> {
  const controller = new AbortController()
  const chunk = { samples: new Int16Array(MUCH), sampleRateHz: RATE_HZ }
  const pushed = out.push(chunk, { slot: SLOT, generation, turn: 1 }, controller.signal).catch(() => {})
  await nextTurn()
  controller.abort()
  await pushed
}

test('speech of the lease before, popped late, gives the next one no credit that is not there', async () => {
  const { slots, open, popAll } = makeRig()
  await pushMuch(open(), 1)
  const next = open() // the slot has a new session; voice has not popped the old speech yet
  const credit = popAll()
  assert.ok(credit > 0 && credit < MUCH, 'voice is handed a part, and then no more')
  assert.equal(slots.pcmAhead(SLOT), 0)
  await pushMuch(next, 2)
  assert.equal(popAll(), credit)
})

test('a turn is heard when a frame has left since its speech began, and waited for no longer than it lasts', async () => {
  const { slots, open } = makeRig()
  const out = open()
  const chunk = { samples: new Int16Array(100), sampleRateHz: RATE_HZ }
  const never = new AbortController().signal
  const begin = async (turn: number) => {
    const address = { slot: SLOT, generation: 1, turn }
    slots.setEpoch(SLOT, 1, turn)
    slots.addSent(SLOT) // of the turn before
    await out.push(chunk, address, never)
    let isHeard = false
    const heard = out.whenHeard(address, never).then(() => { isHeard = true })
    await nextTurn()
    assert.equal(isHeard, false)
    return { heard } // bare it would be waited for
  }
  const { heard: first } = await begin(1)
  slots.addSent(SLOT)
  await first
  const { heard: second } = await begin(2)
  slots.setEpoch(SLOT, 1, 3) // a barge-in
  await second
  slots.setEpoch(SLOT, 1, 4)
  await out.whenHeard({ slot: SLOT, generation: 1, turn: 4 }, AbortSignal.abort())
})
