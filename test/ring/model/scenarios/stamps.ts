import assert from 'node:assert/strict'
import { ByteRing, createRingMemory } from '../../../../src/ring/byte-ring.js'
import { ASK } from '../../../../src/ring/layout.js'
import { RecordHeader } from '../../../../src/ring/record-header.js'
import { SlotTable, STAMP_SENTENCE } from '../../../../src/ring/slot-table.js'
import type { Scenario } from '../explore.js'

const SLOT = 0
const GENERATION = 0xffff
const EMPTY: Uint8Array = new Uint8Array(0)
const timeOf = (turn: number): number => turn * 1000

/** A worker stamps the turns that it is told of, and is late with those that were cut. */
export function stampsOfTurns (turns: number): Scenario {
  const slots = SlotTable.create(1)
  const memory = createRingMemory(128, 0)
  const out = new ByteRing(memory)
  const dialogue = { slots: new SlotTable(slots.memory), in: new ByteRing(memory), header: new RecordHeader(), payload: new Int32Array(16) }
  const header = new RecordHeader()
  let last = 0
  const work = (): void => {
    if (dialogue.in.pop(dialogue.header, dialogue.payload) < 0) return
    const { turn } = dialogue.header
    dialogue.slots.stamp(SLOT, GENERATION, turn, STAMP_SENTENCE, timeOf(turn))
    dialogue.slots.stamp(SLOT, GENERATION, turn, STAMP_SENTENCE, timeOf(turn) + 1) // another sentence
    if (last > 0) dialogue.slots.stamp(SLOT, GENERATION, last, STAMP_SENTENCE, timeOf(last) + 2)
    last = turn
  }
  const read = (turn: number): number => {
    const time = slots.stampOf(SLOT, slots.epoch(SLOT), STAMP_SENTENCE)
    assert.ok(Number.isNaN(time) || time === timeOf(turn), `${time} in turn ${turn}`)
    return time
  }
  return {
    threads: {
      gateway () {
        for (let turn = 1; turn <= turns; turn++) {
          slots.setEpoch(SLOT, GENERATION, turn)
          assert.ok(out.push(header.set(ASK, SLOT, GENERATION, turn), EMPTY, 0))
          read(turn)
          read(turn)
        }
      },
      dialogue () { for (let turn = 1; turn <= turns; turn++) work() }
    },
    check () {
      for (let turn = 1; turn <= turns; turn++) work()
      assert.equal(read(turns), timeOf(turns))
    }
  }
}
