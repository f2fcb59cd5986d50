// hot path

/** The fields of one record; made once per producer or consumer, filled again for every record. */
export class RecordHeader {
  kind = 0
  flags = 0
  slot = 0
  generation = 0
  turn = 0
  sequence = 0
  length = 0
  time = 0
  tenant = 0

  /** Sets what a control record needs; the other fields become 0. */
  set (kind: number, slot: number, generation: number, turn: number): this {
    this.kind = kind
    this.flags = 0
    this.slot = slot
    this.generation = generation
    this.turn = turn
    this.sequence = 0
    this.time = 0
    this.tenant = 0
    return this
  }
}
